import { breakingChanges, isSchema, type Direction, type Schema } from './schemas';

/** Schemas of messages by the type of the message; `envelope` is what they all share. */
export type MessageSchemas = Readonly<Record<string, Schema>>;

/**
 * What breaks between services of two versions that run side by side, one line each. Another `schemaVersion` of the envelope is a new
 * contract, and nothing is compared.
 *
 * @param directionsOf commands are accepted, events are produced, the envelope is both
 */
export function messageBreaks(old: MessageSchemas, now: MessageSchemas, directionsOf: (type: string) => readonly Direction[]): string[] {
  if (versionOf(old) !== versionOf(now)) return [];
  return Object.entries(old).flatMap(([type, schema]) => {
    const other = now[type];
    if (other === undefined) return [`${type}: the message is gone`];
    const places = [
      { schema, document: schema },
      { schema: other, document: other },
    ] as const;
    return directionsOf(type).flatMap((direction) => breakingChanges(...places, direction, type));
  });
}

function versionOf({ envelope }: MessageSchemas): unknown {
  const properties = envelope?.['properties'];
  const version = isSchema(properties) ? properties['schemaVersion'] : undefined;
  return isSchema(version) ? version['const'] : undefined;
}

/**
 * Topics and messages on them that are gone from an AsyncAPI document, one line each. A topic may go when its next version
 * (`cfgen.flow.events.v2`) is there.
 */
export function channelBreaks(old: Schema, now: Schema): string[] {
  const [before, after] = [channelsOf(old), channelsOf(now)];
  const names = [...after.keys()].map(withoutVersion);
  return [...before].flatMap(([address, messages]) => {
    const others = after.get(address);
    if (others === undefined) return names.includes(withoutVersion(address)) ? [] : [`${address}: the topic is gone`];
    return messages.filter((message) => !others.includes(message)).map((message) => `${address}: ${message} is gone from the topic`);
  });
}

function withoutVersion(address: string): string {
  return address.replace(/[.]v\d+$/, '');
}

function channelsOf(document: Schema): Map<string, readonly string[]> {
  const channels = isSchema(document['channels']) ? Object.values(document['channels']) : [];
  return new Map(
    channels
      .filter(isSchema)
      .map((channel) => [String(channel['address']), isSchema(channel['messages']) ? Object.keys(channel['messages']) : []]),
  );
}
