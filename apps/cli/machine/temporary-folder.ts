import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a folder takes files, and how many bytes more. */
export interface FolderState {
  readonly path: string;
  readonly writable: boolean;
  readonly freeBytes: number | null;
  /** What the system said when it could not be used. */
  readonly reason?: string;
}

/** Writes a small file and removes it again. */
export function folderState(path: string): FolderState {
  const probe = join(path, `.cfgen-doctor.${process.pid}`);
  try {
    writeFileSync(probe, '');
    rmSync(probe);
    const { bavail, bsize } = statfsSync(path);
    return { path, writable: true, freeBytes: bavail * bsize };
  } catch (cause) {
    return { path, writable: false, freeBytes: null, reason: cause instanceof Error ? cause.message : String(cause) };
  }
}
