import type { Hdf5Kind } from '../../hdf5/hdf5-array';
import type { ZarrFiles } from './zarr-files';

/** A group or array of a Zarr store as its metadata describes it. */
export interface ZarrNode {
  readonly kind: 'group' | 'array';
  readonly format: 2 | 3;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of an array; otherwise empty. */
  readonly shape: readonly number[];
  /** Shape of the pieces that are stored (of shards, where there are any). */
  readonly chunks: readonly number[];
  readonly values: Hdf5Kind;
  /** Bytes an element takes in memory; 0 for text. */
  readonly size: number;
}

/** What is wrong with a piece of metadata. */
export class BadMetadata extends Error {
  constructor(
    readonly key: string,
    what: string,
  ) {
    super(what);
    this.name = 'BadMetadata';
  }
}

/** Reads the metadata of a node, format 3 before 2; undefined when nothing is there. @throws BadMetadata */
export function readNode(files: ZarrFiles, path: string): ZarrNode | undefined {
  const at = (name: string): string => (path === '' ? name : `${path}/${name}`);
  const three = readJson(files, at('zarr.json'));
  if (three !== undefined) return nodeOfFormat3(three, at('zarr.json'));
  const array = readJson(files, at('.zarray'));
  const attributes = (): Record<string, unknown> => readJson(files, at('.zattrs')) ?? {};
  if (array !== undefined) return arrayOfFormat2(array, at('.zarray'), attributes());
  if (readJson(files, at('.zgroup')) !== undefined) return group(2, attributes());
  return undefined;
}

function readJson(files: ZarrFiles, key: string): Record<string, unknown> | undefined {
  const bytes = files.read(key);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isRecord(value)) return value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new BadMetadata(key, 'it is no JSON object');
}

function nodeOfFormat3(json: Record<string, unknown>, key: string): ZarrNode {
  const attributes = isRecord(json['attributes']) ? json['attributes'] : {};
  if (json['node_type'] === 'group') return group(3, attributes);
  if (json['node_type'] !== 'array') throw new BadMetadata(key, `it describes a ${String(json['node_type'])}, neither group nor array`);
  const grid = isRecord(json['chunk_grid']) ? json['chunk_grid'] : {};
  const configuration = isRecord(grid['configuration']) ? grid['configuration'] : {};
  const shape = extents(json['shape'], key, 'shape', 0);
  const type = json['data_type'];
  return {
    kind: 'array',
    format: 3,
    attributes,
    shape,
    chunks: matching(extents(configuration['chunk_shape'], key, 'chunk shape', 1), shape, key),
    ...(typeof type === 'string' ? typeOfFormat3(type) : other),
  };
}

function arrayOfFormat2(json: Record<string, unknown>, key: string, attributes: Record<string, unknown>): ZarrNode {
  const shape = extents(json['shape'], key, 'shape', 0);
  const { dtype, filters } = json;
  const texts = Array.isArray(filters) && filters.some((filter) => isRecord(filter) && filter['id'] === 'vlen-utf8');
  const type = dtype === '|O' ? (texts ? text : other) : typeof dtype === 'string' ? typeOfFormat2(dtype) : other;
  return {
    kind: 'array',
    format: 2,
    attributes,
    shape,
    chunks: matching(extents(json['chunks'], key, 'chunks', 1), shape, key),
    ...type,
  };
}

type ElementKind = Pick<ZarrNode, 'values' | 'size'>;
const other: ElementKind = { values: 'other', size: 0 };
const text: ElementKind = { values: 'string', size: 0 };

function typeOfFormat3(type: string): ElementKind {
  if (type === 'bool') return { values: 'boolean', size: 1 };
  if (type === 'string') return text;
  const number = /^(u?int|float)(8|16|32|64)$/.exec(type);
  if (number === null) return other;
  return { values: number[1] === 'float' ? 'float' : 'integer', size: Number(number[2]) / 8 };
}

function typeOfFormat2(type: string): ElementKind {
  const found = /^[<>|]([biufUS])(\d+)$/.exec(type);
  if (found === null) return other;
  const size = Number(found[2]);
  switch (found[1]) {
    case 'b':
      return { values: 'boolean', size };
    case 'f':
      return { values: 'float', size };
    case 'i':
    case 'u':
      return { values: 'integer', size };
    default:
      return text;
  }
}

function group(format: 2 | 3, attributes: Record<string, unknown>): ZarrNode {
  return { kind: 'group', format, attributes, shape: [], chunks: [], values: 'other', size: 0 };
}

function extents(value: unknown, key: string, what: string, least: number): number[] {
  if (Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= least)) return value as number[];
  throw new BadMetadata(key, `its ${what} is ${JSON.stringify(value) ?? 'missing'}`);
}

function matching(chunks: number[], shape: readonly number[], key: string): number[] {
  if (chunks.length === shape.length) return chunks;
  throw new BadMetadata(key, `its chunks have ${chunks.length} axes, its shape ${shape.length}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
