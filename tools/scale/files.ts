import { readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';

/** Bytes of a file, or of all files in a folder. */
export function bytesOnDisk(path: string): number {
  const stats = statSync(path);
  return stats.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesOnDisk(join(path, name)), 0) : stats.size;
}

export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** @throws CfgenError OUTPUT_UNWRITABLE where a folder's disk has less room */
export function requireRoom(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const gigabytes = (value: number): string => `${(value / 1e9).toFixed(1)} GB`;
  throw new CfgenError('OUTPUT_UNWRITABLE', `${what} needs about ${gigabytes(bytes)} in ${folder}, where ${gigabytes(free)} are free`, {
    hint: 'Free some space, or name another folder with --work.',
  });
}
