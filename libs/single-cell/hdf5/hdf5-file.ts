import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { damagedFile, implausibleSize, missingPart } from '../array-file/failures';
import { Hdf5Failure, Hdf5Library, type Hdf5Functions } from './hdf5-library';
import { filterAvailable, filterName } from './filter-plugins';
import { kindOf, type Hdf5Array } from './hdf5-array';
import { openingError } from './opening-error';
import { outsideFile, resolvePath, type Entry, type LinkReader } from './resolve-path';
import { decodeNumbers, decodeStrings, type DecodedStrings, type Numbers } from './decoding';

export type AttributeValue = string | number | boolean | string[] | Numbers | undefined;

/** Longest read in one call, bytes: bounds what a damaged size can make the library allocate. */
const longestRead = 1 << 30;

/**
 * An HDF5 file open for reading. Paths are absolute and without a leading slash (`obs/_index`).
 * Every failure of the library becomes `INPUT_DAMAGED` naming file and part. Links to other files are refused, never followed.
 */
export class Hdf5File {
  readonly name: string;
  readonly bytes: number;
  readonly #library: Hdf5Library;
  readonly #id: bigint;
  /** Group that paths start at; empty for the root. */
  readonly #start: string;
  readonly #members = new Map<string, readonly string[]>();
  readonly #entries = new Map<string, Entry | undefined>();
  readonly #attributes = new Map<string, readonly string[]>();

  private constructor(library: Hdf5Library, id: bigint, name: string, bytes: number, start = '') {
    this.#library = library;
    this.#id = id;
    this.#start = start;
    this.name = name;
    this.bytes = bytes;
  }

  /**
   * @param path a file whose first bytes are the HDF5 signature
   * @param name how to call it in messages (the name the user gave)
   */
  static async open(path: string, name = basename(path)): Promise<Hdf5File> {
    const full = resolve(path);
    const library = await Hdf5Library.start(full);
    try {
      const id = library.call((hdf5) => hdf5.open(full, 0, false, -1, -1));
      if (id < 0n) throw new Hdf5Failure('the file cannot be opened', false);
      const file = new Hdf5File(library, id, name, statSync(full).size);
      file.members('');
      return file;
    } catch (cause) {
      library.stop();
      if (cause instanceof CfgenError) throw cause;
      throw openingError(cause, name);
    }
  }

  /** Bytes of WebAssembly memory in use for this file. */
  get heapBytes(): number {
    return this.#library.heapBytes;
  }

  /**
   * The same open file seen from one of its groups: paths start there, links still lead anywhere in the file. Closing either closes both.
   * @param name what messages call it
   */
  within(group: string, name: string): Hdf5File {
    return new Hdf5File(this.#library, this.#id, name, this.bytes, this.#at(group));
  }

  /** Names in a group, in the library's order. */
  members(group: string): readonly string[] {
    return this.#membersOf(this.#at(group));
  }

  #membersOf(group: string): readonly string[] {
    const known = this.#members.get(group);
    if (known) return known;
    const names = this.#call(group || 'the root group', (hdf5) => hdf5.get_names(this.#id, absolute(group), false));
    this.#members.set(group, names);
    return names;
  }

  /** What lies at a path; undefined when nothing does. Soft links inside the file are followed. */
  kind(path: string): 'group' | 'array' | undefined {
    return this.#entry(this.#at(path))?.kind;
  }

  /** Names of the attributes of a group or dataset. */
  attributeNames(path: string): readonly string[] {
    const at = this.#require(this.#at(path));
    const known = this.#attributes.get(at.path);
    if (known) return known;
    const names = this.#call(path, (hdf5) => hdf5.get_attribute_names(this.#id, absolute(at.path)));
    this.#attributes.set(at.path, names);
    return names;
  }

  /** Value of an attribute; undefined when there is none, when it is empty, or when its type is none of numbers, booleans, text. */
  attribute(path: string, name: string): AttributeValue {
    if (!this.attributeNames(path).includes(name)) return undefined;
    const at = absolute(this.#require(this.#at(path)).path);
    const what = `attribute ${name} of ${path || 'the root'}`;
    const metadata = this.#call(what, (hdf5) => hdf5.get_attribute_metadata(this.#id, at, name));
    const kind = kindOf(metadata);
    if (metadata.shape === null || kind === 'compound' || kind === 'other') return undefined;
    const bytes = metadata.size * metadata.total_size;
    if (bytes > this.bytes + (1 << 24)) throw this.damaged(`${what} claims ${bytes.toLocaleString('en-US')} bytes`);
    return this.#call(what, (hdf5) => {
      const pointer = allocate(hdf5, bytes);
      try {
        if (hdf5.get_attribute_data(this.#id, at, name, BigInt(pointer)) < 0) throw new Hdf5Failure('read failed', false);
        if (kind === 'string') {
          const { values } = decodeStrings(hdf5.HEAPU8, pointer, metadata, metadata.total_size);
          if (metadata.vlen) hdf5.reclaim_vlen_memory(this.#id, at, name, BigInt(pointer));
          return metadata.shape?.length === 0 ? values[0] : values;
        }
        const values = decodeNumbers(hdf5.HEAPU8.slice(pointer, pointer + bytes), metadata);
        if (metadata.shape?.length !== 0) return values;
        return kind === 'boolean' ? values[0] !== 0 : values[0];
      } finally {
        hdf5._free(pointer);
      }
    });
  }

  /** Attribute that must be text to mean anything, such as `encoding-type`. */
  textAttribute(path: string, name: string): string | undefined {
    const value = this.attribute(path, name);
    return typeof value === 'string' ? value : undefined;
  }

  /** The dataset at a path, refused when it claims more than the file can hold or needs a filter that is missing. */
  array(path: string): Hdf5Array {
    const at = this.#require(this.#at(path));
    if (at.kind !== 'array') throw this.damaged(`${path} is a group where values are expected`);
    const metadata = this.#call(path, (hdf5) => hdf5.get_dataset_metadata(this.#id, absolute(at.path)));
    if (metadata.virtual_sources && metadata.virtual_sources.length > 0)
      throw outsideFile(this.name, path, metadata.virtual_sources[0]?.file_name);
    const chunks = metadata.chunks && metadata.chunks.length === metadata.shape?.length ? metadata.chunks : undefined;
    return { path: at.path, kind: kindOf(metadata), shape: metadata.shape ?? [], chunks, elementBytes: metadata.size, metadata };
  }

  /** Numbers of a box of a dataset (row-major), whatever their stored type or byte order. */
  readNumbers(array: Hdf5Array, offset: readonly number[], count: readonly number[]): Numbers {
    return this.#read(array, offset, count, (hdf5, pointer, length) =>
      decodeNumbers(hdf5.HEAPU8.slice(pointer, pointer + length * array.metadata.size), array.metadata),
    );
  }

  /** Raw elements of a box, for compound types. */
  readBytes(array: Hdf5Array, offset: readonly number[], count: readonly number[]): Uint8Array {
    return this.#read(array, offset, count, (hdf5, pointer, length) => hdf5.HEAPU8.slice(pointer, pointer + length * array.metadata.size));
  }

  /** Text of a range of a one-dimensional dataset. */
  readStrings(array: Hdf5Array, start: number, length: number): DecodedStrings {
    const scalar = array.shape.length === 0;
    return this.#read(array, scalar ? [] : [start], scalar ? [] : [length], (hdf5, pointer, elements) => {
      const decoded = decodeStrings(hdf5.HEAPU8, pointer, array.metadata, elements);
      if (array.metadata.vlen) {
        hdf5.reclaim_vlen_memory_count(this.#id, absolute(array.path), '', BigInt(pointer), scalar ? [] : [BigInt(length)]);
      }
      return decoded;
    });
  }

  /** An `INPUT_DAMAGED` error about this file. */
  damaged(what: string, cause?: unknown): CfgenError {
    return damagedFile(this.name, 'file', what, cause);
  }

  close(): void {
    try {
      this.#library.call((hdf5) => hdf5.close_file(this.#id));
    } catch (cause) {
      if (!(cause instanceof Hdf5Failure)) throw cause;
    }
    this.#library.stop();
  }

  #read<Result>(
    array: Hdf5Array,
    offset: readonly number[],
    count: readonly number[],
    decode: (hdf5: Hdf5Functions, pointer: number, length: number) => Result,
  ): Result {
    const length = count.reduce((product, extent) => product * extent, 1);
    const bytes = length * array.metadata.size;
    this.#checkSize(array, bytes);
    return this.#call(array.path, (hdf5) => {
      const pointer = allocate(hdf5, bytes);
      try {
        if (length > 0) {
          const whole = count.length === 0;
          const status = hdf5.get_dataset_data(
            this.#id,
            absolute(array.path),
            whole ? null : count.map(BigInt),
            whole ? null : offset.map(BigInt),
            whole ? null : count.map(() => 1n),
            BigInt(pointer),
          );
          if (status < 0) throw new Hdf5Failure('read failed', false);
        }
        return decode(hdf5, pointer, length);
      } finally {
        hdf5._free(pointer);
      }
    });
  }

  #checkSize(array: Hdf5Array, bytes: number): void {
    const claimed = array.shape.reduce((product, extent) => product * extent, 1) * array.metadata.size;
    const implausible = implausibleSize('file', array.path, claimed, this.bytes);
    if (implausible !== undefined) throw this.damaged(implausible);
    if (bytes > longestRead) {
      throw new CfgenError('MEMORY_EXCEEDED', `${this.name}: reading ${array.path} needs ${bytes.toLocaleString('en-US')} bytes at once`);
    }
  }

  #call<Result>(what: string, work: (hdf5: Hdf5Functions) => Result): Result {
    try {
      return this.#library.call(work);
    } catch (cause) {
      if (cause instanceof Hdf5Failure) throw this.#failed(what, cause);
      throw cause;
    }
  }

  #failed(what: string, cause: Hdf5Failure): CfgenError {
    const missing = cause.crashed ? [] : this.#missingFilters(what);
    if (missing.length > 0) {
      return new CfgenError(
        'INPUT_UNSUPPORTED',
        `${this.name}: ${what} is compressed with the HDF5 filter ${missing.join(', ')}, which is not available here`,
        {
          hint: "install the package h5wasm-plugins, or re-save with gzip in Python: anndata.read_h5ad(file).write_h5ad('new.h5ad', compression='gzip') (after import hdf5plugin)",
          details: { file: this.name, filters: missing },
          cause,
        },
      );
    }
    return this.damaged(`${what} cannot be read (${cause.message})`, cause);
  }

  #missingFilters(path: string): string[] {
    try {
      const filters = this.#library.call((hdf5) => hdf5.get_dataset_filters(this.#id, absolute(path)));
      return filters.filter(({ id }) => !filterAvailable(id)).map(({ id }) => `${filterName(id)} (${id})`);
    } catch (cause) {
      if (cause instanceof Hdf5Failure) return [];
      throw cause;
    }
  }

  /** A path as the file knows it. */
  #at(path: string): string {
    if (this.#start === '') return path;
    return path === '' ? this.#start : `${this.#start}/${path}`;
  }

  #require(path: string): Entry {
    if (path === '') return { kind: 'group', path: '' };
    const entry = this.#entry(path);
    if (!entry) throw missingPart(this.name, path);
    return entry;
  }

  #links(asked: string): LinkReader {
    const ask =
      <Result>(question: (hdf5: Hdf5Functions, path: string) => Result) =>
      (path: string): Result =>
        this.#call(asked, (hdf5) => question(hdf5, absolute(path)));
    return {
      members: (group) => this.#membersOf(group),
      externalFile: ask((hdf5, path) => hdf5.get_external_link(this.#id, path).filename),
      softTarget: ask((hdf5, path) => hdf5.get_symbolic_link(this.#id, path)),
      kind: ask((hdf5, path) => kindOfType(hdf5.get_type(this.#id, path))),
    };
  }

  #entry(path: string): Entry | undefined {
    if (!this.#entries.has(path)) this.#entries.set(path, resolvePath(this.name, path, this.#links(path)));
    return this.#entries.get(path);
  }
}

/** Types of objects as h5wasm numbers them. */
function kindOfType(type: number): Entry['kind'] | undefined {
  if (type === 0) return 'group';
  return type === 1 ? 'array' : undefined;
}

function absolute(path: string): string {
  return path === '' ? '/' : `/${path}`;
}

function allocate(hdf5: Hdf5Functions, bytes: number): number {
  const pointer = hdf5._malloc(Math.max(bytes, 8));
  if (pointer === 0) throw new CfgenError('MEMORY_EXCEEDED', `no memory for ${bytes.toLocaleString('en-US')} bytes of HDF5 data`);
  hdf5.HEAPU8.fill(0, pointer, pointer + bytes);
  return pointer;
}
