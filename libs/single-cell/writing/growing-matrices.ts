import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { arrayEncoding, encoding } from './anndata-elements';
import { bytesOf, typeOfArray, type ArrayStore, type GrowingArray } from './array-store';

/** Beyond this many non-zeros a 32-bit row pointer would overflow. */
const mostInInt32 = 2 ** 31 - 1;

/** Counts in CSR form, appended block by block. */
export class SparseMatrix {
  readonly #store: ArrayStore;
  readonly #path: string;
  readonly #columns: number;
  readonly #integers: boolean;
  readonly #indices: GrowingArray;
  readonly #data: GrowingArray;
  /** Non-zeros before each row; float64 is exact far beyond any file. */
  #starts = new Float64Array(1024);
  #rows = 0;

  constructor(store: ArrayStore, path: string, columns: number, dtype: 'float32' | 'int32') {
    this.#store = store;
    this.#path = path;
    this.#columns = columns;
    this.#integers = dtype === 'int32';
    this.#data = store.growing(`${path}/data`, this.#integers ? { kind: 'integer', bytes: 4, signed: true } : { kind: 'float', bytes: 4 });
    this.#indices = store.growing(`${path}/indices`, { kind: 'integer', bytes: 4, signed: true });
  }

  get rows(): number {
    return this.#rows;
  }

  /** Entries that fit before a chunk is full. */
  get room(): number {
    return this.#indices.room;
  }

  /** Appends rows. @throws CfgenError REQUEST_INVALID for another width, or for what is no sound CSR; nothing is appended then. */
  async append({ rows, columns, indptr, indices, values }: SparseRows): Promise<void> {
    if (columns !== this.#columns)
      throw new CfgenError('REQUEST_INVALID', `Rows have ${columns} columns, but the file has ${this.#columns} features.`);
    checkRows({ rows, columns, indptr, indices, values });
    const before = this.#indices.elements;
    this.#reserve(this.#rows + rows + 1);
    for (let row = 0; row < rows; row += 1) this.#starts[this.#rows + row + 1] = before + indptr[row + 1];
    this.#rows += rows;
    const total = indptr[rows];
    const data = this.#integers ? Int32Array.from(values.subarray(0, total)) : values;
    // Both arrays reach the end of a chunk together: their chunks take turns in the file whatever the size of the block.
    for (let at = 0; at < total;) {
      const end = Math.min(total, at + this.#indices.room);
      await this.#indices.append(bytesOf(indices.subarray(at, end)));
      await this.#data.append(bytesOf(data.subarray(at, end)));
      at = end;
    }
  }

  /** Writes the row pointers and ends the matrix. */
  async complete(): Promise<void> {
    const starts = this.#starts.subarray(0, this.#rows + 1);
    const total = this.#indices.elements;
    const indptr = total > mostInInt32 ? BigInt64Array.from(starts, BigInt) : Int32Array.from(starts);
    const pointers = this.#store.growing(`${this.#path}/indptr`, typeOfArray(indptr));
    await pointers.append(bytesOf(indptr));
    await this.#data.complete();
    await this.#indices.complete();
    await pointers.complete();
    this.#store.group(this.#path, {
      ...encoding('csr_matrix', '0.1.0'),
      shape: BigInt64Array.of(BigInt(this.#rows), BigInt(this.#columns)),
    });
  }

  #reserve(length: number): void {
    if (length <= this.#starts.length) return;
    const grown = new Float64Array(Math.max(length, 2 * this.#starts.length));
    grown.set(this.#starts);
    this.#starts = grown;
  }
}

/** Readers trust the structure of a CSR matrix and crash on a broken one, so none is written. @throws CfgenError REQUEST_INVALID */
export function checkRows({ rows, columns, indptr, indices, values }: SparseRows): void {
  let sound = indptr.length > rows && indptr[0] === 0;
  for (let row = 0; sound && row < rows; row += 1) sound = indptr[row] <= indptr[row + 1];
  const total = indptr[rows];
  sound &&= indices.length >= total && values.length >= total;
  for (let at = 0; sound && at < total; at += 1) sound = indices[at] < columns;
  if (!sound) throw new CfgenError('REQUEST_INVALID', `A block of ${rows} sparse rows with ${columns} columns is not sound CSR.`);
}

/** A dense float32 matrix, appended row by row. */
export class DenseMatrix {
  readonly #columns: number;
  readonly #values: GrowingArray;

  constructor(store: ArrayStore, path: string, columns: number) {
    this.#columns = columns;
    this.#values = store.growing(path, { kind: 'float', bytes: 4 }, [columns], arrayEncoding);
  }

  get rows(): number {
    return this.#columns === 0 ? 0 : this.#values.elements / this.#columns;
  }

  /** Numbers that fit before a chunk is full. */
  get room(): number {
    return this.#values.room;
  }

  /** Appends rows, row-major. @throws CfgenError REQUEST_INVALID where the numbers make no whole rows. */
  async append(values: Float32Array): Promise<void> {
    if (this.#columns === 0 ? values.length > 0 : values.length % this.#columns !== 0) {
      throw new CfgenError('REQUEST_INVALID', `${values.length} numbers do not make whole rows of ${this.#columns} features.`);
    }
    await this.#values.append(bytesOf(values));
  }

  complete(): Promise<void> {
    return this.#values.complete();
  }
}
