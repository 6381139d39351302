import { lgamma } from '@cfgen/math';
import type { SparseRows } from '@cfgen/tensors';
import type { CountsBatch } from '../port/tensor';
import { misuse, sizeOf } from '../port/contract';
import type { Value } from './operations';
import type { Home } from './storage';

/** Stored counts of a batch on the device, one number an entry. */
export interface Entries {
  readonly count: number;
  /** Raw counts [E]. */
  readonly counts: Value;
  /** Place in the flattened batch [E], row [E] and column [E]. */
  readonly places: Value;
  readonly rows: Value;
  readonly columns: Value;
}

/**
 * A batch: its entries, and dense matrices [B, G] made of them on the device. TensorFlow multiplies a dense matrix of counts faster than a
 * sparse one; only the entries are transferred.
 */
export class DeviceCounts implements CountsBatch {
  rows = 0;
  released = false;
  #source: SparseRows = { rows: 0, columns: 0, indptr: new Uint32Array(1), indices: new Uint32Array(0), values: new Float32Array(0) };
  #kept = new Map<string, Value>();
  #bytes = 0;

  constructor(
    readonly home: Home,
    readonly capacity: number,
    readonly columns: number,
  ) {
    sizeOf([capacity, columns]);
    this.#account(capacity * 4);
  }

  fill(source: SparseRows): void {
    if (this.released) throw misuse('uploadCounts', 'batch was used after its release');
    if (source.columns !== this.columns) throw misuse('uploadCounts', `rows have ${source.columns} columns, the batch ${this.columns}`);
    if (source.rows > this.capacity) throw misuse('uploadCounts', `${source.rows} rows do not fit a batch of capacity ${this.capacity}`);
    const entries = source.indptr[source.rows];
    const indices = source.indices.slice(0, entries);
    for (const column of indices) {
      if (column >= this.columns) throw misuse('uploadCounts', `column ${column} of an entry is not below ${this.columns}`);
    }
    this.#forget();
    this.#source = {
      rows: source.rows,
      columns: source.columns,
      indptr: source.indptr.slice(0, source.rows + 1),
      indices,
      values: source.values.slice(0, entries),
    };
    this.rows = source.rows;
    this.#account(this.capacity * 4 + entries * 20);
  }

  /** Undefined for a batch without any stored count. */
  get entries(): Entries | undefined {
    const { indptr, indices, values } = this.#source;
    const count = values.length;
    if (count === 0) return undefined;
    const int = (name: string, of: () => Int32Array) => this.#once(name, () => this.#tf.tensor(of(), [count], 'int32'));
    const rowOf = () => Int32Array.from(rowNumbers(indptr, count));
    return {
      count,
      counts: this.#once('counts', () => this.#tf.tensor(values.slice(), [count], 'float32')),
      places: int('places', () => rowNumbers(indptr, count).map((row, e) => row * this.columns + indices[e])),
      rows: int('rows', rowOf),
      columns: int('columns', () => Int32Array.from(indices)),
    };
  }

  /** Raw counts [B, G]. */
  get dense(): Value {
    return this.#once('dense', () => this.spread(this.entries?.counts));
  }

  /** 1 where a count is above 0, else 0, [B, G]. */
  get presence(): Value {
    return this.#once('presence', () => {
      const { values } = this.#source;
      const present = values.map((value) => (value > 0 ? 1 : 0));
      return this.spread(values.length === 0 ? undefined : this.#tf.tensor(present, [values.length], 'float32'));
    });
  }

  /** Sums of the counts of each row [B, 1]. */
  get totals(): Value {
    return this.#once('totals', () => this.#byRow((count) => count));
  }

  /** Sums of ln x! of each row [B, 1]. */
  get logFactorials(): Value {
    return this.#once('log factorials', () => this.#byRow(logFactorial));
  }

  /** The encoder's input [B, G]; undefined since the last upload until `transformCounts`. */
  get inputs(): Value | undefined {
    return this.#kept.get('inputs');
  }

  setInputs(make: () => Value): void {
    this.#kept.get('inputs')?.dispose();
    this.#kept.delete('inputs');
    this.#once('inputs', make);
  }

  /** A matrix [B, G] with one number for each entry [E] in its place, else 0. */
  spread(values: Value | undefined): Value {
    const tf = this.#tf;
    const { entries } = this;
    const { rows, columns } = this;
    if (values === undefined || entries === undefined) return tf.zeros([rows, columns]);
    const places = tf.reshape(entries.places, [entries.count, 1]);
    return tf.reshape(tf.scatterND(places, values, [rows * columns]), [rows, columns]);
  }

  release(): void {
    if (this.released) return;
    this.#forget();
    this.#account(0);
    this.released = true;
  }

  get #tf() {
    return this.home.device.operations;
  }

  #byRow(term: (count: number) => number): Value {
    const { rows, indptr, values } = this.#source;
    const sums = new Float64Array(rows);
    for (let r = 0; r < rows; r++) {
      for (let e = indptr[r]; e < indptr[r + 1]; e++) sums[r] += term(values[e]);
    }
    return this.#tf.tensor(Float32Array.from(sums), [rows, 1], 'float32');
  }

  /** Makes an array at its first use after an upload and keeps it until the next. */
  #once(name: string, make: () => Value): Value {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const made = this.#tf.keep(this.#tf.tidy(make));
    this.#kept.set(name, made);
    return made;
  }

  #forget(): void {
    for (const value of this.#kept.values()) value.dispose();
    this.#kept.clear();
  }

  #account(bytes: number): void {
    this.home.bytes += bytes - this.#bytes;
    this.#bytes = bytes;
  }
}

function rowNumbers(indptr: ArrayLike<number>, entries: number): Int32Array {
  const rows = new Int32Array(entries);
  for (let r = 0; r + 1 < indptr.length; r++) rows.fill(r, indptr[r], indptr[r + 1]);
  return rows;
}

const smallFactorials = Float64Array.from({ length: 256 }, (_, x) => lgamma(x + 1));

function logFactorial(x: number): number {
  return smallFactorials[x] ?? lgamma(x + 1);
}
