import type { Numbers } from '../../hdf5/decoding';
import type { ChunkReader, ChunkValues } from './chunk-reader';
import type { UnpackedNumbers, UnpackedRoom, NumbersConstructor } from './unpacked';

/** An array of a store after it was unpacked. */
export type LoadedArray =
  | { readonly kind: 'numbers'; read(start: number, length: number): Numbers }
  | { readonly kind: 'matrix'; read(row: number, rows: number): Numbers }
  | { readonly kind: 'texts'; readonly values: readonly string[] };

/** Unpacks a single value. */
export async function loadScalar(reader: ChunkReader): Promise<LoadedArray> {
  const values = await reader.read([]);
  return isTexts(values) ? { kind: 'texts', values } : { kind: 'numbers', read: () => values };
}

/** Unpacks a list of numbers or of texts, chunk by chunk. */
export async function loadList(reader: ChunkReader, length: number, room: UnpackedRoom): Promise<LoadedArray> {
  const [extent] = reader.chunks;
  let numbers: UnpackedNumbers | undefined;
  let texts: string[] | undefined;
  for (let start = 0, chunk = 0; start < length || chunk === 0; start += extent, chunk++) {
    const values = part(await reader.read([chunk]), 0, Math.min(extent, length - start));
    if (isTexts(values)) {
      texts ??= [];
      for (const value of values) texts.push(value);
    } else {
      numbers ??= room.array(typeOf(values), values.BYTES_PER_ELEMENT, length);
      numbers.write(values, start);
    }
  }
  if (numbers === undefined) return { kind: 'texts', values: texts ?? [] };
  const kept = numbers;
  return { kind: 'numbers', read: (start, count) => kept.read(start, count) };
}

/**
 * Unpacks a dense matrix, keeping what is not zero: a matrix of counts takes the room of its entries, however many zeros it stores.
 * Whole rows of chunks are decoded at a time, as many of their rows as fit.
 */
export async function loadMatrix(
  reader: ChunkReader,
  [rows, columns]: readonly [number, number],
  room: UnpackedRoom,
): Promise<LoadedArray> {
  const [chunkRows, chunkColumns] = reader.chunks;
  const atOnce = Math.max(1, Math.min(chunkRows, Math.floor(room.memory / 8 / Math.max(1, columns * 8))));
  const blocks: MatrixBlock[] = [];
  for (let top = 0; top < rows; top += chunkRows) {
    for (let from = top; from < Math.min(rows, top + chunkRows); from += atOnce) {
      const to = Math.min(rows, top + chunkRows, from + atOnce);
      let dense: Numbers | undefined;
      for (let left = 0; left < columns; left += chunkColumns) {
        const values = await reader.read([top / chunkRows, left / chunkColumns]);
        if (isTexts(values)) return { kind: 'texts', values: [] };
        dense ??= new (values.constructor as new (length: number) => Numbers)((to - from) * columns);
        const width = Math.min(chunkColumns, columns - left);
        for (let row = from; row < to; row++) {
          const at = (row - top) * chunkColumns;
          dense.set(values.subarray(at, at + width), (row - from) * columns + left);
        }
      }
      if (dense !== undefined) blocks.push(new MatrixBlock(from, to - from, columns, dense, room));
    }
  }
  return { kind: 'matrix', read: (row, count) => readBlocks(blocks, row, count, columns) };
}

/** Consecutive rows of a dense matrix without their zeros. */
class MatrixBlock {
  readonly row: number;
  readonly rows: number;
  readonly #columns: number;
  readonly #starts: Uint32Array;
  readonly #places: UnpackedNumbers;
  readonly #values: UnpackedNumbers;
  readonly type: new (length: number) => Numbers;

  constructor(row: number, rows: number, columns: number, dense: Numbers, room: UnpackedRoom) {
    this.row = row;
    this.rows = rows;
    this.#columns = columns;
    this.type = dense.constructor as new (length: number) => Numbers;
    this.#starts = new Uint32Array(rows + 1);
    let entries = 0;
    for (const value of dense) if (value !== 0) entries++;
    const places = new Uint32Array(entries);
    const values = new this.type(entries);
    let at = 0;
    for (let r = 0; r < rows; r++) {
      for (let column = 0; column < columns; column++) {
        const value = dense[r * columns + column];
        if (value === 0) continue;
        places[at] = column;
        values[at++] = value;
      }
      this.#starts[r + 1] = at;
    }
    ({ columns: this.#places, values: this.#values } = room.append(places, values));
  }

  /** Puts rows `from .. to` (counted from the block's first) into a dense matrix, its first row at `target`. */
  fill(dense: Numbers, from: number, to: number, target: number): void {
    const first = this.#starts[from];
    const length = this.#starts[to] - first;
    const places = this.#places.read(first, length);
    const values = this.#values.read(first, length);
    for (let row = from; row < to; row++) {
      const offset = (target + row - from) * this.#columns;
      for (let entry = this.#starts[row] - first; entry < this.#starts[row + 1] - first; entry++)
        dense[offset + places[entry]] = values[entry];
    }
  }
}

function readBlocks(blocks: readonly MatrixBlock[], row: number, count: number, columns: number): Numbers {
  const type = blocks[0]?.type ?? Float32Array;
  const dense = new type(count * columns);
  for (const block of blocks) {
    const from = Math.max(row, block.row);
    const to = Math.min(row + count, block.row + block.rows);
    if (from < to) block.fill(dense, from - block.row, to - block.row, from - row);
  }
  return dense;
}

function part(values: ChunkValues, start: number, end: number): ChunkValues {
  return isTexts(values) ? values.slice(start, end) : values.subarray(start, end);
}

function isTexts(values: ChunkValues): values is readonly string[] {
  return Array.isArray(values);
}

function typeOf(values: Numbers): NumbersConstructor {
  return values.constructor as NumbersConstructor;
}
