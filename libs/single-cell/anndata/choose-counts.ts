import { CfgenError } from '@cfgen/contracts';
import { judgeMatrix } from '../dataset/judge-matrix';
import type { Scan } from '../dataset/scan';
import type { DataFrame } from '../frames/column';
import type { ArrayFile } from '../array-file/array-file';
import { adviseOnValues, describeValues } from '../matrix/judge-values';
import type { StoredMatrix } from '../matrix/stored-matrix';
import type { Place, ValueFindings } from '../matrix/value-findings';
import type { WorkingRoom } from '../temporary/working-room';
import { openMatrix } from './open-matrix';
import { readFrame } from './read-frame';

/** The counts of a file and the features that belong to them. */
export interface ChosenCounts {
  readonly matrix: StoredMatrix;
  readonly var: DataFrame;
  /** Set when the whole matrix was small enough to be read for the decision. */
  readonly scan?: Scan;
}

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
  const refusals: { where: string; findings: ValueFindings; text: string }[] = [];
  for (const candidate of candidates) {
    const features = readFrame(file, candidate.features);
    requireSome(file, obs, features);
    const frame = { cells: obs.length, genes: features.length, obs: obs.where, var: features.where };
    const matrix = openMatrix(file, candidate.path, candidate.where, frame, room);
    const { findings, scan } = judgeMatrix(matrix);
    if (findings.areCounts) return { matrix, var: features, ...(scan ? { scan } : {}) };
    matrix.close();
    const name = ({ row, column }: Place): string => `cell ${obs.names[row]}, gene ${features.names[column]}`;
    refusals.push({ where: candidate.where, findings, text: describeValues(findings, candidate.where, name) });
  }
  throw refusal(file, refusals, layer);
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

function requireSome(file: ArrayFile, obs: DataFrame, features: DataFrame): void {
  const empty = obs.length === 0 ? 'cells' : features.length === 0 ? 'genes' : undefined;
  if (empty)
    throw new CfgenError('INPUT_EMPTY', `${file.name} has no ${empty}`, { hint: 'give a file with data', details: { file: file.name } });
}

function refusal(
  file: ArrayFile,
  refusals: readonly { where: string; findings: ValueFindings; text: string }[],
  layer: string | undefined,
): CfgenError {
  const places = refusals.map(({ where }) => where);
  const texts = refusals.map(({ text }) => text);
  const last = refusals.at(-1);
  const alone = layer === undefined && last !== undefined && last.findings.fractional.count > 0;
  const rest = alone ? '; no layer named counts and no raw holds counts' : '';
  const message = refusals.length > 1 ? `neither ${places.join(' nor ')} holds counts: ${texts.join('; ')}` : `${texts[0]}${rest}`;
  return new CfgenError('INPUT_NOT_COUNTS', `${file.name}: ${message}`, {
    hint: last ? adviseOnValues(last.findings) : 'give raw counts',
    details: { file: file.name, looked: places },
  });
}
