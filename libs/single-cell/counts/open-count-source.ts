import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import type { Dataset } from '../dataset/dataset';
import { MemoryCounts } from './memory-counts';
import type { OpenCountSource } from './closable-count-source';
import { SpilledCountsWriter } from './spilled-counts';

export interface CountSourceOptions {
  /** Bytes the counts may take in memory; above that they go to a temporary file. */
  readonly memory: number;
  /** Columns of the data set that become columns 0, 1, ... of the source, in this order; -1 makes a column without counts. Default all. */
  readonly features?: ArrayLike<number>;
  /** Rows of the data set that become rows 0, 1, ... of the source, ascending. Default all. */
  readonly cells?: ArrayLike<number>;
  /** Called after each block with the rows of the data set that have been read. */
  readonly onRows?: (rows: number) => void;
  /** Folder for the temporary file; default that of the data set. */
  readonly tempFolder?: string;
}

/** Bytes of an entry in memory: index and count. */
const bytesPerEntry = 8;

/**
 * Counts of chosen cells and features, ready to be gathered row by row in any order. Plain CSR arrays when they fit into `memory` bytes, otherwise
 * a temporary file of packed rows; the same rows either way. Needs one pass over the data set (two when it was not scanned yet).
 * The data set may be closed afterwards.
 */
export function openCountSource(dataset: Dataset, options: CountSourceOptions): OpenCountSource {
  const columns = columnMap(dataset, options.features);
  const cells = options.cells;
  if (cells) requireAscending(cells, dataset.cells);
  const rows = cells?.length ?? dataset.cells;
  const width = options.features?.length ?? dataset.features;
  const entries = upperBound(dataset, columns, cells);
  const blockMemory = Math.max(1 << 20, options.memory / 4);
  const blocks = selectedBlocks(dataset, columns, cells, width, blockMemory, options.onRows);
  if (entries * bytesPerEntry + (rows + 1) * 4 <= options.memory && entries < 2 ** 32) {
    const counts = new MemoryCounts(rows, width, entries);
    for (const block of blocks) counts.append(block);
    return counts;
  }
  const writer = new SpilledCountsWriter(rows, width, options.tempFolder ?? dataset.room.tempFolder);
  try {
    for (const block of blocks) writer.append(block);
    return writer.finish();
  } catch (cause) {
    writer.close();
    throw cause;
  }
}

/** New column of each column of the data set, -1 when it is left out; undefined when nothing changes. */
function columnMap(dataset: Dataset, features: ArrayLike<number> | undefined): Int32Array | undefined {
  if (!features) return undefined;
  const map = new Int32Array(dataset.features).fill(-1);
  for (let i = 0; i < features.length; i++) {
    const column = features[i];
    if (column === -1) continue;
    if (!(column >= 0 && column < dataset.features))
      throw new CfgenError('REQUEST_INVALID', `there is no feature ${column} (${dataset.features} features)`);
    if (map[column] !== -1) throw new CfgenError('REQUEST_INVALID', `feature ${dataset.varNames[column]} is asked for twice`);
    map[column] = i;
  }
  return map;
}

function requireAscending(cells: ArrayLike<number>, count: number): void {
  for (let i = 0; i < cells.length; i++) {
    if (!(cells[i] >= 0 && cells[i] < count) || (i > 0 && cells[i] <= cells[i - 1])) {
      throw new CfgenError('REQUEST_INVALID', `cells must be ascending and below ${count}; found ${cells[i]} at position ${i}`);
    }
  }
}

/** Entries there can be at most, from one pass over the data set. */
function upperBound(dataset: Dataset, columns: Int32Array | undefined, cells: ArrayLike<number> | undefined): number {
  const scan = dataset.scan();
  let byCell = scan.nonzeros;
  if (cells) {
    byCell = 0;
    for (let i = 0; i < cells.length; i++) byCell += scan.cellFeatures[cells[i]];
  }
  if (!columns) return byCell;
  let byFeature = 0;
  for (const [column, target] of columns.entries()) if (target >= 0) byFeature += scan.featureCells[column];
  return Math.min(byCell, byFeature);
}

function* selectedBlocks(
  dataset: Dataset,
  columns: Int32Array | undefined,
  cells: ArrayLike<number> | undefined,
  width: number,
  memory: number,
  onRows?: (rows: number) => void,
): Generator<SparseRows> {
  let next = 0;
  for (const { start, rows } of dataset.rowBlocks({ memory })) {
    let kept: number[] | undefined;
    if (cells) {
      kept = [];
      while (next < cells.length && cells[next] < start + rows.rows) kept.push(cells[next++] - start);
    }
    yield columns || kept ? select(rows, kept, columns, width) : rows;
    onRows?.(start + rows.rows);
  }
}

/** Rows and columns of a block; columns may change their order. */
function select(block: SparseRows, kept: readonly number[] | undefined, columns: Int32Array | undefined, width: number): SparseRows {
  const rows = kept?.length ?? block.rows;
  const indptr = new Uint32Array(rows + 1);
  const indices = new Uint32Array(block.indptr[block.rows]);
  const values = new Float32Array(block.indptr[block.rows]);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const source = kept ? kept[row] : row;
    const begin = at;
    let ascending = true;
    for (let entry = block.indptr[source]; entry < block.indptr[source + 1]; entry++) {
      const column = columns ? columns[block.indices[entry]] : block.indices[entry];
      if (column < 0) continue;
      if (at > begin && column < indices[at - 1]) ascending = false;
      indices[at] = column;
      values[at] = block.values[entry];
      at++;
    }
    if (!ascending) sortRow(indices, values, begin, at);
    indptr[row + 1] = at;
  }
  return { rows, columns: width, indptr, indices: indices.subarray(0, at), values: values.subarray(0, at) };
}

function sortRow(indices: Uint32Array, values: Float32Array, begin: number, end: number): void {
  const order = Array.from({ length: end - begin }, (_, i) => begin + i).sort((a, b) => indices[a] - indices[b]);
  const sortedIndices = Uint32Array.from(order, (entry) => indices[entry]);
  const sortedValues = Float32Array.from(order, (entry) => values[entry]);
  indices.set(sortedIndices, begin);
  values.set(sortedValues, begin);
}
