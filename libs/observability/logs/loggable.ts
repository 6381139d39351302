import { CfgenError } from '@cfgen/contracts';
import { isSecretName, redacted, withoutSecrets } from './redaction';

const maximumDepth = 6;
const maximumItems = 50;
const maximumCauses = 5;

/** Any value as plain JSON for a log: no secrets, no cycles, no end of nesting, no bulk. */
export function loggable(value: unknown, depth = 0, above: readonly object[] = []): unknown {
  switch (typeof value) {
    case 'string':
      return withoutSecrets(value);
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : loggableObject(value, depth, above);
    default:
      return value;
  }
}

function loggableObject(value: object, depth: number, above: readonly object[]): unknown {
  if (above.includes(value)) return '[circular]';
  if (value instanceof Error) return loggableError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
  if (depth >= maximumDepth) return '[deeper]';
  const inside = [...above, value];
  if (value instanceof Map)
    return loggableEntries(
      [...value].map(([key, item]) => [String(key), item]),
      depth,
      inside,
    );
  if (Array.isArray(value) || value instanceof Set) {
    const items: unknown[] = [...(value as Iterable<unknown>)];
    const shown = items.slice(0, maximumItems).map((item) => loggable(item, depth + 1, inside));
    return items.length > maximumItems ? [...shown, `[${items.length - maximumItems} more]`] : shown;
  }
  return loggableEntries(Object.entries(value), depth, inside);
}

function loggableEntries(
  entries: readonly (readonly [string, unknown])[],
  depth: number,
  above: readonly object[],
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, item] of entries.slice(0, maximumItems)) shown[name] = isSecretName(name) ? redacted : loggable(item, depth + 1, above);
  if (entries.length > maximumItems) shown['more'] = entries.length - maximumItems;
  return shown;
}

/** An error with its code, hint and details, and the chain of its causes. */
function loggableError(error: Error, depth: number, causes = 0): Record<string, unknown> {
  const ofPlatform = error instanceof CfgenError;
  const code = ofPlatform ? error.code : 'code' in error && ['string', 'number'].includes(typeof error.code) ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: withoutSecrets(error.message),
    ...(ofPlatform && error.hint !== undefined ? { hint: withoutSecrets(error.hint) } : {}),
    ...(ofPlatform ? { retryable: error.retryable, details: loggable(error.details, depth + 1) } : {}),
    ...(error.stack === undefined ? {} : { stack: withoutSecrets(error.stack) }),
    ...(error instanceof AggregateError ? { errors: loggable(error.errors, depth + 1) } : {}),
    ...(error.cause === undefined ? {} : { cause: loggableCause(error.cause, depth, causes) }),
  };
}

function loggableCause(cause: unknown, depth: number, causes: number): unknown {
  if (causes >= maximumCauses) return '[more causes]';
  return cause instanceof Error ? loggableError(cause, depth, causes + 1) : loggable(cause, depth + 1);
}
