import type { SparseRows } from '@cfgen/tensors';
import { TemporaryFile } from '../temporary/temporary-file';
import type { WorkingRoom } from '../temporary/working-room';
import { RowBuilder } from './row-builder';
import { lastRowWithin } from './stored-matrix';

/** Entries of a matrix in any order: three arrays of one length. */
export interface EntryBatch {
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** Bytes of an entry in the temporary file: row, column (uint32), value (float32). */
const recordBytes = 12;

/** Bytes held for each entry of the bucket in use: its records, then its rows. */
const bytesPerBucketEntry = 32;

/**
 * Rows made from entries that come in another order (CSC, Matrix Market): in memory when they fit, otherwise in a temporary file cut into
 * buckets of neighbouring rows, each of which fits. Reading rows in order loads every bucket once.
 */
export class RowStore {
  readonly #offsets: Float64Array;
  readonly #columns: number;
  readonly #starts: Uint32Array;
  readonly #file: TemporaryFile | undefined;
  #bucket = -1;
  #indices = new Uint32Array(0);
  #values = new Float32Array(0);

  /**
   * @param perRow entries of each row, repeats and zeros included
   * @param batches all entries, exactly as many for each row as `perRow` says
   */
  constructor(perRow: Uint32Array, columns: number, batches: Iterable<EntryBatch>, room: WorkingRoom) {
    this.#columns = columns;
    this.#offsets = new Float64Array(perRow.length + 1);
    for (let row = 0; row < perRow.length; row++) this.#offsets[row + 1] = this.#offsets[row] + perRow[row];
    const entriesPerBucket = Math.max(1, Math.floor(room.memory / 4 / bytesPerBucketEntry));
    this.#starts = bucketStarts(this.#offsets, entriesPerBucket);
    if (this.#starts.length <= 2) {
      this.#fill(batches);
      return;
    }
    this.#file = new TemporaryFile(room.tempFolder);
    try {
      this.#spill(this.#file, batches, room.memory);
    } catch (cause) {
      this.#file.close();
      throw cause;
    }
  }

  readRows(start: number, end: number): SparseRows {
    const builder = new RowBuilder(end - start, this.#columns, Math.min(this.#offsets[end] - this.#offsets[start], 1 << 26));
    for (let row = start; row < end; row++) {
      const first = this.#load(row);
      builder.addRow(this.#indices, this.#values, this.#offsets[row] - first, this.#offsets[row + 1] - first);
    }
    return builder.finish();
  }

  /** Blocks end where a bucket ends, so that none is loaded twice. */
  blockEnd(start: number, memory: number): number {
    const rows = this.#offsets.length - 1;
    const bucketEnd = this.#starts[bucketOf(this.#starts, start) + 1] ?? rows;
    return Math.min(bucketEnd, lastRowWithin(this.#offsets, start, rows, Math.max(1, Math.floor(memory / bytesPerBucketEntry))));
  }

  close(): void {
    this.#file?.close();
  }

  /** Everything in memory. */
  #fill(batches: Iterable<EntryBatch>): void {
    const rows = this.#offsets.length - 1;
    this.#indices = new Uint32Array(this.#offsets[rows]);
    this.#values = new Float32Array(this.#offsets[rows]);
    this.#bucket = 0;
    const next = this.#offsets.slice();
    for (const { rows: row, columns, values } of batches) {
      for (let entry = 0; entry < row.length; entry++) {
        const at = next[row[entry]]++;
        this.#indices[at] = columns[entry];
        this.#values[at] = values[entry];
      }
    }
  }

  /** Every entry to the region of its bucket, through a buffer a bucket. */
  #spill(file: TemporaryFile, batches: Iterable<EntryBatch>, memory: number): void {
    const buckets = this.#starts.length - 1;
    const capacity = Math.max(16, Math.min(1 << 16, Math.floor(memory / 8 / buckets / recordBytes)));
    const buffers = new Uint32Array(buckets * capacity * 3);
    const filled = new Uint32Array(buckets);
    const positions = Float64Array.from(this.#starts.subarray(0, buckets), (row) => this.#offsets[row] * recordBytes);
    const bits = new Uint32Array(1);
    const asFloat = new Float32Array(bits.buffer);
    const flush = (bucket: number): void => {
      const from = bucket * capacity * 3;
      const bytes = new Uint8Array(buffers.buffer, from * 4, filled[bucket] * recordBytes);
      file.write(bytes, positions[bucket]);
      positions[bucket] += bytes.length;
      filled[bucket] = 0;
    };
    for (const { rows, columns, values } of batches) {
      for (let entry = 0; entry < rows.length; entry++) {
        const bucket = bucketOf(this.#starts, rows[entry]);
        asFloat[0] = values[entry];
        const at = (bucket * capacity + filled[bucket]) * 3;
        buffers[at] = rows[entry];
        buffers[at + 1] = columns[entry];
        buffers[at + 2] = bits[0];
        if (++filled[bucket] === capacity) flush(bucket);
      }
    }
    for (let bucket = 0; bucket < buckets; bucket++) flush(bucket);
  }

  /** Loads the bucket of a row unless it is loaded; returns the entry its arrays start at. */
  #load(row: number): number {
    const bucket = this.#file ? bucketOf(this.#starts, row) : 0;
    const startRow = this.#starts[bucket] ?? 0;
    const first = this.#offsets[startRow];
    if (!this.#file || bucket === this.#bucket) return first;
    const endRow = this.#starts[bucket + 1];
    const entries = this.#offsets[endRow] - first;
    const records = new Uint32Array(entries * 3);
    this.#file.read(new Uint8Array(records.buffer), first * recordBytes);
    const floats = new Float32Array(records.buffer);
    this.#indices = new Uint32Array(entries);
    this.#values = new Float32Array(entries);
    const next = Float64Array.from(this.#offsets.subarray(startRow, endRow), (offset) => offset - first);
    for (let record = 0; record < records.length; record += 3) {
      const at = next[records[record] - startRow]++;
      this.#indices[at] = records[record + 1];
      this.#values[at] = floats[record + 2];
    }
    this.#bucket = bucket;
    return first;
  }
}

/** First row of every bucket, then the number of rows. */
function bucketStarts(offsets: Float64Array, entries: number): Uint32Array {
  const rows = offsets.length - 1;
  const starts = [0];
  for (let row = 0; row < rows;) {
    row = lastRowWithin(offsets, row, rows, entries);
    starts.push(row);
  }
  return Uint32Array.from(starts);
}

function bucketOf(starts: Uint32Array, row: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
