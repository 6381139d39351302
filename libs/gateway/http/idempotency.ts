import { createHash } from 'node:crypto';
import { CfgenError, idempotencyKeyHeader, idempotencyKeySchema } from '@cfgen/contracts';
import { idempotencyRows, type Database, type IdempotencyRow } from '@cfgen/persistence';
import type { FastifyRequest } from 'fastify';
import { Answer } from './answer';

const day = 86_400_000;
/** After so long without an answer whoever carried a request out is taken for dead. */
const carriedOutMs = 30_000;

export interface IdempotencyOptions {
  readonly database: Database;
  readonly now: () => number;
  readonly newId: () => string;
}

/** A request that is to be carried out, or the answer of the time before. */
export type Reservation =
  | { readonly kind: 'fresh'; readonly reservedId: string; keep(answer: Answer): Promise<void>; release(): Promise<void> }
  | { readonly kind: 'known'; readonly answer: Answer };

/**
 * Reserves the `Idempotency-Key` of a request.
 *
 * @throws CfgenError REQUEST_INVALID, CONFLICT when the key belongs to another request or that one is still carried out
 */
export async function reserve(
  request: FastifyRequest,
  token: string,
  body: unknown,
  { database, now, newId }: IdempotencyOptions,
): Promise<Reservation> {
  const given = request.headers[idempotencyKeyHeader];
  if (given === undefined) {
    return { kind: 'fresh', reservedId: newId(), keep: () => Promise.resolve(), release: () => Promise.resolve() };
  }
  const key = idempotencyKeySchema.safeParse(given);
  if (!key.success) {
    throw new CfgenError('REQUEST_INVALID', `header.${idempotencyKeyHeader}: ${key.error.issues[0]?.message ?? 'not readable'}`, {
      details: { field: `header.${idempotencyKeyHeader}` },
    });
  }
  const at = now();
  const id = { token, key: key.data };
  const mine: IdempotencyRow = {
    ...{ ...id, requestHash: hashOf(request, body), reservedId: newId(), response: null },
    ...{ createdAt: at, expiresAt: at + day },
  };
  const row = await database.transaction(async (transaction) => {
    const held = await idempotencyRows.reserve(transaction, mine, at);
    const dead = held.response === null && held.reservedId !== mine.reservedId && at - held.createdAt > carriedOutMs;
    if (dead && held.requestHash === mine.requestHash) {
      await idempotencyRows.update(transaction, id, { createdAt: at });
      return { ...held, createdAt: at, reservedId: held.reservedId, takenOver: true };
    }
    return { ...held, takenOver: false };
  });
  if (row.requestHash !== mine.requestHash) {
    throw new CfgenError('CONFLICT', 'this Idempotency-Key was used for another request', { hint: 'Use a new key for a new request.' });
  }
  if (row.response !== null) {
    const { status, headers, body: text } = row.response;
    return { kind: 'known', answer: new Answer(status, JSON.parse(text), { ...headers, 'idempotency-replayed': 'true' }) };
  }
  if (row.reservedId !== mine.reservedId && !row.takenOver) {
    throw new CfgenError('CONFLICT', 'the same request is being carried out', { retryable: true, hint: 'Try again in a moment.' });
  }
  return {
    kind: 'fresh',
    reservedId: row.reservedId,
    async keep({ status, headers, body: answered }) {
      const response = { status, headers, body: JSON.stringify(answered) };
      await database.transaction((transaction) => idempotencyRows.update(transaction, id, { response }));
    },
    async release() {
      await database.transaction((transaction) => idempotencyRows.release(transaction, id));
    },
  };
}

/** What makes two requests the same: method, address and JSON. Bytes of an upload are told apart by their length: their content is its own key. */
function hashOf(request: FastifyRequest, body: unknown): string {
  const length = body === undefined ? (request.headers['content-length'] ?? '') : '';
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.url, body ?? null, length]))
    .digest('hex');
}
