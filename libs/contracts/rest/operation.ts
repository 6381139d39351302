import type { z } from 'zod';
import type { ErrorCode } from '../errors/cfgen-error';
import type { Scope } from './administration';

/** Bytes as a request body: taken as a stream, never held whole. */
export interface BinaryBody {
  readonly mediaTypes: readonly string[];
  /** Most bytes; a server may allow less (its `limits`). */
  readonly maxBytes: number;
}

export interface OperationBody {
  readonly json?: z.ZodType;
  readonly binary?: BinaryBody;
  /** Largest JSON body in bytes. */
  readonly maxJsonBytes: number;
}

/** What an answer holds: JSON of a schema, bytes (with Range), server-sent events, text, or nothing. */
export type OperationResponse = z.ZodType | 'binary' | 'event-stream' | 'text' | 'empty';

/** One operation of the HTTP API. The gateway serves this table, the OpenAPI document and the client are made from it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters in braces: `/v1/runs/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** What a token must allow; null: anyone. */
  readonly scope: Scope | null;
  readonly params?: z.ZodObject;
  /** Strict; values come as text. */
  readonly query?: z.ZodObject;
  /** Headers that mean something here, in small letters; others are ignored. */
  readonly headers?: z.ZodObject;
  readonly body?: OperationBody;
  /** Success answers by status; several where the request chooses. */
  readonly responses: Readonly<Record<number, OperationResponse | readonly OperationResponse[]>>;
  /** Errors one has to reckon with here, beside those of every operation. */
  readonly errors: readonly ErrorCode[];
  /** Takes an `Idempotency-Key`: the same key and body again answers as the first time; another body: CONFLICT. */
  readonly idempotent?: true;
}
