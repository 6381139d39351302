import { closeSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { filterFolders } from './filter-plugins';

/** What the library tells about a stored type and its extent (h5wasm's `Metadata`, the parts used here). */
export interface Hdf5Metadata {
  /** H5T class: 0 integer, 1 float, 3 string, 6 compound, 7 reference, 8 enumeration, 9 variable length, 10 array. */
  readonly type: number;
  /** Bytes of one element in memory. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** True for variable-length strings. */
  readonly vlen: boolean;
  /** Strings: 0 ASCII, 1 UTF-8. */
  readonly cset?: number;
  /** Strings of fixed length: 0 null-terminated, 1 null-padded, 2 space-padded. */
  readonly strpad?: number;
  readonly shape: number[] | null;
  readonly chunks?: number[] | null;
  readonly total_size: number;
  readonly compound_type?: { readonly members: readonly (Hdf5Metadata & { readonly name: string; readonly offset: number })[] };
  readonly enum_type?: { readonly members: Readonly<Record<string, number>> };
  readonly virtual_sources?: readonly { readonly file_name: string }[];
}

interface EmscriptenStream {
  nfd?: number;
  node?: unknown;
  stream_ops?: unknown;
}

/** The functions of one h5wasm instance that are used here. They ignore most statuses of libhdf5: see {@link Hdf5Library}. */
export interface Hdf5Functions {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  open(path: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  get_symbolic_link(file: bigint, path: string): string | null;
  get_external_link(file: bigint, path: string): { filename?: string };
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Metadata;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(file: bigint, path: string): Hdf5Metadata;
  get_dataset_filters(file: bigint, path: string): { id: number; name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    pointer: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, pointer: bigint): number;
  reclaim_vlen_memory_count(file: bigint, path: string, attribute: string, pointer: bigint, count: bigint[]): number;
  insert_plugin_search_path(folder: string, index: number): number;
  readonly FS: { streams: (EmscriptenStream | null | undefined)[]; open: (path: string, ...rest: unknown[]) => unknown };
}

type InstanceFactory = (options: Record<string, unknown>) => Promise<Hdf5Functions>;

let factory: Promise<InstanceFactory> | undefined;

/**
 * h5wasm's door shares one instance in the whole process, and a damaged file can leave that instance unusable (measured: one random byte
 * in five in a file's head ends in an abort or an out-of-bounds access inside libhdf5). So each file is read by an instance of its own,
 * made from the module behind that door.
 */
function instanceFactory(): Promise<InstanceFactory> {
  factory ??= (async () => {
    const door = import.meta.resolve('h5wasm/node');
    const behind = new URL('hdf5_util.js', door).href;
    const loaded = (await import(/* @vite-ignore */ behind)) as { default: InstanceFactory };
    return loaded.default;
  })();
  return factory;
}

/** An instance with its standard error caught and its reach limited to one file at a time. */
class Instance {
  readonly functions: Hdf5Functions;
  /** Absolute path of the only file it may open now. */
  allowed = '';
  /** What the library printed since this was emptied. */
  printed = '';
  /** False once anything failed in it. */
  healthy = true;

  constructor(functions: Hdf5Functions) {
    this.functions = functions;
    const fs = functions.FS;
    const standardError = fs.streams[2];
    if (standardError) {
      standardError.node = { mode: 0o20666 };
      standardError.stream_ops = {
        write: (_stream: unknown, heap: Uint8Array, offset: number, length: number): number => {
          if (this.printed.length < 20_000) this.printed += Buffer.from(heap.subarray(offset, offset + length)).toString('latin1');
          return length;
        },
      };
    }
    const folders = filterFolders();
    for (const folder of folders) functions.insert_plugin_search_path(folder, 0);
    const open = fs.open.bind(fs);
    fs.open = (path, ...rest) => {
      const full = resolve(path);
      if (full !== this.allowed && !folders.some((folder) => `${full}${sep}`.startsWith(folder))) {
        throw Object.assign(new Error('only the opened file may be read'), { name: 'ErrnoError', errno: 44 });
      }
      return open(path, ...rest);
    };
  }
}

/** Memory never shrinks, so an instance is used again only while it is small: it starts at 18 MiB. */
const smallHeap = 1 << 26;

/** At most one instance waits for the next file: starting one takes tens of milliseconds. */
let idle: Instance | undefined;

/**
 * One instance of libhdf5 in WebAssembly, lent to one file.
 *
 * libhdf5 prints its error stack to standard error and h5wasm ignores most statuses. Here standard error is caught: whatever is printed during
 * a call means that the call failed. A trap or an abort ends the instance; every later call fails, the process goes on.
 * The instance can open only the one file it is given (and filter plug-ins), so no link of any kind leads to another file.
 */
export class Hdf5Library {
  #instance: Instance | undefined;

  private constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** @param allowed absolute path of the only file this instance may open */
  static async start(allowed: string): Promise<Hdf5Library> {
    const waiting = idle;
    idle = undefined;
    const instance = waiting ?? new Instance(await newFunctions());
    instance.allowed = allowed;
    return new Hdf5Library(instance);
  }

  /** Bytes of WebAssembly memory this instance holds; it never shrinks, but goes with the instance. */
  get heapBytes(): number {
    return this.#instance?.functions.HEAPU8.length ?? 0;
  }

  /** One call into the library. Throws {@link Hdf5Failure} when libhdf5 reports an error, traps or aborts. */
  call<Result>(work: (functions: Hdf5Functions) => Result): Result {
    const instance = this.#instance;
    if (!instance) throw new Hdf5Failure('the HDF5 library stopped while reading this file', true);
    instance.printed = '';
    let result: Result;
    try {
      result = work(instance.functions);
    } catch (cause) {
      instance.healthy = false;
      if (cause instanceof CfgenError) throw cause;
      const reason = innermost(instance.printed) ?? (cause instanceof Error ? cause.message : String(cause));
      const crashed = cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError;
      if (crashed) this.stop();
      throw new Hdf5Failure(reason, crashed || (cause instanceof Hdf5Failure && cause.crashed));
    }
    if (instance.printed === '') return result;
    instance.healthy = false;
    throw new Hdf5Failure(innermost(instance.printed) ?? 'unknown', false);
  }

  /** Gives the instance back, or lets it go when it is large or something failed in it. Files still open in it are closed. */
  stop(): void {
    const instance = this.#instance;
    if (!instance) return;
    this.#instance = undefined;
    instance.allowed = '';
    const open = instance.functions.FS.streams.slice(3).flatMap((stream) => (stream?.nfd === undefined ? [] : [stream.nfd]));
    if (instance.healthy && open.length === 0 && instance.functions.HEAPU8.length <= smallHeap) {
      idle ??= instance;
      return;
    }
    for (const descriptor of open) closeSync(descriptor);
  }
}

async function newFunctions(): Promise<Hdf5Functions> {
  let create: InstanceFactory;
  try {
    create = await instanceFactory();
  } catch (cause) {
    throw new CfgenError('ENGINE_UNAVAILABLE', 'the HDF5 reader (h5wasm) cannot be loaded', {
      hint: 'install the packages again: npm install',
      cause,
    });
  }
  return create({ noInitialRun: true, print: ignore, printErr: ignore });
}

function ignore(): void {
  // h5wasm's own chatter about what the caught error says already.
}

/** libhdf5 (or the module around it) failed; turned into a `CfgenError` by whoever knows which part was being read. */
export class Hdf5Failure extends Error {
  /** True when the instance is gone. */
  readonly crashed: boolean;
  constructor(reason: string, crashed: boolean) {
    super(reason);
    this.name = 'Hdf5Failure';
    this.crashed = crashed;
  }
}

/** The deepest reason of a libhdf5 error stack: the text after the last `in H5...():`. */
function innermost(printed: string): string | undefined {
  const reasons = [...printed.matchAll(/ in H5\w+\(\): (.+)/g)].map((match) => match[1]);
  return reasons.find((reason) => /required filter|file signature not found|truncated file/.test(reason)) ?? reasons.at(-1);
}
