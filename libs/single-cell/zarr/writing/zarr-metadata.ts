import type { AttributeValue, Attributes, ElementType } from '../../writing/array-store';

/** Generation of the Zarr format. */
export type ZarrFormat = 2 | 3;

/** An array as its metadata has to describe it. */
export interface ArrayDescription {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  /** 1 to 9, or undefined for none. */
  readonly gzipLevel: number | undefined;
}

/** A group or array of a store; `array` is absent for groups. */
export interface NodeDescription {
  readonly attributes: Attributes;
  readonly array?: ArrayDescription;
}

/**
 * Files of metadata by key, sorted: those of each node, and those that repeat them all in one place. zarr-python 3 loses members of a group that
 * do not stand together there.
 */
export function metadataFiles(format: ZarrFormat, nodes: ReadonlyMap<string, NodeDescription>): Map<string, string> {
  const sorted = new Map([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)));
  return format === 2 ? filesOfFormat2(sorted) : filesOfFormat3(sorted);
}

/** Key of a chunk. @param place its position along each axis, none for a scalar */
export function chunkKey(format: ZarrFormat, path: string, place: readonly number[]): string {
  if (format === 2) return `${path}/${place.length === 0 ? '0' : place.join('.')}`;
  return [path, 'c', ...place].join('/');
}

/** Names that metadata has in a group. */
export const reservedNames = new Set(['zarr.json', '.zgroup', '.zarray', '.zattrs', '.zmetadata']);

/** Zarr 2: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html, consolidated as zarr-python does it. */
function filesOfFormat2(nodes: ReadonlyMap<string, NodeDescription>): Map<string, string> {
  const metadata: Record<string, unknown> = {};
  for (const [path, { attributes, array }] of nodes) {
    const at = path === '' ? '' : `${path}/`;
    if (array === undefined) metadata[`${at}.zgroup`] = { zarr_format: 2 };
    else metadata[`${at}.zarray`] = arrayOfFormat2(array);
    metadata[`${at}.zattrs`] = json(attributes);
  }
  const files = new Map(Object.entries(metadata).map(([key, value]) => [key, text(value)]));
  return files.set('.zmetadata', text({ metadata, zarr_consolidated_format: 1 }));
}

function arrayOfFormat2({ type, shape, chunks, gzipLevel }: ArrayDescription): unknown {
  return {
    ...{ zarr_format: 2, shape, chunks, dtype: typeOfFormat2(type), fill_value: fillValue(type), order: 'C' },
    filters: type.kind === 'string' ? [{ id: 'vlen-utf8' }] : null,
    dimension_separator: '.',
    compressor: gzipLevel === undefined ? null : { id: 'gzip', level: gzipLevel },
  };
}

function typeOfFormat2(type: ElementType): string {
  if (type.kind === 'boolean') return '|b1';
  if (type.kind === 'string') return '|O';
  const letter = type.kind === 'float' ? 'f' : type.signed ? 'i' : 'u';
  return `${type.bytes === 1 ? '|' : '<'}${letter}${type.bytes}`;
}

/** Zarr 3: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html, consolidated as zarr-python does it. */
function filesOfFormat3(nodes: ReadonlyMap<string, NodeDescription>): Map<string, string> {
  const documents = new Map([...nodes].map(([path, node]) => [path, documentOfFormat3(node)]));
  const consolidated = { kind: 'inline', must_understand: false };
  const metadata = Object.fromEntries(
    [...documents]
      .filter(([path]) => path !== '')
      .map(([path, document]) => [
        path,
        document['node_type'] === 'group' ? { ...document, consolidated_metadata: { ...consolidated, metadata: {} } } : document,
      ]),
  );
  return new Map(
    [...documents].map(([path, document]) => [
      path === '' ? 'zarr.json' : `${path}/zarr.json`,
      text(path === '' ? { ...document, consolidated_metadata: { ...consolidated, metadata } } : document),
    ]),
  );
}

function documentOfFormat3({ attributes, array }: NodeDescription): Record<string, unknown> {
  if (array === undefined) return { zarr_format: 3, node_type: 'group', attributes: json(attributes) };
  const { type, shape, chunks, gzipLevel } = array;
  return {
    ...{ zarr_format: 3, node_type: 'array', shape, data_type: typeOfFormat3(type) },
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: fillValue(type),
    codecs: [
      type.kind === 'string' ? { name: 'vlen-utf8', configuration: {} } : { name: 'bytes', configuration: { endian: 'little' } },
      ...(gzipLevel === undefined ? [] : [{ name: 'gzip', configuration: { level: gzipLevel } }]),
    ],
    attributes: json(attributes),
    storage_transformers: [],
  };
}

function typeOfFormat3(type: ElementType): string {
  if (type.kind === 'boolean') return 'bool';
  if (type.kind === 'string') return 'string';
  return `${type.kind === 'float' ? 'float' : type.signed ? 'int' : 'uint'}${type.bytes * 8}`;
}

function fillValue({ kind }: ElementType): unknown {
  if (kind === 'boolean') return false;
  return kind === 'string' ? '' : 0;
}

function json(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plain(value)]));
}

function plain(value: AttributeValue): unknown {
  return value instanceof BigInt64Array ? Array.from(value, Number) : value;
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
