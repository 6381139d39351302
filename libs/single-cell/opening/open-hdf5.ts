import { openAnnData, type OpenedFrom } from '../anndata/open-anndata';
import type { DatasetParts } from '../dataset/dataset';
import type { Hdf5File } from '../hdf5/hdf5-file';
import { isLoom, openLoom } from '../loom/open-loom';
import { isMuData, openMuData, type MuData } from '../mudata/open-mudata';
import type { WorkingRoom } from '../temporary/working-room';
import { isTenxHdf5, openTenxHdf5 } from '../tenx/open-tenx-hdf5';

/** What a path holds: one matrix, or modalities of which one can be opened. */
export type Opened = { readonly kind: 'matrix'; readonly parts: DatasetParts } | MuData;

/** Tells the formats inside HDF5 apart by their content, and opens the one found. */
export function openHdf5(file: Hdf5File, source: OpenedFrom, layer: string | undefined, room: WorkingRoom): Opened {
  if (isMuData(file)) return openMuData(file, source);
  return { kind: 'matrix', parts: openMatrixFile(file, source, layer, room) };
}

function openMatrixFile(file: Hdf5File, source: OpenedFrom, layer: string | undefined, room: WorkingRoom): DatasetParts {
  const members = file.members('');
  if (isLoom(file)) return openLoom(file, source, layer, room);
  if (!members.includes('obs') && isTenxHdf5(file)) return openTenxHdf5(file, source, room);
  return openAnnData(file, source, layer, room);
}
