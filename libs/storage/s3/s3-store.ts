import { createHash, randomBytes } from 'node:crypto';
import { blobKey, CfgenError } from '@cfgen/contracts';
import { blobNotFound, checkAddress, isAddress, refuseOtherHash } from '../content/address';
import { interrupted, refuseWhenAborted } from '../content/interruption';
import { fetchToFile } from '../content/local-file';
import { partsOf, piecesOf } from '../content/pieces';
import { boundsOf, verified, whole } from '../content/verification';
import type { BlobStore, ListedBlob, PutOptions, ReadOptions, StoredBlob } from '../port/blob-store';
import { contentDisposition } from './content-disposition';
import { copyObject, giveUp, startMultipart, type MultipartUpload } from './multipart';
import { download } from './download';
import { connectS3, type S3Server } from './s3-connection';
import { isMissing, requestError } from './s3-errors';
import { placeOfUri } from './s3-imports';
import { sweepUploads } from './sweep';

export interface S3StoreOptions extends S3Server {
  readonly bucket: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Buckets from which data files may be imported; none when left out. */
  readonly importBuckets?: readonly string[];
  /** Contents of less than this are sent in one request, larger ones in parts of it; at least 5 MiB, 16 MiB when left out. */
  readonly partSize?: number;
  /** Makes the bucket at the first use where it is not there. */
  readonly createBucket?: boolean;
  /** Address of the server for those who get signed URLs, where it is not `endpoint`. */
  readonly publicEndpoint?: string;
  /** A request during which nothing moves for so long has failed; 30 s when left out. */
  readonly idleMs?: number;
  /** For how long a failed request is repeated; 5 s when left out. */
  readonly retryMs?: number;
  /** Objects above this are copied in parts of it; 1 GiB when left out. */
  readonly copyBytes?: number;
}

const mebibyte = 1 << 20;

/**
 * Blobs in an S3 bucket under `blobs/sha256/ab/<hash>`. Plain S3: any server will do.
 *
 * A stream of unknown hash goes under `uploads/` first and is copied to its address by the server. No write asks whether the blob is there:
 * the same bytes again renew its time, which protects it from being collected, and mend it should it be damaged.
 */
export function createS3Store(options: S3StoreOptions): BlobStore {
  const { bucket, now, importBuckets = [], partSize = 16 * mebibyte, copyBytes = 1024 * mebibyte } = options;
  if (!Number.isSafeInteger(partSize) || partSize < 5 * mebibyte) {
    throw new CfgenError('CONFIGURATION_INVALID', `the part size of the object store is ${partSize} bytes`, { hint: 'give 5 MiB or more' });
  }
  const patience = { idleMs: options.idleMs ?? 30_000, retryMs: options.retryMs ?? 5_000 };
  const connection = connectS3(options, patience, now);
  // Health is asked often and must answer soon; the second attempt is for a connection that a restart left dead.
  const probe = connectS3(options, { idleMs: Math.min(patience.idleMs, 3_000), retryMs: 200 }, now);
  const publicConnection = connectS3({ ...options, endpoint: options.publicEndpoint ?? options.endpoint }, patience, now);
  const where = `${options.endpoint}/${bucket}`;
  let bucketSeen = false;

  async function asking<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw requestError(error, where, signal);
    }
  }

  /** A missing bucket must not be taken for a missing blob. */
  async function requireBucket(signal?: AbortSignal, from = connection): Promise<void> {
    if (bucketSeen) return;
    const found = await from.retrying((client) => client.bucketExists(bucket), signal);
    if (!found && options.createBucket !== true) {
      throw new CfgenError('STORE_UNAVAILABLE', `there is no bucket ${bucket} in ${options.endpoint}`, {
        hint: 'make the bucket, or allow the store to make it',
        retryable: true,
      });
    }
    if (!found) await makeBucket();
    bucketSeen = true;
  }

  async function makeBucket(): Promise<void> {
    try {
      await connection.client().makeBucket(bucket, options.region);
    } catch (error) {
      // Another process was faster.
      if (!(await connection.client().bucketExists(bucket))) throw error;
    }
  }

  async function put(content: Uint8Array | AsyncIterable<Uint8Array>, putOptions: PutOptions = {}): Promise<StoredBlob> {
    const { signal, sha256: wanted } = putOptions;
    if (wanted !== undefined) checkAddress(wanted);
    refuseWhenAborted(signal);
    await asking(() => requireBucket(signal), signal);
    const known = content instanceof Uint8Array ? createHash('sha256').update(content).digest('hex') : wanted;
    if (known !== undefined) refuseOtherHash(wanted, known);
    const place = { connection, bucket, ...(signal === undefined ? {} : { signal }) };
    const temporary = `uploads/${randomBytes(16).toString('hex')}`;
    const hash = createHash('sha256');
    let bytes = 0;
    let small: Buffer = Buffer.alloc(0);
    let upload: MultipartUpload | undefined;
    try {
      for await (const part of partsOf(piecesOf(content, putOptions), partSize)) {
        hash.update(part);
        bytes += part.length;
        if (upload === undefined && part.length < partSize) {
          small = part;
          continue;
        }
        upload ??= await asking(() => startMultipart(place, known === undefined ? temporary : blobKey(known)), signal);
        const parts = upload;
        await asking(() => parts.add(part), signal);
      }
      const sha256 = hash.digest('hex');
      refuseOtherHash(wanted, sha256);
      refuseWhenAborted(signal);
      if (upload === undefined) {
        await asking(() => connection.retrying((client) => client.putObject(bucket, blobKey(sha256), small, small.length), signal), signal);
      } else {
        const parts = upload;
        await asking(() => parts.complete(), signal);
        if (parts.key === temporary) await asking(() => copyObject(place, temporary, blobKey(sha256), bytes, copyBytes), signal);
      }
      if (upload?.key === temporary) await giveUp(connection.client().removeObject(bucket, temporary));
      return { sha256, bytes };
    } catch (error) {
      if (upload !== undefined) await giveUp(upload.abort());
      if (upload?.key === temporary) await giveUp(connection.client().removeObject(bucket, temporary));
      throw error;
    }
  }

  async function find(sha256: string, signal?: AbortSignal): Promise<ListedBlob | null> {
    checkAddress(sha256);
    refuseWhenAborted(signal);
    return asking(async () => {
      await requireBucket(signal);
      try {
        const found = await connection.retrying((client) => client.statObject(bucket, blobKey(sha256)), signal);
        return { sha256, bytes: found.size, storedAt: found.lastModified.getTime() };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    }, signal);
  }

  async function get(sha256: string, signal?: AbortSignal): Promise<ListedBlob> {
    const blob = await find(sha256, signal);
    if (blob === null) throw blobNotFound(sha256, where);
    return blob;
  }

  async function read(sha256: string, { range, signal }: ReadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const blob = await get(sha256, signal);
    const { from, to } = boundsOf(range, blob.bytes);
    const pieces = download({ connection, bucket, ...(signal === undefined ? {} : { signal }) }, blobKey(sha256), from, to, (error) =>
      isMissing(error) ? blobNotFound(sha256, where, error) : requestError(error, where, signal),
    );
    return from === 0 && to === blob.bytes ? verified(pieces, blob, where) : pieces;
  }

  async function* list(): AsyncGenerator<ListedBlob, void, void> {
    await asking(() => requireBucket());
    for (let after = ''; ;) {
      const page = await asking(() =>
        connection.retrying((client) => client.listObjectsV2Query(bucket, 'blobs/sha256/', '', '', 1000, after)),
      );
      for (const { name, size, lastModified } of page.objects) {
        if (name === undefined) continue;
        after = name;
        const sha256 = name.slice(name.lastIndexOf('/') + 1);
        if (isAddress(sha256) && name === blobKey(sha256)) yield { sha256, bytes: size, storedAt: lastModified.getTime() };
      }
      if (!page.isTruncated) return;
    }
  }

  return {
    kind: 's3',
    put,
    read,
    readWhole: async (sha256, signal) => whole(await read(sha256, signal === undefined ? {} : { signal })),
    fetch: async (sha256, file, signal) => fetchToFile({ read, stat: find }, await get(sha256, signal), file, signal),
    stat: (sha256) => find(sha256),
    list,
    delete: async (sha256) => {
      checkAddress(sha256);
      await asking(async () => {
        await requireBucket();
        await connection.retrying((client) => client.removeObject(bucket, blobKey(sha256)));
      });
    },
    sweep: (olderThanMs) =>
      asking(async () => {
        await requireBucket();
        return sweepUploads({ connection, bucket }, now() - olderThanMs);
      }),
    presign: async (sha256, { seconds, fileName, mediaType }) => {
      checkAddress(sha256);
      if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > 604_800) {
        throw new CfgenError('REQUEST_INVALID', `a URL cannot be signed for ${seconds} seconds`, { hint: 'give 1 second to 7 days' });
      }
      if (!/^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(mediaType)) {
        throw new CfgenError('REQUEST_INVALID', `"${mediaType.slice(0, 80)}" is not a media type`, { hint: 'give it as type/subtype' });
      }
      const headers = { 'response-content-disposition': contentDisposition(fileName), 'response-content-type': mediaType };
      return publicConnection.client().presignedGetObject(bucket, blobKey(sha256), seconds, headers, new Date(now()));
    },
    openImport: async (uri, signal) => {
      const place = placeOfUri(uri, importBuckets);
      const missing = (cause: unknown): CfgenError =>
        new CfgenError('NOT_FOUND', `there is no object ${uri}`, { hint: 'check the name', cause });
      const meaning = (error: unknown): CfgenError => (isMissing(error) ? missing(error) : requestError(error, where, signal));
      if (signal?.aborted === true) throw interrupted();
      const from = { connection, bucket: place.bucket, ...(signal === undefined ? {} : { signal }) };
      const look = (): Promise<{ size: number; etag: string }> =>
        connection.retrying((client) => client.statObject(place.bucket, place.key), signal);
      try {
        const { size, etag } = await look();
        const beforeResuming = async (): Promise<void> => {
          if ((await look()).etag === etag) return;
          throw new CfgenError('CONFLICT', `the object ${uri} was replaced while it was read`, {
            hint: 'import it again',
            retryable: true,
          });
        };
        return { content: download(from, place.key, 0, size, meaning, beforeResuming), fileName: place.fileName };
      } catch (error) {
        throw meaning(error);
      }
    },
    check: () =>
      asking(async () => {
        bucketSeen = false;
        await requireBucket(undefined, probe);
      }),
    close: async () => {
      for (const open of [connection, probe, publicConnection]) open.close();
    },
  };
}
