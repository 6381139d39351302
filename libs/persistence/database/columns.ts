import type { EntitySchemaColumnOptions } from 'typeorm';

/**
 * Columns of entity schemas that read the same on both databases. The type of a row says what comes out: a number, a boolean, a JSON value.
 */
type Options = Partial<EntitySchemaColumnOptions>;

export function text(options: Options = {}): EntitySchemaColumnOptions {
  return { type: 'text', ...options };
}

export function integer(options: Options = {}): EntitySchemaColumnOptions {
  return { type: 'integer', ...options };
}

export function flag(options: Options = {}): EntitySchemaColumnOptions {
  return { type: 'boolean', ...options };
}

/** Whole numbers above two thousand million, such as times in milliseconds; PostgreSQL would give them as text. */
export function bigInteger(options: Options = {}): EntitySchemaColumnOptions {
  return {
    type: 'bigint',
    transformer: {
      to: (value: unknown) => value,
      from: (value: unknown) => (value === null || value === undefined ? null : Number(value)),
    },
    ...options,
  };
}

/**
 * A JSON value, kept as text on both databases: PostgreSQL's jsonb would reorder keys, rewrite numbers and refuse the escaped character zero,
 * and what a message said is to come back as it was.
 */
export function json(options: Options = {}): EntitySchemaColumnOptions {
  return { type: 'text', transformer: { to: toJson, from: fromJson }, ...options };
}

/** For parameters of `statement`, which know no entity. */
export function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

export function fromJson(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : null;
}
