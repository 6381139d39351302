import { createH5adWriter, openDataset } from '@cfgen/single-cell';
import { bytesOnDisk } from './files';
import { MemoryPeaks } from './memory-peaks';
import type { Measured, MeasureOptions } from './measurement';

/** What goes beyond 32 bits: non-zeros (so that row pointers need 64), or bytes of a file (so that addresses do). */
const sizes = {
  entries: { rows: 65_540, columns: 32_768, compression: 'gzip' },
  bytes: { rows: 17_000, columns: 32_768, compression: 'none' },
} as const;

/** Rows at a time. */
const blockRows = 20;

/**
 * Writes rows in which every gene is counted, so that few rows make a very large matrix, and reads the last of them back. Rows are alike in
 * groups, so that the file is small where it is compressed.
 */
export async function measureLimit(limit: keyof typeof sizes, out: string, options: MeasureOptions): Promise<Measured> {
  const { rows, columns, compression } = sizes[limit];
  const peaks = new MemoryPeaks('write');
  const started = performance.now();
  const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}_${at}`);
  const indptr = Uint32Array.from({ length: blockRows + 1 }, (_, row) => row * columns);
  const indices = Uint32Array.from({ length: blockRows * columns }, (_, at) => at % columns);
  const values = new Float32Array(blockRows * columns);
  const writer = createH5adWriter(out, { features: { names: names('gene', columns), columns: {} }, compression, overwrite: true });
  let total = 0;
  try {
    for (let row = 0; row < rows; row += blockRows) {
      values.fill(countOf(row));
      total += countOf(row) * values.length;
      await writer.append({ rows: blockRows, columns, indptr, indices, values });
    }
    await writer.finish({ obs: { names: names('cell', rows), columns: {} } });
  } catch (error) {
    await writer.abort();
    throw error;
  }
  const written = performance.now();
  peaks.begin('read');
  await requireRows(out, rows, columns, options);
  return {
    seconds: { write: (written - started) / 1000, read: (performance.now() - written) / 1000, whole: (performance.now() - started) / 1000 },
    peaks: peaks.all(),
    facts: { cells: rows, genes: columns, nonzeros: rows * columns, total, bytes: bytesOnDisk(out) },
  };
}

function countOf(row: number): number {
  return 1 + (Math.floor(row / blockRows) % 7);
}

/** @throws Error when rows of the file are not those that were written */
async function requireRows(path: string, rows: number, columns: number, options: MeasureOptions): Promise<void> {
  const dataset = await openDataset(path, { memory: options.memory, tempFolder: options.work });
  try {
    for (const row of [0, rows >> 1, rows - 1]) {
      const { indices, values } = dataset.readRows(row, row + 1);
      const sound =
        indices.length === columns && indices.every((column, at) => column === at) && values.every((value) => value === countOf(row));
      if (!sound) throw new Error(`row ${row} of ${path} is not what was written`);
    }
  } finally {
    dataset.close();
  }
}
