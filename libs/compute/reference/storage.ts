import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import type { CountsBatch, Dtype, ParameterSet, ParameterSpec, Tensor } from '../port/tensor';

/** Bytes held by one engine; every storage adds itself and takes itself off when released. */
export interface Ledger {
  bytes: number;
  readonly live: Set<Releasable>;
}

export interface Releasable {
  release(): void;
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

interface Parameter {
  readonly value: ReferenceTensor;
  readonly gradient: ReferenceTensor | undefined;
  readonly firstMoment: ReferenceTensor | undefined;
  readonly secondMoment: ReferenceTensor | undefined;
}

export class ReferenceParameters implements ParameterSet, Releasable {
  readonly #parameters = new Map<string, Parameter>();

  constructor(
    ledger: Ledger,
    readonly specs: readonly ParameterSpec[],
    readonly trainable: boolean,
  ) {
    for (const { name, shape } of specs) {
      if (this.#parameters.has(name)) throw misuse('parameters', `name '${name}' occurs twice`);
      const zeros = () => new ReferenceTensor(ledger, shape, 'real');
      this.#parameters.set(name, {
        value: zeros(),
        gradient: trainable ? zeros() : undefined,
        firstMoment: trainable ? zeros() : undefined,
        secondMoment: trainable ? zeros() : undefined,
      });
    }
  }

  value(name: string): ReferenceTensor {
    return this.#parameter(name).value;
  }

  gradient(name: string): ReferenceTensor {
    return trainableOnly(this.#parameter(name).gradient, name);
  }

  firstMoment(name: string): ReferenceTensor {
    return trainableOnly(this.#parameter(name).firstMoment, name);
  }

  secondMoment(name: string): ReferenceTensor {
    return trainableOnly(this.#parameter(name).secondMoment, name);
  }

  release(): void {
    for (const { value, gradient, firstMoment, secondMoment } of this.#parameters.values()) {
      for (const tensor of [value, gradient, firstMoment, secondMoment]) tensor?.release();
    }
  }

  #parameter(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) {
      throw misuse('parameters', `no parameter '${name}'; there are ${this.specs.map((spec) => `'${spec.name}'`).join(', ')}`);
    }
    return parameter;
  }
}

function trainableOnly(tensor: ReferenceTensor | undefined, name: string): ReferenceTensor {
  if (tensor === undefined) throw misuse('parameters', `'${name}' has no gradient or moments: the set is not trainable`);
  return tensor;
}

function emptyCounts(): CountsData {
  return { indptr: new Uint32Array(1), indices: new Uint32Array(0), counts: new Float64Array(0), transformed: undefined };
}

function byteLength(data: CountsData): number {
  // The transform is counted from the start: it has one number for each stored count.
  return data.indptr.byteLength + data.indices.byteLength + 2 * data.counts.byteLength;
}

function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) throw misuse('tensor', `shape [${shape.join(', ')}] holds ${length}`);
    size *= length;
  }
  return size;
}

/** A call that breaks the contract of a kernel: a mistake in the calling code, never in a user's input. */
export function misuse(kernel: string, what: string): CfgenError {
  return new CfgenError('INTERNAL', `${kernel}: ${what}`);
}

export function released(kernel: string, argument: string): CfgenError {
  return misuse(kernel, `${argument} was used after its release`);
}
