import { CfgenError } from '@cfgen/contracts';
import type { S3Connection } from './s3-connection';
import { codeOf } from './s3-errors';

/** S3 allows no more parts in an upload. */
const maximumParts = 10_000;

export interface Place {
  readonly connection: S3Connection;
  readonly bucket: string;
  readonly signal?: AbortSignal;
}

/** An object that comes into being part by part, and is not there before it is completed. */
export interface MultipartUpload {
  readonly key: string;
  /** Sends the next part; its memory is free again afterwards. */
  add(part: Buffer): Promise<void>;
  /** Makes the next part from bytes `from` to `to` (excluded) of another object of the bucket. */
  addCopy(source: string, from: number, to: number): Promise<void>;
  complete(): Promise<void>;
  /** Gives up what was sent. */
  abort(): Promise<void>;
}

export async function startMultipart({ connection, bucket, signal }: Place, key: string): Promise<MultipartUpload> {
  const uploadId = await connection.retrying((client) => client.initiateNewMultipartUpload(bucket, key, {}), signal);
  const parts: { part: number; etag: string }[] = [];
  let bytes = 0;

  async function addPart(size: number, headers: Record<string, string>, payload?: Buffer): Promise<void> {
    const partNumber = parts.length + 1;
    if (partNumber > maximumParts) {
      throw new CfgenError('TOO_LARGE', `the content has more than ${maximumParts} parts (${bytes} bytes so far)`, {
        hint: 'raise the part size of the object store',
        details: { bytes },
      });
    }
    const { etag } = await connection.retrying(
      (client) =>
        client.uploadPart({ bucketName: bucket, objectName: key, uploadID: uploadId, partNumber, headers: { ...headers } }, payload),
      signal,
    );
    parts.push({ part: partNumber, etag });
    bytes += size;
  }

  return {
    key,
    add: (part) => addPart(part.length, {}, part),
    addCopy: (source, from, to) =>
      addPart(to - from, { 'x-amz-copy-source': `/${bucket}/${source}`, 'x-amz-copy-source-range': `bytes=${from}-${to - 1}` }),
    complete: () =>
      connection.retrying(async (client, attempt) => {
        try {
          await client.completeMultipartUpload(bucket, key, uploadId, parts);
        } catch (error) {
          // An earlier attempt did it, and only its answer was lost.
          const done = attempt > 1 && codeOf(error) === 'NoSuchUpload' && (await client.statObject(bucket, key)).size === bytes;
          if (!done) throw error;
        }
      }, signal),
    // Not under the signal: it is the reason why we are here as often as not.
    abort: () => connection.client().abortMultipartUpload(bucket, key, uploadId),
  };
}

/** Copies an object within its bucket, on the server; a large one in parts, because one request can copy no more than 5 GiB. */
export async function copyObject(place: Place, source: string, target: string, bytes: number, copyBytes: number): Promise<void> {
  const { connection, bucket, signal } = place;
  if (bytes <= copyBytes) {
    await connection.retrying((client) => client.copyObject(bucket, target, `/${bucket}/${source}`), signal);
    return;
  }
  const upload = await startMultipart(place, target);
  try {
    for (let from = 0; from < bytes; from += copyBytes) await upload.addCopy(source, from, Math.min(from + copyBytes, bytes));
    await upload.complete();
  } catch (error) {
    await giveUp(upload.abort());
    throw error;
  }
}

/** Waits for some cleaning up that may fail: what stays behind is swept later, and the result of the put does not depend on it. */
export async function giveUp(cleaning: Promise<unknown>): Promise<void> {
  await cleaning.catch(() => undefined);
}
