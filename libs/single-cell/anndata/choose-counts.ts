import { CfgenError } from '@cfgen/contracts';
import { firstCounts, type ChosenCounts } from '../dataset/first-counts';
import type { DataFrame } from '../frames/column';
import type { ArrayFile } from '../array-file/array-file';
import type { WorkingRoom } from '../temporary/working-room';
import { openMatrix } from './open-matrix';
import { readFrame } from './read-frame';

interface Candidate {
  /** As users name it. */
  readonly where: string;
  readonly path: string;
  /** Group of its features. */
  readonly features: string;
}

/**
 * Finds the counts: the layer asked for, otherwise `layers/counts`, `raw/X`, `X`, the first that holds non-negative whole numbers.
 * Throws `INPUT_NOT_COUNTS` saying what each of them holds instead.
 */
export function chooseCounts(file: ArrayFile, obs: DataFrame, layer: string | undefined, room: WorkingRoom): ChosenCounts {
  const candidates = layer === undefined ? usualCandidates(file) : [requestedCandidate(file, layer)];
  return firstCounts(
    file.name,
    obs,
    candidates.map(({ where, path, features }) => ({
      where,
      features: () => readFrame(file, features),
      open: (frame) => openMatrix(file, path, where, { cells: obs.length, genes: frame.length, obs: obs.where, var: frame.where }, room),
    })),
    layer === undefined ? '; no layer named counts and no raw holds counts' : '',
  );
}

function usualCandidates(file: ArrayFile): Candidate[] {
  const candidates: Candidate[] = [];
  if (file.members('').includes('layers') && file.kind('layers') === 'group' && file.members('layers').includes('counts')) {
    candidates.push({ where: 'layers/counts', path: 'layers/counts', features: 'var' });
  }
  const raw = rawCandidate(file);
  if (raw) candidates.push(raw);
  if (file.members('').includes('X')) candidates.push({ where: 'X', path: 'X', features: 'var' });
  if (candidates.length > 0) return candidates;
  throw new CfgenError('INPUT_INCOMPLETE', `${file.name} holds no counts: X, layers/counts and raw/X are missing${layersFound(file)}`, {
    hint: 'name the layer that holds the counts, or store them in X',
    details: { file: file.name },
  });
}

function rawCandidate(file: ArrayFile): Candidate | undefined {
  if (file.kind('raw') === 'group' && file.members('raw').includes('X')) return { where: 'raw/X', path: 'raw/X', features: 'raw/var' };
  // anndata 0.6 wrote raw as two members of the root.
  if (file.members('').includes('raw.X')) return { where: 'raw/X', path: 'raw.X', features: 'raw.var' };
  return undefined;
}

function requestedCandidate(file: ArrayFile, layer: string): Candidate {
  if (layer === 'X' && file.members('').includes('X')) return { where: 'X', path: 'X', features: 'var' };
  const raw = layer === 'raw' || layer === 'raw/X' ? rawCandidate(file) : undefined;
  if (raw) return raw;
  const name = layer.replace(/^layers\//, '');
  if (layerNames(file).includes(name)) return { where: `layers/${name}`, path: `layers/${name}`, features: 'var' };
  throw new CfgenError('REQUEST_UNKNOWN_VALUE', `${file.name} has no layer ${layer}${layersFound(file)}`, {
    hint: 'name one of them, or X, or raw/X',
    details: { file: file.name, layer },
  });
}

function layerNames(file: ArrayFile): readonly string[] {
  return file.kind('layers') === 'group' ? file.members('layers') : [];
}

function layersFound(file: ArrayFile): string {
  const names = layerNames(file);
  return `; layers: ${names.length === 0 ? 'none' : names.join(', ')}`;
}
