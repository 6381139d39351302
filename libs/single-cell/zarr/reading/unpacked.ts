import type { Numbers } from '../../hdf5/decoding';
import { TemporaryFile } from '../../temporary/temporary-file';
import type { WorkingRoom } from '../../temporary/working-room';

/** Arrays up to this many bytes stay in memory. */
const keptInMemory = 1 << 20;

/** Kinds of numbers an unpacked array can hold. */
export type NumbersConstructor = new (buffer: ArrayBuffer) => Numbers;

/** Where unpacked arrays are kept: small ones in memory, up to a share of it, the rest one after the other in a temporary file. */
export class UnpackedRoom {
  readonly #room: WorkingRoom;
  /** Bytes that may still be kept in memory: a matrix of many small chunks makes as many small arrays. */
  #left: number;
  #file: TemporaryFile | undefined;
  #end = 0;

  constructor(room: WorkingRoom) {
    this.#room = room;
    this.#left = room.memory / 16;
  }

  get memory(): number {
    return this.#room.memory;
  }

  /** Room for an array of a known size. */
  array(type: NumbersConstructor, elementBytes: number, length: number): UnpackedNumbers {
    const bytes = length * elementBytes;
    if (bytes <= Math.min(keptInMemory, this.#room.memory / 64, this.#left)) {
      this.#left -= bytes;
      return new UnpackedNumbers(type, elementBytes, new Uint8Array(bytes));
    }
    const start = this.#end;
    this.#end += bytes;
    this.#file ??= new TemporaryFile(this.#room.tempFolder);
    return new UnpackedNumbers(type, elementBytes, { file: this.#file, start });
  }

  /** Room for entries whose number is not known: batches of columns and values, in the order they come. */
  append(columns: Uint32Array, values: Numbers): { columns: UnpackedNumbers; values: UnpackedNumbers } {
    const place = this.array(Uint32Array, 4, columns.length);
    place.write(columns, 0);
    const type = values.constructor as NumbersConstructor;
    const kept = this.array(type, values.BYTES_PER_ELEMENT, values.length);
    kept.write(values, 0);
    return { columns: place, values: kept };
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** Numbers that were unpacked, read and written by ranges. */
export class UnpackedNumbers {
  readonly #type: NumbersConstructor;
  readonly #elementBytes: number;
  readonly #place: Uint8Array | { readonly file: TemporaryFile; readonly start: number };

  constructor(
    type: NumbersConstructor,
    elementBytes: number,
    place: Uint8Array | { readonly file: TemporaryFile; readonly start: number },
  ) {
    this.#type = type;
    this.#elementBytes = elementBytes;
    this.#place = place;
  }

  write(values: Numbers, at: number): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const offset = at * this.#elementBytes;
    if (this.#place instanceof Uint8Array) this.#place.set(bytes, offset);
    else this.#place.file.write(bytes, this.#place.start + offset);
  }

  /** A copy of the numbers `start .. start + length`. */
  read(start: number, length: number): Numbers {
    const bytes = new Uint8Array(length * this.#elementBytes);
    const offset = start * this.#elementBytes;
    if (this.#place instanceof Uint8Array) bytes.set(this.#place.subarray(offset, offset + bytes.length));
    else this.#place.file.read(bytes, this.#place.start + offset);
    return new this.#type(bytes.buffer);
  }
}
