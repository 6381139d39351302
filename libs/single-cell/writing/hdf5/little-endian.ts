/** "No address" in an HDF5 file: all bits set. */
export const undefinedAddress = 0xffff_ffff_ffff_ffffn;

/** Bytes put together field by field, little-endian, as every structure of an HDF5 file is. */
export class FieldWriter {
  readonly #parts: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(...values: readonly number[]): this {
    return this.bytes(Uint8Array.from(values));
  }

  u16(value: number): this {
    const field = Buffer.alloc(2);
    field.writeUInt16LE(value);
    return this.bytes(field);
  }

  u32(value: number): this {
    const field = Buffer.alloc(4);
    field.writeUInt32LE(value);
    return this.bytes(field);
  }

  /** A length or an address: a whole number up to 2^53, or `undefinedAddress`. */
  u64(value: number | bigint): this {
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(BigInt(value));
    return this.bytes(field);
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#length += bytes.byteLength;
    return this;
  }

  ascii(text: string): this {
    return this.bytes(Buffer.from(text, 'latin1'));
  }

  zeros(count: number): this {
    return count === 0 ? this : this.bytes(Buffer.alloc(count));
  }

  /** Zeros up to the next multiple of `boundary` bytes. */
  align(boundary: number): this {
    return this.zeros((boundary - (this.#length % boundary)) % boundary);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}
