import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { CfgenError } from '@cfgen/contracts';
import { checkOutputPath, outputError, partialPath, publishPartialFile, removePartialFile } from '../files/partial-file';
import { takeElements, type TensorData } from '../schema/dtype';
import { byteCount, checkTensor, type Tensor, type TensorSpec } from '../schema/tensor';
import { formatHeader, inFileOrder, parseHeader, parsePrefix, prefixBytes, type PlacedTensor, type SafetensorsReadOptions } from './header';

/** A tensor too large to hold: its elements come in blocks, row-major, when its turn in the file has come. */
export interface StreamedTensor extends TensorSpec {
  blocks(): Iterable<TensorData>;
}

export interface SafetensorsWriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether an existing file may be replaced; false by default. */
  readonly overwrite?: boolean;
}

/**
 * Writes a safetensors file, tensor by tensor, under a temporary name beside it; the file appears complete or not at all.
 * The bytes are those of `encodeSafetensors`.
 * @throws CfgenError REQUEST_INVALID (tensor), OUTPUT_EXISTS, OUTPUT_UNWRITABLE.
 */
export function writeSafetensors(path: string, tensors: readonly (Tensor | StreamedTensor)[], options: SafetensorsWriteOptions = {}): void {
  for (const tensor of tensors) if ('data' in tensor) checkTensor(tensor);
  const ordered = inFileOrder(tensors);
  const header = formatHeader(ordered, options.metadata ?? {});
  checkOutputPath(path, options.overwrite ?? false);
  try {
    const descriptor = openSync(partialPath(path), 'w');
    try {
      writeAll(descriptor, header);
      for (const tensor of ordered) writeTensor(descriptor, tensor);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    removePartialFile(path);
    throw outputError(path, cause);
  }
  publishPartialFile(path);
}

function writeTensor(descriptor: number, tensor: Tensor | StreamedTensor): void {
  if ('data' in tensor) {
    writeAll(descriptor, tensor.data);
    return;
  }
  let written = 0;
  for (const block of tensor.blocks()) {
    checkTensor({ name: tensor.name, dtype: tensor.dtype, shape: [block.length], data: block });
    writeAll(descriptor, block);
    written += block.byteLength;
  }
  if (written !== byteCount(tensor)) {
    throw new CfgenError(
      'REQUEST_INVALID',
      `Tensor ${JSON.stringify(tensor.name)}: shape [${tensor.shape.join(', ')}] takes ${byteCount(tensor)} bytes but its blocks had ${written}.`,
      {
        details: { tensor: tensor.name },
      },
    );
  }
}

function writeAll(descriptor: number, data: TensorData): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  while (at < bytes.byteLength) at += writeSync(descriptor, bytes, at, Math.min(bytes.byteLength - at, 2 ** 30));
}

/** An open safetensors file: the header is read and checked, the numbers wait on disk. Close it when done. */
export class SafetensorsFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #dataStart: number;
  readonly #placed: ReadonlyMap<string, PlacedTensor>;
  readonly #options: SafetensorsReadOptions;
  /** What the file holds, in the order of the bytes. */
  readonly tensors: readonly TensorSpec[];
  readonly metadata: Readonly<Record<string, string>>;

  /**
   * @param options `source` defaults to the path.
   * @throws CfgenError INPUT_NOT_FOUND, INPUT_UNREADABLE, or INPUT_DAMAGED (or the code asked for) that names the tensor.
   */
  constructor(path: string, options: SafetensorsReadOptions = {}) {
    this.#path = path;
    this.#options = { source: path, ...options };
    this.#descriptor = openToRead(path);
    try {
      const fileBytes = fstatSync(this.#descriptor).size;
      const headerBytes = parsePrefix(this.#read(0, Math.min(prefixBytes, fileBytes)), fileBytes, this.#options);
      this.#dataStart = prefixBytes + headerBytes;
      const header = parseHeader(this.#read(prefixBytes, headerBytes), fileBytes - this.#dataStart, this.#options);
      this.#placed = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
      this.tensors = header.tensors.map(({ begin: _begin, end: _end, ...spec }) => spec);
      this.metadata = header.metadata;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#placed.has(name);
  }

  /**
   * Reads one tensor, or rows `from..to` of its first axis (`to` excluded).
   * @throws CfgenError INPUT_INCOMPLETE when the file has no tensor of this name, REQUEST_INVALID for rows it does not have.
   */
  read(name: string, rows?: { readonly from: number; readonly to: number }): Tensor {
    const placed = this.#placed.get(name);
    if (placed === undefined) {
      throw new CfgenError('INPUT_INCOMPLETE', `${this.#path} has no tensor ${JSON.stringify(name)}.`, {
        details: { path: this.#path, tensor: name },
      });
    }
    const { begin, end, ...spec } = placed;
    if (rows === undefined) return { ...spec, data: takeElements(spec.dtype, this.#read(this.#dataStart + begin, end - begin)) };
    // A scalar has no rows, not even none.
    const [count, ...rest] = spec.shape.length === 0 ? [-1] : spec.shape;
    const { from, to } = rows;
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > count) {
      throw new CfgenError(
        'REQUEST_INVALID',
        `Rows ${from} to ${to} of tensor ${JSON.stringify(name)} with shape [${spec.shape.join(', ')}] do not exist.`,
      );
    }
    const shape = [to - from, ...rest];
    const rowBytes = byteCount({ dtype: spec.dtype, shape: rest });
    const bytes = this.#read(this.#dataStart + begin + from * rowBytes, byteCount({ dtype: spec.dtype, shape }));
    return { ...spec, shape, data: takeElements(spec.dtype, bytes) };
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #read(position: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const got = readSync(this.#descriptor, bytes, at, Math.min(length - at, 2 ** 30), position + at);
      if (got === 0)
        throw new CfgenError('INPUT_UNREADABLE', `${this.#path} ended while it was read; has something else changed it?`, {
          details: { path: this.#path },
        });
      at += got;
    }
    return bytes;
  }
}

function openToRead(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new CfgenError(
      missing ? 'INPUT_NOT_FOUND' : 'INPUT_UNREADABLE',
      missing ? `${path} does not exist.` : `${path} cannot be opened.`,
      {
        details: { path },
        cause,
      },
    );
  }
}
