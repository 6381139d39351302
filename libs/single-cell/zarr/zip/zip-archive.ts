import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { CfgenError } from '@cfgen/contracts';

/** A file inside an archive. */
interface ZipEntry {
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  /** Checksum of its bytes. */
  readonly sum: number;
  /** Where its local header begins. */
  readonly at: number;
}

const endRecord = 0x06054b50;
const end64Locator = 0x07064b50;
const end64Record = 0x06064b50;
const centralHeader = 0x02014b50;
const localHeader = 0x04034b50;
/** The end record is 22 bytes and a comment of at most 65,535. */
const longestTail = 22 + 65_535;
/** Most bytes one entry may unpack to: a chunk, or a piece of metadata. */
const largestEntry = 2 ** 31 - 1;

/**
 * Reads entries of a ZIP archive, stored or deflated, with 64-bit sizes. Names are kept as they are and lead nowhere outside the archive.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (version 6.3.10)
 */
export class ZipArchive {
  readonly #name: string;
  readonly #fd: number;
  readonly #entries = new Map<string, ZipEntry>();
  readonly bytes: number;

  /** @param name what messages call it. @throws CfgenError INPUT_DAMAGED; errors of the operating system as they are */
  constructor(path: string, name: string) {
    this.#name = name;
    this.#fd = openSync(path, 'r');
    try {
      this.bytes = fstatSync(this.#fd).size;
      this.#readDirectory();
    } catch (cause) {
      closeSync(this.#fd);
      throw cause;
    }
  }

  /** Names of all files, as they are in the archive. */
  get names(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** The bytes of a file, in a buffer of their own; undefined when there is none. */
  read(name: string): Uint8Array | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const packed = this.#bytes(this.#dataAt(name, entry), entry.packed);
    const bytes = entry.method === 0 ? packed : this.#unpack(name, entry, packed);
    if (bytes.length === entry.size && crc32(bytes) === entry.sum) return bytes;
    throw this.#damaged(`${name} is not what it was when it was packed`);
  }

  /** Bytes `offset .. offset + length` of a file, fewer where it ends; a negative offset counts from the end. */
  readRange(name: string, offset: number, length: number): Uint8Array | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const start = Math.min(entry.size, offset < 0 ? Math.max(0, entry.size + offset) : offset);
    const end = Math.min(entry.size, start + length);
    if (entry.method === 0) return this.#bytes(this.#dataAt(name, entry) + start, end - start);
    return this.read(name)?.slice(start, end);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #unpack(name: string, { size }: ZipEntry, packed: Uint8Array): Uint8Array {
    if (size > largestEntry) throw this.#damaged(`${name} claims ${size.toLocaleString('en-US')} bytes`);
    try {
      return new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(1, size) }));
    } catch (cause) {
      throw this.#damaged(`${name} cannot be unpacked`, cause);
    }
  }

  #readDirectory(): void {
    const { start, length, count } = this.#directory();
    const directory = Buffer.from(this.#bytes(start, length).buffer);
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== centralHeader) throw this.#damaged('its list of files is broken');
      const nameLength = directory.readUInt16LE(at + 28);
      const extraLength = directory.readUInt16LE(at + 30);
      const next = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32);
      if (next > directory.length) throw this.#damaged('its list of files ends early');
      const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
      const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
      const method = directory.readUInt16LE(at + 10);
      const encrypted = (directory.readUInt16LE(at + 8) & 1) !== 0;
      if (!name.endsWith('/')) {
        if (encrypted || (method !== 0 && method !== 8)) throw this.#unsupported(name, encrypted, method);
        this.#entries.set(name, { method, sum: directory.readUInt32LE(at + 16), ...wide(directory, at, extra) });
      }
      at = next;
    }
  }

  #directory(): { start: number; length: number; count: number } {
    const from = Math.max(0, this.bytes - longestTail);
    const tail = Buffer.from(this.#bytes(from, this.bytes - from).buffer);
    for (let at = tail.length - 22; at >= 0; at--) {
      if (tail.readUInt32LE(at) !== endRecord) continue;
      const found = { start: tail.readUInt32LE(at + 16), length: tail.readUInt32LE(at + 12), count: tail.readUInt16LE(at + 10) };
      if (at < 20 || tail.readUInt32LE(at - 20) !== end64Locator) return this.#within(found);
      const record = Buffer.from(this.#bytes(Number(tail.readBigUInt64LE(at - 12)), 56).buffer);
      if (record.length < 56 || record.readUInt32LE(0) !== end64Record) throw this.#damaged('its 64-bit end record is missing');
      return this.#within({
        start: Number(record.readBigUInt64LE(48)),
        length: Number(record.readBigUInt64LE(40)),
        count: Number(record.readBigUInt64LE(32)),
      });
    }
    throw this.#damaged('its list of files is missing: it was cut short');
  }

  #within(directory: { start: number; length: number; count: number }): { start: number; length: number; count: number } {
    if (directory.start + directory.length <= this.bytes) return directory;
    throw this.#damaged('its list of files lies outside of it: it was cut short');
  }

  #dataAt(name: string, { at, packed }: ZipEntry): number {
    const header = Buffer.from(this.#bytes(at, 30).buffer);
    if (header.length < 30 || header.readUInt32LE(0) !== localHeader) throw this.#damaged(`${name} has no header`);
    const data = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (data + packed > this.bytes) throw this.#damaged(`${name} is cut short`);
    return data;
  }

  #bytes(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.bytes - position)));
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#fd, bytes, done, bytes.length - done, position + done);
      if (got === 0) throw this.#damaged('it is shorter than it was a moment ago');
      done += got;
    }
    return bytes;
  }

  #damaged(what: string, cause?: unknown): CfgenError {
    return new CfgenError('INPUT_DAMAGED', `${this.#name} is a damaged ZIP archive: ${what}`, {
      hint: 'copy or download the file again',
      details: { file: this.#name },
      cause,
    });
  }

  #unsupported(entry: string, encrypted: boolean, method: number): CfgenError {
    const how = encrypted ? 'encrypted' : `packed by method ${method}`;
    return new CfgenError('INPUT_UNSUPPORTED', `${this.#name}: ${entry} is ${how}, which is not read here`, {
      hint: 'pack the store anew, without compression: zip -0 -r cells.zarr.zip . (inside the store)',
      details: { file: this.#name },
    });
  }
}

/** Sizes and place of an entry: 32-bit, or in its 64-bit extra field where those are full. */
function wide(directory: Buffer, at: number, extra: Buffer): { packed: number; size: number; at: number } {
  const narrow = { packed: directory.readUInt32LE(at + 20), size: directory.readUInt32LE(at + 24), at: directory.readUInt32LE(at + 42) };
  for (let field = 0; field + 4 <= extra.length;) {
    const length = extra.readUInt16LE(field + 2);
    if (extra.readUInt16LE(field) === 1) {
      let next = field + 4;
      const take = (value: number): number => {
        if (value !== 0xffffffff || next + 8 > extra.length) return value;
        next += 8;
        return Number(extra.readBigUInt64LE(next - 8));
      };
      const size = take(narrow.size);
      const packed = take(narrow.packed);
      return { size, packed, at: take(narrow.at) };
    }
    field += 4 + length;
  }
  return narrow;
}
