import { crc32 } from 'node:zlib';
import { FileSink } from '../../writing/hdf5/file-sink';

/** 1980-01-01, the first day a ZIP archive knows: times would make equal content differ. */
const firstDay = 0x0021;
const most16 = 0xffff;
const most32 = 0xffffffff;
/** Names are UTF-8. */
const utf8Flag = 0x0800;

/**
 * Writes a ZIP archive of stored entries front to back; 64-bit records appear where they are needed. Equal content gives equal bytes.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (version 6.3.10)
 */
export class ZipWriter {
  readonly #sink: FileSink;
  readonly #directory: Buffer[] = [];

  /** Creates or empties the file. Errors of the operating system come out as they are. */
  constructor(path: string) {
    this.#sink = new FileSink(path);
  }

  /** Adds a file; the bytes must not change afterwards. */
  add(name: string, bytes: Uint8Array): void {
    const encoded = Buffer.from(name, 'utf8');
    const at = this.#sink.position;
    const sum = crc32(bytes);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    writeShared(local, 4, sum, bytes.length, encoded.length);
    this.#sink.append(Buffer.concat([local, encoded]));
    this.#sink.append(bytes);
    this.#directory.push(centralHeader(encoded, sum, bytes.length, at));
  }

  /** Writes the list of files and closes the archive. */
  finish(): void {
    const start = this.#sink.position;
    for (const header of this.#directory) this.#sink.append(header);
    const length = this.#sink.position - start;
    const count = this.#directory.length;
    if (count >= most16 || start >= most32 || length >= most32) this.#end64(start, length, count);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(Math.min(count, most16), 8);
    end.writeUInt16LE(Math.min(count, most16), 10);
    end.writeUInt32LE(Math.min(length, most32), 12);
    end.writeUInt32LE(Math.min(start, most32), 16);
    this.#sink.append(end);
    this.#sink.close();
  }

  /** Closes the file as it is: no valid archive. */
  discard(): void {
    this.#sink.discard();
  }

  #end64(start: number, length: number, count: number): void {
    const at = this.#sink.position;
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(44n, 4);
    record.writeUInt16LE(45, 12);
    record.writeUInt16LE(45, 14);
    record.writeBigUInt64LE(BigInt(count), 24);
    record.writeBigUInt64LE(BigInt(count), 32);
    record.writeBigUInt64LE(BigInt(length), 40);
    record.writeBigUInt64LE(BigInt(start), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(at), 8);
    locator.writeUInt32LE(1, 16);
    this.#sink.append(Buffer.concat([record, locator]));
  }
}

/** Fields that both kinds of header have, from the version needed on. */
function writeShared(header: Buffer, at: number, sum: number, size: number, nameLength: number): void {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(utf8Flag, at + 2);
  header.writeUInt16LE(firstDay, at + 8);
  header.writeUInt32LE(sum, at + 10);
  header.writeUInt32LE(size, at + 14);
  header.writeUInt32LE(size, at + 18);
  header.writeUInt16LE(nameLength, at + 22);
}

function centralHeader(name: Buffer, sum: number, size: number, at: number): Buffer {
  const extra = at < most32 ? Buffer.alloc(0) : Buffer.alloc(12);
  if (extra.length > 0) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(at), 4);
  }
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(20, 4);
  writeShared(header, 6, sum, size, name.length);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(Math.min(at, most32), 42);
  return Buffer.concat([header, name, extra]);
}
