import { CfgenError } from '@cfgen/contracts';
import type { OpenedFrom } from '../anndata/open-anndata';
import type { StoredArray } from '../array-file/array-file';
import type { DatasetParts } from '../dataset/dataset';
import { firstCounts, type CountsCandidate } from '../dataset/first-counts';
import type { DataFrame } from '../frames/column';
import type { Hdf5File } from '../hdf5/hdf5-file';
import { requireNumbers } from '../matrix/compressed-parts';
import type { WorkingRoom } from '../temporary/working-room';
import { loomMatrix } from './loom-matrix';
import { readAttributes } from './read-attributes';

export function isLoom(file: Hdf5File): boolean {
  const members = file.members('');
  return members.includes('row_attrs') && members.includes('col_attrs') && !members.includes('obs');
}

/**
 * What a Loom file holds: a dense matrix genes x cells with layers of the same shape, attributes of genes (rows) and cells (columns).
 * Counts are looked for in `layers/counts`, then in the matrix. https://linnarssonlab.org/loompy/format/
 */
export function openLoom(file: Hdf5File, source: OpenedFrom, layer: string | undefined, room: WorkingRoom): DatasetParts {
  const [genes, cells] = matrixShape(file);
  const obs = readAttributes(file, 'col_attrs', cells);
  const features = readAttributes(file, 'row_attrs', genes);
  const paths = layer === undefined ? usualPaths(file) : [requestedPath(file, layer)];
  const candidates = paths.map((path) => candidate(file, path, [genes, cells], features, room));
  const counts = firstCounts(file.name, obs, candidates, layer === undefined ? '; no layer named counts holds counts' : '');
  return {
    path: source.path,
    name: source.name,
    format: 'loom',
    formatDetail: `Loom${version(file)}`,
    bytes: source.bytes,
    files: [source.file],
    obs: { ...obs, where: 'obs' },
    var: counts.var,
    matrix: counts.matrix,
    countsAt: counts.matrix.where === 'matrix' ? 'X' : counts.matrix.where,
    problems: [],
    ...(counts.scan ? { scan: counts.scan } : {}),
    room,
    close: source.close,
  };
}

function matrixShape(file: Hdf5File): readonly [number, number] {
  if (file.kind('matrix') !== 'array') {
    throw new CfgenError('INPUT_INCOMPLETE', `${file.name} is a Loom file without its matrix`, {
      hint: 'get the file again, or save it again from its source',
      details: { file: file.name, found: file.members('') },
    });
  }
  const { shape } = file.array('matrix');
  if (shape.length !== 2) throw file.damaged(`matrix has ${shape.length} dimensions instead of 2`);
  return [shape[0] ?? 0, shape[1] ?? 0];
}

function candidate(
  file: Hdf5File,
  path: string,
  [genes, cells]: readonly [number, number],
  features: DataFrame,
  room: WorkingRoom,
): CountsCandidate {
  return {
    where: path,
    features: () => features,
    open: () => {
      const array: StoredArray = file.array(path);
      requireNumbers(file, file.array(path), path, path);
      if (array.shape[0] !== genes || array.shape[1] !== cells) {
        throw file.damaged(`${path} is ${array.shape.join(' x ')}, matrix is ${genes} x ${cells} (genes x cells)`);
      }
      return loomMatrix(file, array, path, room);
    },
  };
}

function usualPaths(file: Hdf5File): string[] {
  return layerNames(file).includes('counts') ? ['layers/counts', 'matrix'] : ['matrix'];
}

function requestedPath(file: Hdf5File, layer: string): string {
  if (layer === 'X' || layer === 'matrix') return 'matrix';
  const name = layer.replace(/^layers\//, '');
  const names = layerNames(file);
  if (names.includes(name)) return `layers/${name}`;
  throw new CfgenError('REQUEST_UNKNOWN_VALUE', `${file.name} has no layer ${layer}; layers: ${names.join(', ') || 'none'}`, {
    hint: 'name one of them, or X for the matrix itself',
    details: { file: file.name, layer },
  });
}

function layerNames(file: Hdf5File): readonly string[] {
  return file.kind('layers') === 'group' ? file.members('layers') : [];
}

/** Version 3 keeps it as a value, version 2 as an attribute. */
function version(file: Hdf5File): string {
  const stored = 'attrs/LOOM_SPEC_VERSION';
  if (file.kind(stored) === 'array') {
    const array = file.array(stored);
    if (array.kind === 'string') return ` ${file.readStrings(array, 0, 1).values[0] ?? ''}`.trimEnd();
  }
  const attribute = file.textAttribute('', 'LOOM_SPEC_VERSION');
  return attribute === undefined ? '' : ` ${attribute}`;
}
