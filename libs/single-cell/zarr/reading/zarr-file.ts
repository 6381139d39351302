import { CfgenError } from '@cfgen/contracts';
import type { ArrayFile, StoredArray } from '../../array-file/array-file';
import { damagedFile, implausibleSize, missingPart } from '../../array-file/failures';
import type { DecodedStrings, Numbers } from '../../hdf5/decoding';
import type { AttributeValue } from '../../hdf5/hdf5-file';
import type { WorkingRoom } from '../../temporary/working-room';
import { ChunkReader } from './chunk-reader';
import { loadList, loadMatrix, loadScalar, type LoadedArray } from './load-array';
import { UnpackedRoom } from './unpacked';
import type { ZarrFiles } from './zarr-files';
import { BadMetadata, readNode, type ZarrNode } from './zarr-node';

/** An array was asked for that is not unpacked yet: the work has to be done again after `load`. */
export class NotLoaded extends Error {
  constructor(readonly path: string) {
    super(`${path} is not unpacked`);
    this.name = 'NotLoaded';
  }
}

/**
 * A Zarr store (format 2 or 3) open for reading. Its chunks are decoded once, asynchronously, and kept unpacked (small arrays in memory, the rest in
 * a temporary file without its zeros): rows are then read by anybody at any time, as from an HDF5 file. `load` an array before it is read.
 */
export class ZarrFile implements ArrayFile {
  readonly name: string;
  readonly #files: ZarrFiles;
  readonly #room: UnpackedRoom;
  readonly #nodes = new Map<string, ZarrNode | undefined>();
  readonly #members = new Map<string, readonly string[]>();
  readonly #loaded = new Map<string, LoadedArray | CfgenError>();

  /** @param name how to call it in messages */
  constructor(files: ZarrFiles, name: string, room: WorkingRoom) {
    this.#files = files;
    this.#room = new UnpackedRoom(room);
    this.name = name;
  }

  /** Generation of the format: 2 or 3. */
  get format(): 2 | 3 {
    return this.#node('')?.format ?? 3;
  }

  members(group: string): readonly string[] {
    const known = this.#members.get(group);
    if (known) return known;
    const names = this.#files
      .names(group)
      .filter((name) => !name.startsWith('.z') && name !== 'zarr.json' && this.#node(group === '' ? name : `${group}/${name}`));
    this.#members.set(group, names);
    return names;
  }

  kind(path: string): 'group' | 'array' | undefined {
    return this.#node(path)?.kind;
  }

  attribute(path: string, name: string): AttributeValue {
    const value = this.#node(path)?.attributes[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    if (!Array.isArray(value)) return undefined;
    if (value.every((entry) => typeof entry === 'string')) return [...(value as readonly string[])];
    return value.every((entry) => typeof entry === 'number') ? Float64Array.from(value as readonly number[]) : undefined;
  }

  textAttribute(path: string, name: string): string | undefined {
    const value = this.attribute(path, name);
    return typeof value === 'string' ? value : undefined;
  }

  array(path: string): StoredArray {
    const node = this.#require(path);
    if (node.kind !== 'array') throw this.damaged(`${path} is a group where values are expected`);
    return { path, kind: node.values, shape: node.shape, chunks: node.chunks, elementBytes: node.size };
  }

  readNumbers(array: StoredArray, offset: readonly number[], count: readonly number[]): Numbers {
    const loaded = this.#get(array.path);
    if (loaded.kind === 'texts') throw this.damaged(`${array.path} holds no numbers`);
    return loaded.read(offset[0] ?? 0, count[0] ?? 1);
  }

  readStrings(array: StoredArray, start: number, length: number): DecodedStrings {
    const loaded = this.#get(array.path);
    if (loaded.kind !== 'texts') throw this.damaged(`${array.path} holds no text`);
    const values = loaded.values.slice(start, start + length);
    return { values, invalid: values.reduce((sum, value) => sum + (value.includes('\uFFFD') ? 1 : 0), 0) };
  }

  /** Unpacks an array, or all arrays of a group. What is damaged in it is told when it is read. */
  async load(path: string): Promise<void> {
    if (this.kind(path) === 'group') {
      for (const name of this.members(path)) await this.load(`${path}/${name}`);
      return;
    }
    const node = this.#node(path);
    if (node === undefined || this.#loaded.has(path)) return;
    try {
      this.#loaded.set(path, await this.#unpack(path, node));
    } catch (cause) {
      if (!(cause instanceof CfgenError) || !told.has(cause.code)) throw cause;
      this.#loaded.set(path, cause);
    }
  }

  damaged(what: string, cause?: unknown): CfgenError {
    return damagedFile(this.name, 'store', what, cause);
  }

  close(): void {
    this.#room.close();
    this.#files.close();
  }

  async #unpack(path: string, node: ZarrNode): Promise<LoadedArray> {
    const { shape } = node;
    const elements = shape.reduce((product, extent) => product * extent, 1);
    const claimed = elements * Math.max(1, node.size);
    const implausible = implausibleSize('store', path, claimed, this.#files.bytes);
    if (implausible !== undefined) throw this.damaged(implausible);
    if (shape.length > 2 || node.values === 'other') return { kind: 'texts', values: [] };
    const reader = await ChunkReader.open(this.#files, this.name, path, node);
    const [rows, columns] = shape;
    if (columns !== undefined) return loadMatrix(reader, [rows, columns], this.#room);
    if (rows !== undefined) return rows === 0 ? emptyList(node) : loadList(reader, rows, this.#room);
    return loadScalar(reader);
  }

  #get(path: string): LoadedArray {
    const loaded = this.#loaded.get(path);
    if (loaded === undefined) throw new NotLoaded(path);
    if (loaded instanceof CfgenError) throw loaded;
    return loaded;
  }

  #require(path: string): ZarrNode {
    const node = this.#node(path);
    if (node) return node;
    throw missingPart(this.name, path);
  }

  #node(path: string): ZarrNode | undefined {
    if (!this.#nodes.has(path)) this.#nodes.set(path, this.#read(path));
    return this.#nodes.get(path);
  }

  #read(path: string): ZarrNode | undefined {
    try {
      return readNode(this.#files, path);
    } catch (cause) {
      if (cause instanceof BadMetadata) throw this.damaged(`${cause.key} cannot be used: ${cause.message}`, cause);
      throw cause;
    }
  }
}

/** Failures that concern one array, not the whole store. */
const told = new Set(['INPUT_DAMAGED', 'INPUT_UNSUPPORTED']);

function emptyList(node: ZarrNode): LoadedArray {
  if (node.values === 'string') return { kind: 'texts', values: [] };
  return { kind: 'numbers', read: () => new Float64Array(0) };
}
