import { writeFileSync } from 'node:fs';
import { checkOutputPath, outputError, partialPath, publishPartialFile, removePartialFile } from '@cfgen/tensors';

/** Writes or replaces a small file so that its name shows the old bytes or all of the new ones, never a part. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  checkOutputPath(path, true);
  try {
    writeFileSync(partialPath(path), bytes);
  } catch (cause) {
    removePartialFile(path);
    throw outputError(path, cause);
  }
  publishPartialFile(path);
}
