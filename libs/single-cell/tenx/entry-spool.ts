import { TemporaryFile } from '../temporary/temporary-file';
import type { WorkingRoom } from '../temporary/working-room';
import type { EntryBatch } from '../matrix/row-store';

const batchEntries = 1 << 17;
const batchBytes = batchEntries * 12;

/** Keeps entries in the order they come: batches in memory, in a temporary file once they take more than an eighth of the memory given. */
export class EntrySpool {
  readonly #room: WorkingRoom;
  readonly #batches: EntryBatch[] = [];
  #current = emptyBatch();
  #file: TemporaryFile | undefined;
  #written = 0;
  length = 0;

  constructor(room: WorkingRoom) {
    this.#room = room;
  }

  add(row: number, column: number, value: number): void {
    const at = this.length % batchEntries;
    if (at === 0 && this.length > 0) this.#store();
    this.#current.rows[at] = row;
    this.#current.columns[at] = column;
    this.#current.values[at] = value;
    this.length++;
  }

  /** All entries, as they came. */
  *batches(): Generator<EntryBatch> {
    yield* this.#batches;
    for (let batch = 0; batch < this.#written; batch++) {
      const bytes = new Uint8Array(batchBytes);
      this.#file?.read(bytes, batch * batchBytes);
      yield views(bytes.buffer);
    }
    const rest = this.length - (this.#batches.length + this.#written) * batchEntries;
    const { rows, columns, values } = this.#current;
    yield { rows: rows.subarray(0, rest), columns: columns.subarray(0, rest), values: values.subarray(0, rest) };
  }

  close(): void {
    this.#file?.close();
    this.#batches.length = 0;
  }

  #store(): void {
    if (!this.#file && (this.#batches.length + 2) * batchBytes <= this.#room.memory / 8) {
      this.#batches.push(this.#current);
      this.#current = emptyBatch();
      return;
    }
    this.#file ??= new TemporaryFile(this.#room.tempFolder);
    this.#file.write(new Uint8Array(this.#current.rows.buffer), this.#written * batchBytes);
    this.#written++;
  }
}

function emptyBatch(): EntryBatch {
  return views(new ArrayBuffer(batchBytes));
}

function views(buffer: ArrayBuffer): EntryBatch {
  return {
    rows: new Uint32Array(buffer, 0, batchEntries),
    columns: new Uint32Array(buffer, batchEntries * 4, batchEntries),
    values: new Float32Array(buffer, batchEntries * 8, batchEntries),
  };
}
