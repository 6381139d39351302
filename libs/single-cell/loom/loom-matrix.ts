import type { SparseRows } from '@cfgen/tensors';
import type { ArrayFile, StoredArray } from '../array-file/array-file';
import type { Numbers } from '../hdf5/decoding';
import { RowStore, type EntryBatch } from '../matrix/row-store';
import type { StoredMatrix } from '../matrix/stored-matrix';
import type { WorkingRoom } from '../temporary/working-room';

/** Bytes one value takes while its cell is made: as stored twice (library and copy), then as an entry of the row that comes out. */
const bytesPerValue = 24;

/**
 * The dense matrix of a Loom file, genes x cells, read as cells x genes. Whole columns of chunks are read and kept while their cells are asked
 * for. Where a single one does not fit into memory (chunks that hold many cells of one gene), rows are made once in a pass over the genes, in
 * memory or in a temporary file (see `RowStore`).
 */
export function loomMatrix(file: ArrayFile, array: StoredArray, where: string, room: WorkingRoom): StoredMatrix {
  const [genes = 0, cells = 0] = array.shape;
  const chunkCells = Math.min(array.chunks?.[1] ?? 1, cells);
  const fits = chunkCells * genes * bytesPerValue <= Math.max(1 << 20, room.memory / 4);
  return fits ? new CellBlocks(file, array, where, chunkCells) : new TurnedGenes(file, array, where, room);
}

/** Chunks no wider than some cells: blocks of cells are read across all genes. */
class CellBlocks implements StoredMatrix {
  readonly layout = 'dense';
  readonly where: string;
  readonly rows: number;
  readonly columns: number;
  readonly #file: ArrayFile;
  readonly #array: StoredArray;
  readonly #chunkCells: number;
  #start = 0;
  #end = 0;
  #values: Numbers = new Float32Array(0);

  constructor(file: ArrayFile, array: StoredArray, where: string, chunkCells: number) {
    this.#file = file;
    this.#array = array;
    this.#chunkCells = chunkCells;
    this.where = where;
    this.columns = array.shape[0] ?? 0;
    this.rows = array.shape[1] ?? 0;
  }

  get storedEntries(): number {
    return this.rows * this.columns;
  }

  readRows(start: number, end: number): SparseRows {
    this.#load(start, end);
    return turned(this.#values, this.columns, this.#end - this.#start, start - this.#start, end - this.#start);
  }

  blockEnd(start: number, memory: number): number {
    const cells = Math.max(1, Math.floor(memory / (this.columns * bytesPerValue)));
    const end = Math.min(this.rows, start + cells);
    const aligned = Math.floor(end / this.#chunkCells) * this.#chunkCells;
    return aligned > start && end < this.rows ? aligned : end;
  }

  close(): void {
    // Nothing is kept outside the file.
  }

  #load(start: number, end: number): void {
    if (start >= this.#start && end <= this.#end) return;
    const from = Math.floor(start / this.#chunkCells) * this.#chunkCells;
    const to = Math.min(this.rows, Math.ceil(end / this.#chunkCells) * this.#chunkCells);
    this.#values = this.#file.readNumbers(this.#array, [0, from], [this.columns, to - from]);
    this.#start = from;
    this.#end = to;
  }
}

/** Chunks that run along the cells: all values are read once by bands of genes. */
class TurnedGenes implements StoredMatrix {
  readonly layout = 'csc';
  readonly where: string;
  readonly rows: number;
  readonly columns: number;
  readonly #file: ArrayFile;
  readonly #array: StoredArray;
  readonly #room: WorkingRoom;
  #store: RowStore | undefined;

  constructor(file: ArrayFile, array: StoredArray, where: string, room: WorkingRoom) {
    this.#file = file;
    this.#array = array;
    this.#room = room;
    this.where = where;
    this.columns = array.shape[0] ?? 0;
    this.rows = array.shape[1] ?? 0;
  }

  get storedEntries(): number {
    return this.rows * this.columns;
  }

  readRows(start: number, end: number): SparseRows {
    return this.#rowStore().readRows(start, end);
  }

  blockEnd(start: number, memory: number): number {
    return this.#rowStore().blockEnd(start, memory);
  }

  firstValues(entries: number): Float32Array {
    const [[gene, cell, genes, cells]] = this.#boxes(entries) as [Box];
    return Float32Array.from(this.#file.readNumbers(this.#array, [gene, cell], [genes, cells]));
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  #rowStore(): RowStore {
    this.#store ??= new RowStore(this.#countRows(), this.columns, this.#entries(), this.#room);
    return this.#store;
  }

  #countRows(): Uint32Array {
    const perRow = new Uint32Array(this.rows);
    for (const [gene, cell, genes, cells] of this.#boxes()) {
      const values = this.#file.readNumbers(this.#array, [gene, cell], [genes, cells]);
      for (let at = 0; at < values.length; at++) if (values[at] !== 0) perRow[cell + (at % cells)]++;
    }
    return perRow;
  }

  *#entries(): Generator<EntryBatch> {
    for (const [gene, cell, genes, cells] of this.#boxes()) {
      const values = this.#file.readNumbers(this.#array, [gene, cell], [genes, cells]);
      const stored = Uint32Array.from(values.keys()).filter((at) => values[at] !== 0);
      yield {
        rows: stored.map((at) => cell + (at % cells)),
        columns: stored.map((at) => gene + Math.floor(at / cells)),
        values: Float32Array.from(stored, (at) => values[at]),
      };
    }
  }

  /** Boxes (first gene, first cell, genes, cells) of whole chunks that are read within the memory given, gene by gene. */
  #boxes(most = Math.floor(Math.min(this.#room.memory / 8, 1 << 28) / bytesPerValue)): Box[] {
    const [chunkGenes = 1, chunkCells = 1] = this.#array.chunks ?? [];
    const genes = Math.min(this.columns, Math.max(1, Math.floor(most / this.rows / chunkGenes)) * chunkGenes);
    const cells = Math.min(this.rows, Math.max(1, Math.floor(most / genes / chunkCells)) * chunkCells);
    const boxes: Box[] = [];
    for (let gene = 0; gene < this.columns; gene += genes) {
      for (let cell = 0; cell < this.rows; cell += cells) {
        boxes.push([gene, cell, Math.min(genes, this.columns - gene), Math.min(cells, this.rows - cell)]);
      }
    }
    return boxes;
  }
}

type Box = readonly [gene: number, cell: number, genes: number, cells: number];

/** Cells `from .. to` of a box genes x cells as sparse rows. */
function turned(values: Numbers, genes: number, cells: number, from: number, to: number): SparseRows {
  const rows = to - from;
  const indptr = new Uint32Array(rows + 1);
  for (let gene = 0; gene < genes; gene++) {
    for (let row = 0; row < rows; row++) if (values[gene * cells + from + row] !== 0) indptr[row + 1]++;
  }
  for (let row = 0; row < rows; row++) indptr[row + 1] += indptr[row];
  const indices = new Uint32Array(indptr[rows]);
  const entries = new Float32Array(indptr[rows]);
  const next = indptr.slice(0, rows);
  for (let gene = 0; gene < genes; gene++) {
    for (let row = 0; row < rows; row++) {
      const value = values[gene * cells + from + row];
      if (value === 0) continue;
      const at = next[row]++;
      indices[at] = gene;
      entries[at] = value;
    }
  }
  return { rows, columns: genes, indptr, indices, values: entries };
}
