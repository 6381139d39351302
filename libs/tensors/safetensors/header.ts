import { CfgenError, type ErrorCode } from '@cfgen/contracts';
import { bytesPerElement, dtypes, isDType } from '../schema/dtype';
import { axesProblem, byteCount, checkTensorSpec, elementCount, isWellFormed, shapeProblem, type TensorSpec } from '../schema/tensor';
import { duplicateKey } from './duplicate-keys';

/** Version of what this library adds to the format: axis names in `__metadata__`. A reader refuses a newer one. */
export const tensorSchemaVersion = 1;

/** The longest header any reader of the format accepts, bytes. */
export const maxHeaderBytes = 100_000_000;

/** Bytes before the header: its length as a 64-bit little-endian number. */
export const prefixBytes = 8;

const versionKey = 'cfgen.schema_version';
const axesKey = 'cfgen.axes';

/** A tensor and where its bytes lie, counted from the end of the header. */
export interface PlacedTensor extends TensorSpec {
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: readonly PlacedTensor[];
  /** What the writer noted, without this library's own entries. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** How errors of a reader are worded. */
export interface SafetensorsReadOptions {
  /** File or other name to put in messages; `safetensors data` by default. */
  readonly source?: string;
  /** Code of a file that breaks the format; INPUT_DAMAGED by default. */
  readonly damagedCode?: ErrorCode;
}

/** Order of tensors in a file: wide elements first, so that everything stays aligned, then by name (UTF-8 bytes). */
export function inFileOrder<T extends TensorSpec>(tensors: readonly T[]): T[] {
  return [...tensors].sort(
    (a, b) => dtypes.indexOf(b.dtype) - dtypes.indexOf(a.dtype) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
}

/**
 * The first bytes of a file: prefix and header, padded with spaces to a multiple of 8.
 * @param tensors in file order.
 * @throws CfgenError REQUEST_INVALID for a bad or repeated tensor, a reserved metadata key or a header over the limit.
 */
export function formatHeader(tensors: readonly TensorSpec[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const names = new Set<string>();
  const entries = [`"__metadata__":${formatMetadata(tensors, metadata)}`];
  let begin = 0;
  for (const spec of tensors) {
    checkTensorSpec(spec);
    if (names.has(spec.name))
      throw new CfgenError('REQUEST_INVALID', `Two tensors are named ${JSON.stringify(spec.name)}.`, { details: { tensor: spec.name } });
    names.add(spec.name);
    const end = begin + byteCount(spec);
    // Written by hand: an object would move names such as "0" to the front and lose "__proto__".
    entries.push(
      `${JSON.stringify(spec.name)}:{"dtype":"${spec.dtype}","shape":[${spec.shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    );
    begin = end;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  if (length > maxHeaderBytes) {
    throw new CfgenError('REQUEST_INVALID', `The safetensors header would take ${length} bytes; readers accept ${maxHeaderBytes}.`, {
      hint: 'Write fewer tensors or less metadata to a file.',
    });
  }
  const bytes = new Uint8Array(prefixBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, prefixBytes);
  return bytes;
}

function formatMetadata(tensors: readonly TensorSpec[], metadata: Readonly<Record<string, string>>): string {
  const own = new Map<string, string>();
  for (const [key, value] of Object.entries(metadata)) {
    if (key === versionKey || key === axesKey)
      throw new CfgenError('REQUEST_INVALID', `The metadata key ${key} is written by this library itself.`);
    if (typeof value !== 'string' || !isWellFormed(key) || !isWellFormed(value)) {
      throw new CfgenError('REQUEST_INVALID', `The metadata entry ${JSON.stringify(key)} is not Unicode text.`);
    }
    own.set(key, value);
  }
  own.set(versionKey, String(tensorSchemaVersion));
  const axes = tensors.flatMap(({ name, axes }) => (axes === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(axes)}`]));
  if (axes.length > 0) own.set(axesKey, `{${axes.join(',')}}`);
  const sorted = [...own].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

/**
 * Length of the header, from the first bytes of a file.
 * @throws CfgenError when the prefix is cut off, or the length is over the limit or past the end of the file.
 */
export function parsePrefix(bytes: Uint8Array, fileBytes: number, options: SafetensorsReadOptions): number {
  const fail = failure(options);
  if (bytes.byteLength < prefixBytes) throw fail(`is ${fileBytes} bytes long, too short for a header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) throw fail(`announces a header of ${length} bytes, over the limit of ${maxHeaderBytes}`);
  if (Number(length) > fileBytes - prefixBytes) throw fail(`announces a header of ${length} bytes but is only ${fileBytes} bytes long`);
  return Number(length);
}

/**
 * Reads and checks a header.
 * @param bytes the header without its prefix. @param dataBytes bytes of the file after the header.
 * @throws CfgenError that names the tensor and the field; INPUT_UNSUPPORTED for a dtype or schema version not known here.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, options: SafetensorsReadOptions): SafetensorsHeader {
  const fail = failure(options);
  const root = parseRoot(bytes, fail);
  const rawMetadata = Object.hasOwn(root, '__metadata__') ? root['__metadata__'] : {};
  if (!isRecord(rawMetadata)) throw fail('has a __metadata__ that is not an object');
  const metadata: [string, string][] = Object.entries(rawMetadata).map(([key, value]) => {
    if (typeof value !== 'string') throw fail(`has a metadata entry ${JSON.stringify(key)} that is not text`);
    return [key, value];
  });
  const axes = parseAxes(new Map(metadata), fail, options);
  const tensors = Object.entries(root)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseTensor(name, entry, axes, fail, options));
  for (const name of axes.keys()) {
    if (name === '__metadata__' || !Object.hasOwn(root, name))
      throw fail(`names axes of tensor ${JSON.stringify(name)}, which it does not hold`);
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkContiguous(tensors, dataBytes, fail);
  return { tensors, metadata: Object.fromEntries(metadata.filter(([key]) => key !== versionKey && key !== axesKey)) };
}

type Fail = (problem: string, tensor?: string) => CfgenError;

function failure({ source = 'safetensors data', damagedCode = 'INPUT_DAMAGED' }: SafetensorsReadOptions): Fail {
  return (problem, tensor) => {
    const where = tensor === undefined ? source : `Tensor ${JSON.stringify(tensor)} of ${source}`;
    return new CfgenError(damagedCode, `${where} ${problem}.`, {
      hint: 'The file is damaged or was not written as safetensors; make or fetch it again.',
      details: { source, ...(tensor === undefined ? {} : { tensor }) },
    });
  };
}

function parseRoot(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw fail('has a header that does not start with {');
  let json: string;
  let root: unknown;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    root = JSON.parse(json);
  } catch (cause) {
    throw fail(`has a header that is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (!isRecord(root)) throw fail('has a header that is not an object');
  const twice = duplicateKey(json);
  if (twice !== undefined) throw fail('is named twice in the header', twice);
  return root;
}

function parseAxes(
  metadata: ReadonlyMap<string, string>,
  fail: Fail,
  { source = 'safetensors data' }: SafetensorsReadOptions,
): Map<string, unknown> {
  const version = metadata.get(versionKey);
  if (version !== undefined && !/^[1-9][0-9]{0,8}$/.test(version)) throw fail(`has schema version ${JSON.stringify(version)}`);
  if (version !== undefined && Number(version) > tensorSchemaVersion) {
    throw new CfgenError(
      'INPUT_UNSUPPORTED',
      `${source} has tensor schema version ${version}; this version of cfgen reads up to ${tensorSchemaVersion}.`,
      {
        hint: 'Update cfgen.',
        details: { source, version: Number(version) },
      },
    );
  }
  const text = metadata.get(axesKey);
  if (text === undefined) return new Map();
  let axes: unknown;
  try {
    axes = JSON.parse(text);
  } catch {
    throw fail('has axis names that are not JSON');
  }
  if (!isRecord(axes)) throw fail('has axis names that are not an object');
  return new Map(Object.entries(axes));
}

function parseTensor(
  name: string,
  entry: unknown,
  axes: ReadonlyMap<string, unknown>,
  fail: Fail,
  { source = 'safetensors data' }: SafetensorsReadOptions,
): PlacedTensor {
  if (!isWellFormed(name)) throw fail('has a name that is not valid Unicode', name);
  if (!isRecord(entry)) throw fail('is not described by an object', name);
  const unknownField = Object.keys(entry).find((key) => key !== 'dtype' && key !== 'shape' && key !== 'data_offsets');
  if (unknownField !== undefined) throw fail(`has an unknown field ${JSON.stringify(unknownField)}`, name);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDType(dtype)) {
    if (typeof dtype !== 'string') throw fail('has no dtype', name);
    throw new CfgenError(
      'INPUT_UNSUPPORTED',
      `Tensor ${JSON.stringify(name)} of ${source} has dtype ${JSON.stringify(dtype)}, which cannot be read.`,
      {
        hint: `Save it as one of ${dtypes.join(', ')}.`,
        details: { source, tensor: name, dtype },
      },
    );
  }
  const shapeIssue = shapeProblem(shape, dtype);
  if (shapeIssue !== undefined) throw fail(`is not usable: ${shapeIssue}`, name);
  const lengths = shape as number[];
  const [begin, end] = parseOffsets(offsets, name, fail);
  const expected = elementCount(lengths) * bytesPerElement(dtype);
  if (end - begin !== expected) {
    throw fail(`has ${end - begin} bytes, but ${dtype} of shape [${lengths.join(', ')}] takes ${expected}`, name);
  }
  const named = axes.get(name);
  if (named === undefined) return { name, dtype, shape: lengths, begin, end };
  const axesIssue = axesProblem(named, lengths);
  if (axesIssue !== undefined) throw fail(`is not usable: ${axesIssue}`, name);
  return { name, dtype, shape: lengths, axes: named as string[], begin, end };
}

function parseOffsets(offsets: unknown, name: string, fail: Fail): [number, number] {
  const valid =
    Array.isArray(offsets) && offsets.length === 2 && offsets.every((offset) => Number.isSafeInteger(offset) && (offset as number) >= 0);
  if (!valid) throw fail(`has data_offsets ${JSON.stringify(offsets)}, not two whole numbers from 0`, name);
  const [begin, end] = offsets as [number, number];
  if (end < begin) throw fail(`ends at ${end}, before its beginning at ${begin}`, name);
  return [begin, end];
}

/** Tensors must follow each other without gap or overlap and fill the file: nothing else can hide in it. */
function checkContiguous(tensors: readonly PlacedTensor[], dataBytes: number, fail: Fail): void {
  let reached = 0;
  for (const { name, begin, end } of tensors) {
    if (begin < reached) throw fail(`begins at ${begin} and overlaps the tensor before it, which ends at ${reached}`, name);
    if (begin > reached) throw fail(`begins at ${begin} and leaves a gap from ${reached}`, name);
    if (end > dataBytes) throw fail(`ends at ${end}, past the end of the data at ${dataBytes}`, name);
    reached = end;
  }
  if (reached !== dataBytes) throw fail(`holds ${dataBytes} bytes of data, but its tensors take ${reached}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
