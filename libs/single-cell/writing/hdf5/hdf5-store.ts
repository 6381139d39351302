import { partialPath, publishPartialFile, removePartialFile } from '@cfgen/tensors';
import type { Compression } from '../chunks-in-order';
import type { ArrayStore, Attributes, GrowingArray, NumberType, NumericArray } from '../array-store';
import type { ChunkedArray } from './chunked-array';
import { Hdf5File, type DatasetNode, type GroupNode, type Hdf5Node } from './hdf5-file';

interface Group {
  attributes: Attributes;
  /** Undefined holds the place of an array that still grows. */
  readonly members: Map<string, DatasetNode | Group | undefined>;
}

/** An HDF5 file as a store of arrays: written under a hidden name beside the final one, and renamed at the end. */
export class Hdf5Store implements ArrayStore {
  readonly #path: string;
  readonly #file: Hdf5File;
  readonly #root: Group = emptyGroup();
  #open = true;

  /**
   * Errors of the operating system come out as they are.
   * @param compression undefined for none
   * @param creator text in front of the file; see `Hdf5File`
   */
  constructor(path: string, compression: Compression | undefined, creator?: string) {
    this.#path = path;
    try {
      this.#file = new Hdf5File(partialPath(path), compression, creator);
    } catch (cause) {
      removePartialFile(path);
      throw cause;
    }
  }

  group(path: string, attributes: Attributes): void {
    this.#group(path).attributes = attributes;
  }

  growing(path: string, type: NumberType, rest: readonly number[] = [], attributes: Attributes = {}): GrowingArray {
    this.#put(path, undefined);
    return new GrowingDataset(this.#file.growing(type, rest), async (array) =>
      this.#put(path, await this.#file.complete(array, attributes)),
    );
  }

  async numbers(path: string, values: NumericArray, shape: readonly number[], attributes: Attributes): Promise<void> {
    this.#put(path, await this.#file.numbers(values, shape, attributes));
  }

  async booleans(path: string, values: Uint8Array, shape: readonly number[], attributes: Attributes): Promise<void> {
    this.#put(path, await this.#file.booleans(values, shape, attributes));
  }

  async strings(path: string, values: readonly string[], shape: readonly number[], attributes: Attributes): Promise<void> {
    this.#put(path, await this.#file.strings(values, shape, attributes));
  }

  finish(): Promise<void> {
    this.#file.finish(nodeOf(this.#root));
    this.#open = false;
    publishPartialFile(this.#path);
    return Promise.resolve();
  }

  discard(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#file.discard();
    removePartialFile(this.#path);
  }

  #put(path: string, node: DatasetNode | undefined): void {
    const names = path.split('/');
    const name = names.pop() ?? '';
    this.#group(names.join('/')).members.set(name, node);
  }

  #group(path: string): Group {
    let at = this.#root;
    for (const name of path === '' ? [] : path.split('/')) {
      const member = at.members.get(name);
      const next = member !== undefined && 'members' in member ? member : emptyGroup();
      at.members.set(name, next);
      at = next;
    }
    return at;
  }
}

class GrowingDataset implements GrowingArray {
  readonly #array: ChunkedArray;
  readonly #complete: (array: ChunkedArray) => Promise<void>;

  constructor(array: ChunkedArray, complete: (array: ChunkedArray) => Promise<void>) {
    this.#array = array;
    this.#complete = complete;
  }

  get elements(): number {
    return this.#array.elements;
  }

  get room(): number {
    return this.#array.room;
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#array.append(bytes);
  }

  complete(): Promise<void> {
    return this.#complete(this.#array);
  }
}

function emptyGroup(): Group {
  return { attributes: {}, members: new Map() };
}

function nodeOf({ attributes, members }: Group): GroupNode {
  const children: Record<string, Hdf5Node> = {};
  for (const [name, member] of members) if (member !== undefined) children[name] = 'members' in member ? nodeOf(member) : member;
  return { kind: 'group', attributes, children };
}
