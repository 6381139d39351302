import type { SparseRows } from '@cfgen/tensors';
import { NamedParameters } from '../port/named-parameters';
import type { CountsBatch, Dtype, ParameterSpec, Tensor } from '../port/tensor';
import { Arena } from './arena';
import type { KernelExports, Pointer } from './kernel-exports';
import { misuse, shapeText, sizeOf } from '../port/contract';

/** Memory of one engine with the account of what its storages hold. */
export interface Home {
  readonly arena: Arena;
  readonly exports: KernelExports;
  bytes: number;
}

function take(home: Home, bytes: number): Pointer {
  const pointer = home.arena.allocateZeros(bytes);
  home.bytes += Arena.pieceBytes(bytes);
  return pointer;
}

function giveBack(home: Home, pointer: Pointer, bytes: number): void {
  home.arena.free(pointer);
  home.bytes -= Arena.pieceBytes(bytes);
}

export class CompiledTensor implements Tensor {
  readonly size: number;

  private constructor(
    readonly home: Home,
    readonly shape: readonly number[],
    readonly dtype: Dtype,
    /** Address, 0 once released. */
    public pointer: Pointer,
    readonly ownsMemory: boolean,
  ) {
    this.size = sizeOf(shape);
  }

  static create(home: Home, shape: readonly number[], dtype: Dtype): CompiledTensor {
    return new CompiledTensor(home, shape, dtype, take(home, sizeOf(shape) * 4), true);
  }

  /** A tensor inside memory that somebody else holds. */
  static within(home: Home, shape: readonly number[], pointer: Pointer): CompiledTensor {
    return new CompiledTensor(home, shape, 'real', pointer, false);
  }

  release(): void {
    if (this.pointer === 0) return;
    if (!this.ownsMemory) throw misuse('release', `a tensor of shape ${shapeText(this.shape)} belongs to a parameter set`);
    giveBack(this.home, this.pointer, this.size * 4);
    this.pointer = 0;
  }
}

/** A batch in CSR form: row starts, columns, raw counts and their transform side by side. */
export class CompiledCounts implements CountsBatch {
  rows = 0;
  /** Whether `transformCounts` ran since the last upload. */
  transformed = false;
  /** Addresses, 0 once released. */
  indptr: Pointer;
  indices: Pointer = 0;
  values: Pointer = 0;
  inputs: Pointer = 0;
  #entries = 0;

  constructor(
    readonly home: Home,
    readonly capacity: number,
    readonly columns: number,
  ) {
    sizeOf([capacity, columns]);
    this.indptr = take(home, (capacity + 1) * 4);
    this.#makeRoom(1);
  }

  fill(rows: SparseRows): void {
    if (this.indptr === 0) throw misuse('uploadCounts', 'batch was used after its release');
    if (rows.columns !== this.columns) throw misuse('uploadCounts', `rows have ${rows.columns} columns, the batch ${this.columns}`);
    if (rows.rows > this.capacity) throw misuse('uploadCounts', `${rows.rows} rows do not fit a batch of capacity ${this.capacity}`);
    const entries = checkedEntries(rows);
    if (entries > this.#entries) {
      this.#freeEntries();
      // Batches differ a little in size: some room to spare saves most later moves.
      this.#makeRoom(Math.ceil(entries * 1.125));
    }
    const { arena, exports } = this.home;
    arena.u32.set(rows.indptr.subarray(0, rows.rows + 1), this.indptr / 4);
    arena.u32.set(rows.indices.subarray(0, entries), this.indices / 4);
    arena.f32.set(rows.values.subarray(0, entries), this.values / 4);
    const largest = exports.largest_index(this.indices, entries) >>> 0;
    if (entries > 0 && largest >= this.columns) {
      this.rows = 0;
      throw misuse('uploadCounts', `column ${largest} of an entry is not below ${this.columns}`);
    }
    this.rows = rows.rows;
    this.transformed = false;
  }

  release(): void {
    if (this.indptr === 0) return;
    this.#freeEntries();
    giveBack(this.home, this.indptr, (this.capacity + 1) * 4);
    this.indptr = 0;
  }

  #makeRoom(entries: number): void {
    this.#entries = entries;
    this.indices = take(this.home, entries * 4);
    this.values = take(this.home, entries * 4);
    this.inputs = take(this.home, entries * 4);
  }

  #freeEntries(): void {
    for (const pointer of [this.indices, this.values, this.inputs]) giveBack(this.home, pointer, this.#entries * 4);
    this.#entries = 0;
  }
}

/** Number of entries of a block of rows whose starts ascend and lie within its arrays. */
function checkedEntries(rows: SparseRows): number {
  let previous = rows.indptr[0];
  if (previous !== 0) throw misuse('uploadCounts', `indptr starts at ${previous}, must start at 0`);
  for (let row = 1; row <= rows.rows; row++) {
    const start = rows.indptr[row];
    if (start === undefined || start < previous) throw misuse('uploadCounts', `indptr does not ascend at row ${row}`);
    previous = start;
  }
  if (previous > rows.indices.length || previous > rows.values.length) {
    throw misuse('uploadCounts', `indptr ends at ${previous}, beyond ${Math.min(rows.indices.length, rows.values.length)} entries`);
  }
  return previous;
}

/** A stretch of parameters of one group, in elements of the flat buffer. */
export interface Segment {
  readonly group: string;
  readonly begin: number;
  readonly end: number;
}

/** One flat buffer each for values, gradients and moments; every parameter starts on a multiple of 64 bytes, gaps stay 0. */
export class CompiledParameters extends NamedParameters<CompiledTensor> {
  /** Elements of each buffer. */
  readonly count: number;
  readonly segments: readonly Segment[];
  /** Addresses of values, gradients, first and second moments; the last three 0 when not trainable. All 0 once released. */
  readonly buffers: [values: Pointer, gradients: Pointer, first: Pointer, second: Pointer] = [0, 0, 0, 0];

  constructor(
    readonly home: Home,
    specs: readonly ParameterSpec[],
    trainable: boolean,
  ) {
    super(specs, trainable);
    const begins: number[] = [];
    let count = 0;
    for (const { shape } of specs) {
      begins.push(count);
      count += Arena.pieceBytes(sizeOf(shape) * 4) / 4;
    }
    this.count = count;
    this.segments = segmentsOf(specs, begins, count);
    for (let i = 0; i < (trainable ? 4 : 1); i++) this.buffers[i] = take(home, count * 4);
    specs.forEach(({ name, shape }, i) => {
      const offset = (begins[i] ?? 0) * 4;
      const [value, gradient, firstMoment, secondMoment] = this.buffers.map((buffer) =>
        buffer === 0 ? undefined : CompiledTensor.within(home, shape, buffer + offset),
      );
      if (value !== undefined) this.add(name, { value, gradient, firstMoment, secondMoment });
    });
  }

  release(): void {
    if (this.buffers[0] === 0) return;
    for (const [i, buffer] of this.buffers.entries()) {
      if (buffer !== 0) giveBack(this.home, buffer, this.count * 4);
      this.buffers[i] = 0;
    }
    for (const tensor of this.tensors()) tensor.pointer = 0;
  }
}

function segmentsOf(specs: readonly ParameterSpec[], begins: readonly number[], count: number): Segment[] {
  const segments: { group: string; begin: number; end: number }[] = [];
  specs.forEach(({ group }, i) => {
    const end = begins[i + 1] ?? count;
    const last = segments.at(-1);
    if (last !== undefined && last.group === group) last.end = end;
    else segments.push({ group, begin: begins[i] ?? 0, end });
  });
  return segments;
}
