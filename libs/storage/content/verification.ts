import { createHash } from 'node:crypto';
import { CfgenError } from '@cfgen/contracts';
import type { ReadOptions, StoredBlob } from '../port/blob-store';

/** Passes bytes on and checks them: ends with BLOB_DAMAGED after the last piece where length or hash are not those of the blob. */
export async function* verified(
  pieces: AsyncIterable<Uint8Array>,
  blob: StoredBlob,
  where: string,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
    yield piece;
  }
  const found = hash.digest('hex');
  if (bytes !== blob.bytes || found !== blob.sha256) {
    throw new CfgenError('BLOB_DAMAGED', `the blob ${blob.sha256} in ${where} is damaged: its ${bytes} bytes have the sha256 ${found}`, {
      hint: 'delete it and store it again from its source',
      details: { sha256: blob.sha256, found, bytes },
    });
  }
}

/** Everything as one array. */
export async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new Uint8Array(Buffer.concat(all));
}

/**
 * The part of a blob to read: the end is cut at the size of the blob.
 *
 * @throws CfgenError REQUEST_INVALID for bounds that are not whole numbers in order
 */
export function boundsOf(range: ReadOptions['range'], bytes: number): { readonly from: number; readonly to: number } {
  if (range === undefined) return { from: 0, to: bytes };
  const { from, to } = range;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
    throw new CfgenError('REQUEST_INVALID', `the range from ${from} to ${to} cannot be read`, {
      hint: 'give whole numbers with 0 <= from <= to',
    });
  }
  return { from: Math.min(from, bytes), to: Math.min(to, bytes) };
}
