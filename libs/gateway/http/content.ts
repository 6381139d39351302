import { Readable } from 'node:stream';
import { CfgenError, type BlobRef } from '@cfgen/contracts';
import type { BlobStore } from '@cfgen/storage';
import { StreamAnswer } from './answer';
import { HttpProblem } from './http-problem';

export interface ContentRequest {
  readonly blobs: BlobStore;
  readonly ref: Pick<BlobRef, 'sha256' | 'bytes'>;
  readonly fileName: string;
  readonly mediaType: string;
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * A content of the store as an answer: the whole (200), or one part of it (206).
 *
 * @throws HttpProblem 416 for a part that lies outside
 */
export async function contentAnswer(request: ContentRequest): Promise<StreamAnswer> {
  const { blobs, ref, fileName, mediaType, signal } = request;
  const etag = `"${ref.sha256}"`;
  const wanted = request.ifRange === undefined || request.ifRange === etag ? request.range : undefined;
  const part = wanted === undefined ? null : partOf(wanted, ref.bytes);
  const content = await blobs.read(ref.sha256, { signal, ...(part === null ? {} : { range: { from: part.from, to: part.to } }) });
  const headers: Record<string, string> = {
    'content-type': mediaType,
    'content-length': String(part === null ? ref.bytes : part.to - part.from),
    'content-disposition': disposition(fileName, mediaType),
    'accept-ranges': 'bytes',
    // A content never changes under its hash; who may see it does.
    'cache-control': 'private, no-cache',
    etag,
    // A report runs scripts of its own, and must not reach anything of this server.
    ...(mediaType.startsWith('text/html') ? { 'content-security-policy': "sandbox allow-scripts; default-src 'unsafe-inline' data:" } : {}),
  };
  if (part !== null) headers['content-range'] = `bytes ${part.from}-${part.to - 1}/${ref.bytes}`;
  return new StreamAnswer(part === null ? 200 : 206, Readable.from(content, { objectMode: false }), headers);
}

/** One range of bytes; null, so that the whole is sent, for what is no range or several. */
function partOf(range: string, bytes: number): { readonly from: number; readonly to: number } | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(range.replaceAll(' ', ''));
  if (found === null || (found[1] === '' && found[2] === '')) return null;
  const [first, last] = [found[1] ?? '', found[2] ?? ''];
  if (first !== '' && last !== '' && Number(first) > Number(last)) return null;
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (from < to) return { from, to };
  const error = new CfgenError('REQUEST_INVALID', `header.range: "${range}" lies outside of the ${bytes} bytes`, {
    details: { field: 'header.range', bytes },
  });
  throw new HttpProblem(416, error, { 'content-range': `bytes */${bytes}` });
}

/** Names come from users: what is not plain goes into the encoded form alone. */
function disposition(fileName: string, mediaType: string): string {
  const plain = fileName.replace(/[^\w.()+ -]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const kind = mediaType.startsWith('text/html') ? 'inline' : 'attachment';
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
