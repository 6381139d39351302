import { writeFileSync } from 'node:fs';
import { checkOutputPath, outputError, partialPath, publishPartialFile, removePartialFile } from './partial-file';

/**
 * Writes or replaces a small file so that its name shows the old bytes or all of the new ones, never a part.
 * @throws CfgenError OUTPUT_UNWRITABLE.
 */
export function writeWhole(path: string, bytes: Uint8Array | string): void {
  checkOutputPath(path, true);
  try {
    writeFileSync(partialPath(path), bytes);
  } catch (cause) {
    removePartialFile(path);
    throw outputError(path, cause);
  }
  publishPartialFile(path);
}
