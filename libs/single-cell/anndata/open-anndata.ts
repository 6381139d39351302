import { CfgenError } from '@cfgen/contracts';
import type { DatasetParts } from '../dataset/dataset';
import type { Hdf5File } from '../hdf5/hdf5-file';
import type { WorkingRoom } from '../temporary/working-room';
import { acceptedFormats } from '../opening/accepted-formats';
import { chooseCounts } from './choose-counts';
import { embeddingsOf } from './embeddings';
import { readFrame } from './read-frame';

/** The file as the user gave it. */
export interface OpenedFrom {
  /** Where it lies. */
  readonly file: string;
  /** Path and name for people. */
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** Closes the HDF5 file and removes what was unpacked for it. */
  close(): void;
}

/** What an open AnnData file holds. */
export function openAnnData(file: Hdf5File, source: OpenedFrom, layer: string | undefined, room: WorkingRoom): DatasetParts {
  requireAnnData(file);
  const obs = readFrame(file, 'obs');
  const counts = chooseCounts(file, obs, layer, room);
  return {
    path: source.path,
    name: source.name,
    format: 'h5ad',
    formatDetail: generation(file),
    bytes: source.bytes,
    files: [source.file],
    obs,
    var: counts.var,
    matrix: counts.matrix,
    countsAt: counts.matrix.where,
    problems: [],
    ...(counts.scan ? { scan: counts.scan } : {}),
    embeddings: embeddingsOf(file, obs.length),
    room,
    close: source.close,
  };
}

function requireAnnData(file: Hdf5File): void {
  const members = file.members('');
  const missing = ['obs', 'var'].filter((name) => !members.includes(name));
  if (missing.length === 0) return;
  const hasX = members.includes('X');
  const absent = hasX ? missing : ['X', ...missing];
  if (hasX || missing.length < 2) {
    throw new CfgenError(
      'INPUT_INCOMPLETE',
      `${file.name} is incomplete: ${absent.join(' and ')} ${absent.length === 1 ? 'is' : 'are'} missing`,
      {
        hint: 'save the file again with anndata',
        details: { file: file.name, found: members },
      },
    );
  }
  throw new CfgenError(
    'INPUT_FORMAT',
    `${file.name} is HDF5, but not AnnData: X, obs and var are missing; found: ${members.length === 0 ? 'nothing' : members.slice(0, 10).join(', ')}`,
    { hint: acceptedFormats, details: { file: file.name, found: members } },
  );
}

function generation(file: Hdf5File): string {
  if (file.kind('obs') === 'array') return 'AnnData, as anndata 0.6 wrote it (tables)';
  if (file.attribute('', 'encoding-type') === 'anndata') return 'AnnData';
  return 'AnnData, as anndata 0.7 wrote it';
}
