import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../boot/living-process';

/** Scratch folders of the jobs of this process: one for each process, since several services may share a data folder. */
export function scratchFolderOf(dataDir: string): string {
  return join(dataDir, 'scratch', String(process.pid));
}

/** Removes what processes left behind that are gone, and makes this one's folder. */
export function prepareScratch(dataDir: string): void {
  const parent = join(dataDir, 'scratch');
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (name !== String(process.pid) && !isAlive(Number(name))) rmSync(join(parent, name), { recursive: true, force: true });
  }
  mkdirSync(scratchFolderOf(dataDir), { recursive: true });
}

/**
 * Brings the cache of data sets and models down to a size: what was not used for the longest time goes first. Everything in it can be fetched
 * again, and a file that is open stays readable for whoever has it.
 *
 * @returns the bytes that were removed
 */
export function pruneCache(folder: string, limitBytes: number): number {
  mkdirSync(folder, { recursive: true });
  const entries = readdirSync(folder)
    .map((name) => measured(join(folder, name)))
    .sort((a, b) => a.usedAt - b.usedAt);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  let removed = 0;
  for (const { path, bytes } of entries) {
    if (total <= limitBytes) break;
    rmSync(path, { recursive: true, force: true });
    total -= bytes;
    removed += bytes;
  }
  return removed;
}

/** Size and last use of a file, or of a folder with everything in it. */
function measured(path: string): { path: string; bytes: number; usedAt: number } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { path, bytes: 0, usedAt: 0 };
  const usedAt = Math.max(stat.atimeMs, stat.mtimeMs);
  if (!stat.isDirectory()) return { path, bytes: stat.size, usedAt };
  const inside = readdirSync(path).map((name) => measured(join(path, name)));
  return {
    path,
    bytes: inside.reduce((sum, { bytes }) => sum + bytes, 0),
    usedAt: Math.max(stat.mtimeMs, ...inside.map((entry) => entry.usedAt)),
  };
}
