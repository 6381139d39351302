import type { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { misuse, sizeOf } from '../port/contract';
import type { Releasable } from '../port/holdings';
import { NamedParameters } from '../port/named-parameters';
import type { CountsBatch, Dtype, ParameterSpec, Tensor } from '../port/tensor';

/** Bytes held by one engine; every storage adds itself and takes itself off when released. */
export interface Ledger {
  bytes: number;
  readonly live: Set<Releasable>;
}

/** Numbers of a tensor: float64 for `real`, 32-bit integers for `int32`. */
export class ReferenceTensor implements Tensor, Releasable {
  readonly size: number;
  readonly #ledger: Ledger;
  #data: Float64Array | Int32Array | undefined;

  constructor(
    ledger: Ledger,
    readonly shape: readonly number[],
    readonly dtype: Dtype,
  ) {
    this.size = sizeOf(shape);
    this.#data = dtype === 'real' ? new Float64Array(this.size) : new Int32Array(this.size);
    this.#ledger = ledger;
    ledger.bytes += this.#data.byteLength;
    ledger.live.add(this);
  }

  /** The numbers, or undefined once released. */
  get data(): Float64Array | Int32Array | undefined {
    return this.#data;
  }

  release(): void {
    if (this.#data === undefined) return;
    this.#ledger.bytes -= this.#data.byteLength;
    this.#ledger.live.delete(this);
    this.#data = undefined;
  }
}

/** Raw counts of a batch in CSR form, and their transform on the same sparsity pattern. */
export interface CountsData {
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  readonly counts: Float64Array;
  /** The encoder's input, f(x) of each stored entry; undefined until `transformCounts`. f(0) = 0 for every transform. */
  transformed: Float64Array | undefined;
}

export class ReferenceCounts implements CountsBatch, Releasable {
  readonly #ledger: Ledger;
  #rows = 0;
  #data: CountsData | undefined;

  constructor(
    ledger: Ledger,
    readonly capacity: number,
    readonly columns: number,
  ) {
    sizeOf([capacity, columns]);
    this.#ledger = ledger;
    this.#data = emptyCounts();
    ledger.bytes += byteLength(this.#data);
    ledger.live.add(this);
  }

  get rows(): number {
    return this.#rows;
  }

  /** The counts, or undefined once released. */
  get data(): CountsData | undefined {
    return this.#data;
  }

  fill(source: SparseRows): void {
    const old = this.#data;
    if (old === undefined) throw released('uploadCounts', 'batch');
    if (source.columns !== this.columns) {
      throw misuse('uploadCounts', `rows have ${source.columns} columns, the batch ${this.columns}`);
    }
    if (source.rows > this.capacity) throw misuse('uploadCounts', `${source.rows} rows do not fit a batch of capacity ${this.capacity}`);
    const stored = source.indptr[source.rows];
    const data: CountsData = {
      indptr: source.indptr.slice(0, source.rows + 1),
      indices: source.indices.slice(0, stored),
      counts: Float64Array.from(source.values.subarray(0, stored)),
      transformed: undefined,
    };
    for (const column of data.indices) {
      if (column >= this.columns) throw misuse('uploadCounts', `column ${column} of an entry is not below ${this.columns}`);
    }
    this.#ledger.bytes += byteLength(data) - byteLength(old);
    this.#rows = source.rows;
    this.#data = data;
  }

  release(): void {
    if (this.#data === undefined) return;
    this.#ledger.bytes -= byteLength(this.#data);
    this.#ledger.live.delete(this);
    this.#data = undefined;
  }
}

export class ReferenceParameters extends NamedParameters<ReferenceTensor> implements Releasable {
  constructor(ledger: Ledger, specs: readonly ParameterSpec[], trainable: boolean) {
    super(specs, trainable);
    for (const { name, shape } of specs) {
      const zeros = () => new ReferenceTensor(ledger, shape, 'real');
      const whenTrainable = () => (trainable ? zeros() : undefined);
      this.add(name, { value: zeros(), gradient: whenTrainable(), firstMoment: whenTrainable(), secondMoment: whenTrainable() });
    }
  }

  release(): void {
    for (const tensor of this.tensors()) tensor.release();
  }
}

function emptyCounts(): CountsData {
  return { indptr: new Uint32Array(1), indices: new Uint32Array(0), counts: new Float64Array(0), transformed: undefined };
}

function byteLength(data: CountsData): number {
  // The transform is counted from the start: it has one number for each stored count.
  return data.indptr.byteLength + data.indices.byteLength + 2 * data.counts.byteLength;
}

export function released(kernel: string, argument: string): CfgenError {
  return misuse(kernel, `${argument} was used after its release`);
}
