import { closeSync, openSync, writeSync } from 'node:fs';

const bufferBytes = 1 << 20;

/** A file that only grows: bytes in order, small pieces gathered; one place may be filled in at the end. */
export class FileSink {
  readonly #descriptor: number;
  /** Bytes before address 0. */
  readonly #before: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #position = 0;
  #open = true;

  /**
   * Creates or empties the file. Errors of the operating system come out as they are.
   * @param before bytes that stand before address 0
   */
  constructor(path: string, before: Uint8Array = new Uint8Array(0)) {
    this.#descriptor = openSync(path, 'w');
    this.#before = before.byteLength;
    writeFully(this.#descriptor, before, 0);
  }

  /** Address of the next byte. */
  get position(): number {
    return this.#position;
  }

  /** Appends bytes, which must not change afterwards. @returns their address. */
  append(bytes: Uint8Array): number {
    const address = this.#position;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.byteLength;
    this.#position += bytes.byteLength;
    if (this.#pendingBytes >= bufferBytes) this.#flush();
    return address;
  }

  /** Appends zeros up to the next multiple of 8, where structures of the format begin. */
  align(): void {
    const gap = (8 - (this.#position % 8)) % 8;
    if (gap > 0) this.append(new Uint8Array(gap));
  }

  /** Writes over bytes that were appended before. */
  overwrite(bytes: Uint8Array, address: number): void {
    this.#flush();
    writeFully(this.#descriptor, bytes, this.#before + address);
  }

  /** Hands everything to the operating system and closes the file. */
  close(): void {
    this.#flush();
    this.discard();
  }

  /** Closes the file without writing what is still held; a second call does nothing. */
  discard(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#pending = [];
    closeSync(this.#descriptor);
  }

  #flush(): void {
    if (this.#pendingBytes === 0) return;
    const bytes =
      this.#pending.length === 1 && this.#pending[0] !== undefined ? this.#pending[0] : Buffer.concat(this.#pending, this.#pendingBytes);
    writeFully(this.#descriptor, bytes, this.#before + this.#position - this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

/** A write may be cut short, by a nearly full disk for one: go on until everything is out or an error says why not. */
function writeFully(descriptor: number, bytes: Uint8Array, address: number): void {
  let at = 0;
  while (at < bytes.byteLength) at += writeSync(descriptor, bytes, at, bytes.byteLength - at, address + at);
}
