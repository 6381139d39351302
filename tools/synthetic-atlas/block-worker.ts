// A thread of `made-blocks.ts`: makes the blocks it is asked for and hands them over.
import { parentPort, workerData } from 'node:worker_threads';
import type { ProfileOptions } from './expression-profiles';
import { BlockMaker } from './made-blocks';

const maker = new BlockMaker(workerData as ProfileOptions);
parentPort?.on('message', ({ first, end }: { first: number; end: number }) => {
  const { rows, labels, batches } = maker.make(first, end);
  const entries = rows.indptr[rows.rows] ?? 0;
  // Copies of the entries alone: the maker goes on using its own.
  const indices = rows.indices.slice(0, entries);
  const values = rows.values.slice(0, entries);
  const block = { rows: { ...rows, indices, values }, labels, batches };
  parentPort?.postMessage(
    block,
    [rows.indptr, indices, values, labels, batches].map(({ buffer }) => buffer as ArrayBuffer),
  );
});
