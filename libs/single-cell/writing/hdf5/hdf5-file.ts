import { CfgenError } from '@cfgen/contracts';
import { typeOfArray, type Attributes, type AttributeValue, type NumericArray } from '../array-store';
import type { Compression } from '../chunks-in-order';
import { ChunkedArray } from './chunked-array';
import { ChunkPipeline } from './chunk-pipeline';
import { elementBytes, type Hdf5Type } from './datatype';
import { FileSink } from './file-sink';
import { FieldWriter, undefinedAddress } from './little-endian';
import { datasetHeader, groupHeader, mostMessageBytes, type AttributeRecord, type StoredArray } from './object-header';
import { writeStrings } from './string-heap';

/** An object of the file whose numbers are written and whose header is not yet. */
export type Hdf5Node = DatasetNode | GroupNode;

export interface DatasetNode extends StoredArray {
  readonly kind: 'dataset';
  readonly attributes: Attributes;
}

export interface GroupNode {
  readonly kind: 'group';
  readonly attributes: Attributes;
  readonly children: Readonly<Record<string, Hdf5Node>>;
}

/** Bytes of the superblock, which is filled in last. */
const superblockBytes = 96;
/** The smallest block of foreign bytes that may stand in front. */
const userBlockBytes = 512;
/** Arrays below this stay in one piece: compression would gain nothing worth its index. */
const smallestCompressed = 1024;

/**
 * An HDF5 file that is written once, front to back: numbers as they come, then strings, then headers, then the
 * superblock that makes it valid. Holds nothing but data: no times, no free space, so equal content gives equal bytes.
 *
 * Format: HDF5 File Format Specification 3.0 in its oldest forms (superblock 0, version 1 headers and B-trees; links in
 * the group's header), which every HDF5 since 1.8 reads.
 */
export class Hdf5File {
  readonly #sink: FileSink;
  readonly #userBlock: number;
  readonly #pipeline: ChunkPipeline;
  readonly #gzipLevel: number | undefined;

  /**
   * Errors of the operating system come out as they are.
   * @param compression undefined for none
   * @param creator text in front of the file, where programs look for who wrote it; at most 511 bytes
   */
  constructor(path: string, compression: Compression | undefined, creator?: string) {
    this.#userBlock = creator === undefined ? 0 : userBlockBytes;
    const front = Buffer.alloc(this.#userBlock);
    front.write(creator ?? '');
    this.#sink = new FileSink(path, front);
    this.#gzipLevel = compression?.level;
    this.#pipeline = new ChunkPipeline(this.#sink, compression);
    this.#sink.append(new Uint8Array(superblockBytes));
  }

  /** Begins a data set that grows along its first axis; `rest` are the lengths of the others, `elements` the size of a chunk. */
  growing(type: Hdf5Type, rest: readonly number[] = [], elements?: number): ChunkedArray {
    return new ChunkedArray(this.#pipeline, type, rest, elements);
  }

  /** Ends a growing data set. */
  async complete(array: ChunkedArray, attributes: Attributes = {}): Promise<DatasetNode> {
    await array.flush();
    await this.#pipeline.drain();
    return { kind: 'dataset', ...array.store(this.#sink, this.#gzipLevel), attributes };
  }

  /** Writes numbers; `shape` `[]` is a scalar. */
  numbers(values: NumericArray, shape: readonly number[], attributes: Attributes = {}): Promise<DatasetNode> {
    return this.#fixed(typeOfArray(values), new Uint8Array(values.buffer, values.byteOffset, values.byteLength), shape, attributes);
  }

  /** Writes truth values, 0 or 1 a byte. */
  booleans(values: Uint8Array, shape: readonly number[], attributes: Attributes = {}): Promise<DatasetNode> {
    return this.#fixed({ kind: 'boolean' }, values, shape, attributes);
  }

  /** Writes UTF-8 strings. */
  strings(values: readonly string[], shape: readonly number[], attributes: Attributes = {}): Promise<DatasetNode> {
    return this.#fixed({ kind: 'string' }, writeStrings(this.#sink, values), shape, attributes);
  }

  /** Writes all headers and the superblock, and closes the file. */
  finish(root: GroupNode): void {
    const address = this.#writeHeaders(root);
    this.#sink.align();
    const superblock = new FieldWriter()
      .u8(0x89)
      .ascii('HDF\r\n\x1a\n')
      // Versions; 8-byte offsets and lengths; K of groups (4, 16), which no group here uses.
      .u8(0, 0, 0, 0, 0, 8, 8, 0)
      .u16(4)
      .u16(16)
      .u32(0)
      // All other addresses count from behind the block in front; the end of the file alone counts from its start.
      .u64(this.#userBlock)
      .u64(undefinedAddress)
      .u64(this.#userBlock + this.#sink.position)
      .u64(undefinedAddress)
      .u64(0)
      .u64(address)
      .zeros(24);
    this.#sink.overwrite(superblock.finish(), 0);
    this.#sink.close();
  }

  /** Closes the file as it is: not valid. */
  discard(): void {
    this.#sink.discard();
  }

  async #fixed(type: Hdf5Type, bytes: Uint8Array, shape: readonly number[], attributes: Attributes): Promise<DatasetNode> {
    const [, ...rest] = shape;
    if (this.#gzipLevel !== undefined && shape.length > 0 && bytes.byteLength >= smallestCompressed) {
      const array = this.growing(type, rest);
      await array.append(bytes);
      return this.complete(array, attributes);
    }
    this.#sink.align();
    // Nothing is allocated for no elements. The bytes are copied: they stay the caller's.
    const address = bytes.byteLength === 0 ? undefinedAddress : this.#sink.append(bytes.slice());
    return { kind: 'dataset', type, shape, layout: { kind: 'contiguous', address, bytes: bytes.byteLength }, attributes };
  }

  /** Strings of all attributes first, then headers from the leaves up, since a group needs the addresses of its members. */
  #writeHeaders(root: GroupNode): number {
    const texts: string[] = [];
    visit(root, (node) => {
      for (const value of Object.values(node.attributes)) texts.push(...textsOf(value));
    });
    const references = writeStrings(this.#sink, texts);
    let used = 0;
    const nextReferences = (count: number): Buffer => {
      const start = used;
      used += count * elementBytes({ kind: 'string' });
      return references.subarray(start, used);
    };
    const addresses = new Map<Hdf5Node, number>();
    visit(root, (node) => {
      const attributes = Object.entries(node.attributes).map(([name, value]) => attributeRecord(name, value, nextReferences));
      this.#sink.align();
      const header =
        node.kind === 'dataset'
          ? datasetHeader(node, attributes)
          : groupHeader(
              Object.entries(node.children).map(([name, child]) => ({ name, address: addresses.get(child) ?? 0 })),
              attributes,
            );
      addresses.set(node, this.#sink.append(header));
    });
    return addresses.get(root) ?? 0;
  }
}

/** Every node, members before their group. */
function visit(node: Hdf5Node, action: (node: Hdf5Node) => void): void {
  if (node.kind === 'group') for (const child of Object.values(node.children)) visit(child, action);
  action(node);
}

function textsOf(value: AttributeValue): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

function attributeRecord(name: string, value: AttributeValue, references: (count: number) => Buffer): AttributeRecord {
  if (typeof value === 'boolean') return { name, type: { kind: 'boolean' }, shape: [], bytes: Uint8Array.of(value ? 1 : 0) };
  if (typeof value === 'string') return { name, type: { kind: 'string' }, shape: [], bytes: references(1) };
  if (typeof value === 'number' || value instanceof BigInt64Array) {
    const numbers = typeof value === 'number' ? BigInt64Array.of(BigInt(value)) : value;
    return {
      name,
      type: typeOfArray(numbers),
      shape: typeof value === 'number' ? [] : [numbers.length],
      bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
    };
  }
  const bytes = references(value.length);
  if (bytes.byteLength + 256 > mostMessageBytes) {
    throw new CfgenError(
      'REQUEST_INVALID',
      `The list ${JSON.stringify(name)} of ${value.length} names is too long for an attribute of an HDF5 file.`,
      {
        hint: 'Keep a table to about 4,000 columns.',
      },
    );
  }
  return { name, type: { kind: 'string' }, shape: [value.length], bytes };
}
