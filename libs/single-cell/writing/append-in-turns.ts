import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import type { AnnDataTree } from './anndata-tree';
import { checkRows } from './growing-matrices';
import { sliceRows } from './slice-rows';

/** The same cells in every modality: sparse rows, or row-major numbers where X is dense. */
export type ModalityRows = Readonly<Record<string, SparseRows | Float32Array>>;

/** Cells of a block. @throws CfgenError REQUEST_INVALID where a modality is missing, unknown, or has another number of cells or features */
export function rowsOf(rows: ModalityRows, trees: ReadonlyMap<string, AnnDataTree>): number {
  const wanted = [...trees.keys()];
  const given = Object.keys(rows);
  if (given.length !== wanted.length || wanted.some((name) => !given.includes(name))) {
    throw new CfgenError('REQUEST_INVALID', `A block holds the modalities ${given.join(', ') || 'none'}; needed are ${wanted.join(', ')}.`);
  }
  let cells: number | undefined;
  for (const [name, tree] of trees) {
    const block = rows[name];
    const count = block instanceof Float32Array ? denseRows(name, block, tree.width) : sparseRows(name, block, tree.width);
    if (cells !== undefined && count !== cells)
      throw new CfgenError('REQUEST_INVALID', `A block has ${count} cells in ${name}, but ${cells} in ${wanted[0]}.`);
    cells = count;
  }
  return cells ?? 0;
}

function sparseRows(name: string, block: SparseRows, width: number): number {
  if (block.columns !== width)
    throw new CfgenError('REQUEST_INVALID', `Rows of ${name} have ${block.columns} columns, but there are ${width} features.`);
  checkRows(block);
  return block.rows;
}

function denseRows(name: string, block: Float32Array, width: number): number {
  const rows = width === 0 ? 0 : block.length / width;
  if (Number.isInteger(rows)) return rows;
  throw new CfgenError('REQUEST_INVALID', `${block.length} numbers of ${name} do not make whole rows of ${width} features.`);
}

/**
 * Appends cells to all modalities as if cell by cell, each cell to every modality in turn. So chunks of the modalities come to lie in an order
 * that the cells alone decide, not the size of the blocks. Cells that fill no chunk are appended together.
 */
export async function appendInTurns(rows: ModalityRows, trees: ReadonlyMap<string, AnnDataTree>, cells: number): Promise<void> {
  const parts = [...trees].map(([name, tree]) => ({ tree, block: rows[name] }));
  for (let start = 0; start < cells;) {
    let end = start;
    while (end < cells && parts.every(({ tree, block }) => entries(block, tree.width, start, end + 1) < tree.room)) end += 1;
    end = Math.max(end, start + 1);
    for (const { tree, block } of parts) {
      if (block instanceof Float32Array) await tree.appendDense(block.subarray(start * tree.width, end * tree.width));
      else await tree.append(sliceRows(block, start, end));
    }
    start = end;
  }
}

function entries(block: SparseRows | Float32Array, width: number, start: number, end: number): number {
  return block instanceof Float32Array ? (end - start) * width : block.indptr[end] - block.indptr[start];
}
