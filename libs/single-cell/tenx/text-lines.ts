import { createReadStream, openSync, closeSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { CfgenError } from '@cfgen/contracts';
import { isGzip, unreadable } from '../opening/detect-format';
import { gzipError } from '../opening/unpack-gzip';

/** Longest line accepted, bytes. */
const longestLine = 1 << 20;

/** Chunks of a text file, unpacked when it is gzip (told by content). Failures name the file. */
export async function* textChunks(path: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: 1 << 18 });
  const stream = startsAsGzip(path) ? source.pipe(createGunzip()) : source;
  if (stream !== source) source.on('error', (cause) => stream.destroy(cause));
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw gzipError(cause, basename(path), '');
  } finally {
    source.destroy();
  }
}

/** Tab-separated fields of each line; empty lines at the end are left out. */
export async function readTable(path: string, mostLines: number): Promise<string[][]> {
  const rows: string[][] = [];
  const decoder = new TextDecoder();
  let rest = '';
  const add = (line: string): void => {
    if (rows.length >= mostLines)
      throw new CfgenError('INPUT_DAMAGED', `${basename(path)} has more than ${mostLines.toLocaleString('en-US')} lines`);
    rows.push((line.endsWith('\r') ? line.slice(0, -1) : line).split('\t'));
  };
  for await (const chunk of textChunks(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine)
      throw new CfgenError(
        'INPUT_DAMAGED',
        `${basename(path)} is damaged: a line is longer than ${longestLine.toLocaleString('en-US')} bytes`,
      );
    for (const line of lines) add(line);
  }
  rest += decoder.decode();
  if (rest !== '') add(rest);
  while (rows.length > 0 && rows.at(-1)?.join('').trim() === '') rows.pop();
  return rows;
}

function startsAsGzip(path: string): boolean {
  try {
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(2);
      readSync(fd, head, 0, 2, 0);
      return isGzip(head);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
