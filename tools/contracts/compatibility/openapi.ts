import { breakingChanges, isSchema, type Direction, type Placed, type Schema } from './schemas';

const methods = ['get', 'post', 'put', 'delete', 'patch'];
const scopeOrder = ['read', 'write', 'admin'];

/**
 * What breaks for clients of the old HTTP API, one line each. A version of the API (`/v1`) that is gone as a whole is not compared: whoever
 * takes it away has made a new one on purpose.
 */
export function openApiBreaks(old: Schema, now: Schema): string[] {
  const after = operationsOf(now);
  const versions = new Set([...after.keys()].map(versionOf));
  return [...operationsOf(old)]
    .filter(([place]) => versions.has(versionOf(place)))
    .flatMap(([place, operation]) => {
      const other = after.get(place);
      if (other === undefined) return [`${place}: the operation is gone`];
      return operationBreaks({ schema: operation, document: old }, { schema: other, document: now }, place);
    });
}

function operationsOf(document: Schema): Map<string, Schema> {
  return new Map(
    entriesOf(document['paths']).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const operation = item[method];
        return isSchema(operation) ? [[`${method.toUpperCase()} ${path}`, operation] as const] : [];
      }),
    ),
  );
}

function versionOf(place: string): string {
  return /^[A-Z]+ \/(v\d+)\//.exec(place)?.[1] ?? '';
}

function operationBreaks(old: Placed, now: Placed, place: string): string[] {
  const renamed = old.schema['operationId'] !== now.schema['operationId'];
  return [
    ...(renamed ? [`${place}: operationId ${String(old.schema['operationId'])} became ${String(now.schema['operationId'])}`] : []),
    ...scopeBreaks(old.schema, now.schema, place),
    ...parameterBreaks(old, now, place),
    ...bodyBreaks(old, now, place),
    ...responseBreaks(old, now, place),
  ];
}

function scopeBreaks(old: Schema, now: Schema, place: string): string[] {
  const scope = (operation: Schema): string => {
    const [first] = (operation['security'] ?? []) as readonly { readonly bearer?: readonly string[] }[];
    return first?.bearer?.[0] ?? '';
  };
  const [before, after] = [scope(old), scope(now)];
  return scopeOrder.indexOf(after) > scopeOrder.indexOf(before)
    ? [`${place}: needs the scope ${after} instead of ${before || 'none'}`]
    : [];
}

function parameterBreaks(old: Placed, now: Placed, place: string): string[] {
  const parameters = ({ schema }: Placed): Map<string, Schema> =>
    new Map(
      ((schema['parameters'] ?? []) as readonly Schema[]).map((parameter) => [
        `${String(parameter['in'])} ${String(parameter['name'])}`,
        parameter,
      ]),
    );
  const [before, after] = [parameters(old), parameters(now)];
  const found = [...before].flatMap(([name, parameter]) => {
    const other = after.get(name);
    if (other === undefined) return [`${place}: the parameter ${name} is gone`];
    const required = other['required'] === true && parameter['required'] !== true;
    return [
      ...(required ? [`${place}: the parameter ${name} is now required`] : []),
      ...contentBreaks(old, parameter, now, other, 'accepted', `${place}: ${name}`),
    ];
  });
  const strange = [...after].filter(([name, parameter]) => parameter['required'] === true && !before.has(name));
  return [...found, ...strange.map(([name]) => `${place}: there is a new required parameter ${name}`)];
}

function bodyBreaks(old: Placed, now: Placed, place: string): string[] {
  const [before, after] = [old.schema['requestBody'], now.schema['requestBody']];
  if (!isSchema(before)) return isSchema(after) && after['required'] === true ? [`${place}: now needs a body`] : [];
  return mediaTypeBreaks(old, before, now, isSchema(after) ? after : {}, 'accepted', `${place}: body`);
}

/** Success answers; an error answer is the same everywhere. */
function responseBreaks(old: Placed, now: Placed, place: string): string[] {
  const after = new Map(entriesOf(now.schema['responses']));
  return entriesOf(old.schema['responses'])
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([status, response]) => {
      const other = after.get(status);
      if (other === undefined) return [`${place}: no longer answers ${status}`];
      return mediaTypeBreaks(old, response, now, other, 'produced', `${place}: ${status}`);
    });
}

function mediaTypeBreaks(old: Placed, before: Schema, now: Placed, after: Schema, direction: Direction, where: string): string[] {
  const others = new Map(entriesOf(after['content']));
  return entriesOf(before['content']).flatMap(([mediaType, content]) => {
    const other = others.get(mediaType);
    if (other === undefined) return [`${where}: ${mediaType} is gone`];
    const events = new Map(entriesOf(other['x-events']));
    return [
      ...contentBreaks(old, content, now, other, direction, where),
      ...entriesOf(content['x-events']).flatMap(([event, schema]) => {
        const same = events.get(event);
        if (same === undefined) return [`${where}: the event ${event} is gone`];
        return breakingChanges({ ...old, schema }, { ...now, schema: same }, direction, `${where}: event ${event}`);
      }),
    ];
  });
}

function contentBreaks(old: Placed, before: Schema, now: Placed, after: Schema, direction: Direction, where: string): string[] {
  const [oldSchema, newSchema] = [before['schema'], after['schema']];
  if (!isSchema(oldSchema)) return isSchema(newSchema) ? [`${where}: anything became something definite`] : [];
  if (!isSchema(newSchema)) return [`${where}: has no schema any more`];
  return breakingChanges({ ...old, schema: oldSchema }, { ...now, schema: newSchema }, direction, where);
}

function entriesOf(value: unknown): (readonly [string, Schema])[] {
  return isSchema(value) ? Object.entries(value).flatMap(([name, item]) => (isSchema(item) ? [[name, item] as const] : [])) : [];
}
