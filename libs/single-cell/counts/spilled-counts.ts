import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { TemporaryFile } from '../temporary/temporary-file';
import { GatherBuffers } from './gather-buffers';
import type { OpenCountSource } from './closable-count-source';

/** Bytes written to the file at a time, unless a row is longer. */
const writeBuffer = 1 << 20;
/** Rows that lie closer together than this in the file are read in one go. */
const coalescedGap = 1 << 14;
const longestRead = 1 << 22;

/**
 * Writes rows to a temporary file, one after the other: the columns (2 bytes each when there are at most 65,536 features, otherwise 4),
 * then the counts (1, 2 or 4 bytes each, by the largest count of the row). Offsets and widths stay in memory: 9 bytes a row.
 */
export class SpilledCountsWriter {
  readonly #rows: number;
  readonly #columns: number;
  readonly #file: TemporaryFile;
  readonly #offsets: Float64Array;
  readonly #widths: Uint8Array;
  #buffer = new Uint8Array(writeBuffer);
  #filled = 0;
  #position = 0;
  #row = 0;

  constructor(rows: number, columns: number, tempFolder: string) {
    this.#rows = rows;
    this.#columns = columns;
    this.#offsets = new Float64Array(rows + 1);
    this.#widths = new Uint8Array(rows);
    this.#file = new TemporaryFile(tempFolder);
  }

  append(block: SparseRows): void {
    const columnWidth = this.#columns <= 65_536 ? 2 : 4;
    for (let row = 0; row < block.rows; row++) {
      const begin = block.indptr[row];
      const end = block.indptr[row + 1];
      let largest = 0;
      for (let entry = begin; entry < end; entry++) if (block.values[entry] > largest) largest = block.values[entry];
      const width = largest < 256 ? 1 : largest < 65_536 ? 2 : 4;
      this.#reserve((end - begin) * (columnWidth + width));
      this.#filled = putNumbers(this.#buffer, this.#filled, block.indices, begin, end, columnWidth);
      this.#filled = putNumbers(this.#buffer, this.#filled, block.values, begin, end, width);
      this.#widths[this.#row] = width;
      this.#offsets[++this.#row] = this.#position + this.#filled;
    }
  }

  finish(): SpilledCounts {
    this.#flush();
    return new SpilledCounts(this.#rows, this.#columns, this.#file, this.#offsets, this.#widths);
  }

  close(): void {
    this.#file.close();
  }

  /** Makes room for a row. */
  #reserve(bytes: number): void {
    if (this.#filled + bytes <= this.#buffer.length) return;
    this.#flush();
    if (bytes > this.#buffer.length) this.#buffer = new Uint8Array(bytes);
  }

  #flush(): void {
    this.#file.write(this.#buffer.subarray(0, this.#filled), this.#position);
    this.#position += this.#filled;
    this.#filled = 0;
  }
}

/** Writes whole numbers below 2^(8 width) from `at` on, little-endian. Returns where they end. */
function putNumbers(bytes: Uint8Array, at: number, numbers: Uint32Array | Float32Array, begin: number, end: number, width: number): number {
  for (let entry = begin; entry < end; entry++) {
    const value = numbers[entry];
    bytes[at++] = value;
    if (width === 1) continue;
    bytes[at++] = value >>> 8;
    if (width === 2) continue;
    bytes[at++] = value >>> 16;
    bytes[at++] = value >>> 24;
  }
  return at;
}

/** Counts in a temporary file, read row by row. */
export class SpilledCounts implements OpenCountSource {
  readonly kind = 'file';
  readonly rows: number;
  readonly columns: number;
  readonly #file: TemporaryFile;
  readonly #offsets: Float64Array;
  readonly #widths: Uint8Array;
  readonly #columnWidth: number;
  readonly #out = new GatherBuffers();
  #buffer = Buffer.alloc(0);

  constructor(rows: number, columns: number, file: TemporaryFile, offsets: Float64Array, widths: Uint8Array) {
    this.rows = rows;
    this.columns = columns;
    this.#file = file;
    this.#offsets = offsets;
    this.#widths = widths;
    this.#columnWidth = columns <= 65_536 ? 2 : 4;
  }

  gather(rows: Uint32Array): SparseRows {
    const indptr = new Uint32Array(rows.length + 1);
    for (const [i, row] of rows.entries()) {
      if (row >= this.rows) throw new CfgenError('INTERNAL', `row ${row} of ${this.rows} asked for`);
      indptr[i + 1] = indptr[i] + this.#entries(row);
    }
    const out = this.#out.for(rows.length, indptr[rows.length]);
    out.indptr.set(indptr);
    // In the order they lie in the file, so that neighbours come with one read.
    const order = Uint32Array.from(rows.keys()).sort((a, b) => rows[a] - rows[b]);
    for (let from = 0; from < order.length;) {
      const start = this.#offsets[rows[order[from]]];
      let to = from + 1;
      let end = this.#offsets[rows[order[from]] + 1];
      while (
        to < order.length &&
        this.#offsets[rows[order[to]]] - end <= coalescedGap &&
        this.#offsets[rows[order[to]] + 1] - start <= longestRead
      ) {
        end = this.#offsets[rows[order[to]] + 1];
        to++;
      }
      const bytes = this.#read(start, end - start);
      for (let i = from; i < to; i++) {
        const row = rows[order[i]];
        this.#unpack(bytes, this.#offsets[row] - start, row, out.indices, out.values, indptr[order[i]]);
      }
      from = to;
    }
    return { rows: rows.length, columns: this.columns, ...out };
  }

  close(): void {
    this.#file.close();
  }

  #entries(row: number): number {
    return (this.#offsets[row + 1] - this.#offsets[row]) / (this.#columnWidth + this.#widths[row]);
  }

  #read(position: number, length: number): Buffer {
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(Math.ceil(length * 1.25));
    const bytes = this.#buffer.subarray(0, length);
    this.#file.read(bytes, position);
    return bytes;
  }

  #unpack(bytes: Buffer, at: number, row: number, indices: Uint32Array, values: Float32Array, target: number): void {
    const entries = this.#entries(row);
    const columnWidth = this.#columnWidth;
    const width = this.#widths[row];
    const counts = at + entries * columnWidth;
    if (columnWidth === 2) for (let i = 0; i < entries; i++) indices[target + i] = bytes[at + 2 * i] | (bytes[at + 2 * i + 1] << 8);
    else for (let i = 0; i < entries; i++) indices[target + i] = bytes.readUInt32LE(at + 4 * i);
    if (width === 1) for (let i = 0; i < entries; i++) values[target + i] = bytes[counts + i];
    else if (width === 2) for (let i = 0; i < entries; i++) values[target + i] = bytes[counts + 2 * i] | (bytes[counts + 2 * i + 1] << 8);
    else for (let i = 0; i < entries; i++) values[target + i] = bytes.readUInt32LE(counts + 4 * i);
  }
}
