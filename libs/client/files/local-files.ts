import type * as FileSystem from 'node:fs';
import type { Hash } from 'node:crypto';
import { CfgenError } from '@cfgen/contracts';
import type { Api, DataSet } from '../generated';
import { isPassing, waitBefore } from '../transport/errors';
import { pause as pauseFor } from '../transport/pause';
import { downloaded, type DownloadOptions, type OpenDownload } from './downloaded';

// Node is loaded when a function runs, so that a browser can load this library.
const fileSystem = (): Promise<typeof FileSystem> => import('node:fs');
const sha256Hash = async (): Promise<Hash> => (await import('node:crypto')).createHash('sha256');

export interface UploadOptions extends DownloadOptions {
  /** Name of the data set; default: that of the file. */
  readonly name?: string;
  readonly kind?: 'cells' | 'split' | 'checkpoint';
  readonly onProgress?: (bytes: number, total: number) => void;
}

/**
 * Uploads a local file, never holding more than a piece of it. Sent again from its beginning when the connection breaks off.
 *
 * @throws CfgenError INPUT_NOT_FOUND, INPUT_UNREADABLE, TOO_LARGE, INPUT_DAMAGED (the server got other bytes), and what the server refuses with
 */
export async function uploadFile(api: Api, path: string, options: UploadOptions = {}): Promise<DataSet> {
  const { basename } = await import('node:path');
  const { signal, retries = 2, pause = pauseFor, kind, name = basename(path) } = options;
  const bytes = await sizeOf(path);
  const { limits } = await api.getSystem({ signal });
  if (bytes > limits.uploadBytes) {
    throw new CfgenError('TOO_LARGE', `${path} has ${bytes} bytes; the server takes ${limits.uploadBytes}`, {
      hint: 'Put the file into the object store of the server and import it from there.',
      details: { file: path, bytes, limit: limits.uploadBytes },
    });
  }
  for (let failures = 0; ; failures++) {
    const sent = await contentOf(path, bytes, options.onProgress);
    try {
      const dataSet = await api.addDataSetContent(
        { content: sent.content, bytes },
        { name, ...(kind === undefined ? {} : { kind }) },
        { signal },
      );
      if (dataSet.sha256 === sent.sha256()) return dataSet;
      throw new CfgenError('INPUT_DAMAGED', `the server got other bytes of ${path} than were sent`, {
        hint: 'Something between here and the server changed them, or the file changed meanwhile. Upload it again.',
        details: { file: path, sent: sent.sha256(), received: dataSet.sha256 },
      });
    } catch (thrown) {
      const error = sent.failure() ?? thrown;
      if (!isPassing(error) || failures >= retries) throw error;
      await pause(waitBefore(failures, error), signal);
    }
  }
}

interface SentContent {
  readonly content: ReadableStream<Uint8Array>;
  /** Of what was sent so far. */
  sha256(): string;
  /** What went wrong on this side. */
  failure(): CfgenError | undefined;
}

async function contentOf(path: string, total: number, onProgress: UploadOptions['onProgress']): Promise<SentContent> {
  const [{ createReadStream }, hash] = [await fileSystem(), await sha256Hash()];
  let failure: CfgenError | undefined;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let done = 0;
    try {
      for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>) {
        hash.update(piece);
        done += piece.length;
        yield piece;
        onProgress?.(done, total);
      }
    } catch (cause) {
      failure = unreadable(path, cause);
      throw failure;
    }
  }
  const iterator = pieces();
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return(undefined);
    },
  });
  return { content, sha256: () => hash.copy().digest('hex'), failure: () => failure };
}

async function sizeOf(path: string): Promise<number> {
  const { promises } = await fileSystem();
  const found = await promises.stat(path).catch((cause: unknown) => {
    if (codeOf(cause) !== 'ENOENT') throw unreadable(path, cause);
    throw new CfgenError('INPUT_NOT_FOUND', `there is no file ${path}`, { hint: 'Check the path.', details: { file: path }, cause });
  });
  if (found.isFile()) return found.size;
  throw new CfgenError('INPUT_UNSUPPORTED', `${path} is a folder; a server takes single files`, {
    hint: 'Give an .h5ad or a 10x .h5 file.',
    details: { file: path },
  });
}

export interface DownloadFileOptions extends DownloadOptions {
  /** What the bytes must be. */
  readonly expected?: { readonly bytes: number; readonly sha256: string };
  readonly overwrite?: boolean;
  readonly onProgress?: (bytes: number, total: number) => void;
}

/**
 * Downloads into a local file: written beside it, checked, renamed. On an error nothing is left.
 *
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, BLOB_DAMAGED (other bytes than expected), and what the server refuses with
 */
export async function downloadToFile(open: OpenDownload, path: string, options: DownloadFileOptions = {}): Promise<void> {
  const { promises } = await fileSystem();
  const [{ randomBytes }, hash] = [await import('node:crypto'), await sha256Hash()];
  const { expected, overwrite = false, onProgress } = options;
  if (
    !overwrite &&
    (await promises.access(path).then(
      () => true,
      () => false,
    ))
  )
    throw exists(path);
  const beside = `${path}.${randomBytes(4).toString('hex')}.part`;
  const file = await promises.open(beside, 'wx').catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  try {
    let done = 0;
    for await (const piece of downloaded(open, options)) {
      hash.update(piece);
      await file.writeFile(piece).catch((cause: unknown) => {
        throw unwritable(path, cause);
      });
      done += piece.length;
      onProgress?.(done, expected?.bytes ?? done);
    }
    const sha256 = hash.digest('hex');
    if (expected !== undefined && expected.sha256 !== sha256) throw damaged(path, done, sha256, expected);
    await file.sync();
    await file.close();
    await promises.rename(beside, path).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
  } catch (thrown) {
    await file.close().catch(() => undefined);
    await promises.rm(beside, { force: true });
    throw thrown;
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

function unreadable(path: string, cause: unknown): CfgenError {
  return new CfgenError('INPUT_UNREADABLE', `${path} cannot be read (${codeOf(cause) ?? 'unknown reason'})`, {
    details: { file: path },
    cause,
  });
}

function unwritable(path: string, cause: unknown): CfgenError {
  return new CfgenError('OUTPUT_UNWRITABLE', `${path} cannot be written (${codeOf(cause) ?? 'unknown reason'})`, {
    hint: 'Check that the folder is there, that you may write into it, and that the disk has room.',
    details: { file: path },
    cause,
  });
}

function exists(path: string): CfgenError {
  return new CfgenError('OUTPUT_EXISTS', `${path} is there already`, {
    hint: 'Choose another name, or have it replaced.',
    details: { file: path },
  });
}

function damaged(path: string, bytes: number, sha256: string, expected: { readonly bytes: number; readonly sha256: string }): CfgenError {
  return new CfgenError(
    'BLOB_DAMAGED',
    `what came for ${path} has ${bytes} bytes and sha256 ${sha256}, not ${expected.bytes} and ${expected.sha256}`,
    {
      hint: 'Download it again; if it happens again, the file is damaged on the server.',
      details: { file: path, bytes, sha256, expected },
    },
  );
}
