import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 over the bytes of the files, one after the other, read as a stream. Hexadecimal. */
export async function contentHash(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    for await (const bytes of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(bytes as Buffer);
  }
  return hash.digest('hex');
}
