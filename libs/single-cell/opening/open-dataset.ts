import type { Problem } from '@cfgen/contracts';
import { Dataset, type DatasetParts } from '../dataset/dataset';
import { selectModality, tellModalities } from '../dataset/select-modality';
import { modalityAlone, type MuData } from '../mudata/open-mudata';
import type { WorkingRoom } from '../temporary/working-room';
import type { Opened } from './open-hdf5';
import { openSource, workingRoom, type OpenOptions } from './open-source';

/**
 * Opens single-cell counts: AnnData `.h5ad` or `.zarr`, one modality of MuData `.h5mu`, Loom, 10x `.h5` (those in HDF5 also gzip-wrapped), a 10x
 * folder. The format is told by content, not by name. Structure, shapes and a sample of the values are checked now, everything else when it is read.
 *
 * @example
 * const dataset = await openDataset('pbmc3k.h5ad');
 * const label = dataset.label('cell_type');
 * dataset.close();
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const room = workingRoom(options);
  return datasetOf(await openSource(path, options, room), options, room);
}

/** The data set of an open file, which is closed when this throws. */
export function datasetOf(opened: Opened, options: Pick<OpenOptions, 'layer' | 'modality'>, room: WorkingRoom): Dataset {
  if (opened.kind === 'mudata') return closingOnError(opened.close, () => oneOfMuData(opened, options, room));
  const { parts } = opened;
  const close = (): void => {
    parts.matrix.close();
    parts.close();
  };
  return closingOnError(
    close,
    () => new Dataset(options.modality === undefined ? tellModalities(parts) : selectModality(parts, options.modality)),
  );
}

/** The result of `make`; when that throws, what was open is closed. */
export function closingOnError<Result>(close: () => void, make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    close();
    throw cause;
  }
}

function oneOfMuData(mudata: MuData, options: Pick<OpenOptions, 'layer' | 'modality'>, room: WorkingRoom): Dataset {
  const modality = options.modality ?? 'rna';
  const parts = modalityAlone(mudata, modality, options.layer, room);
  const others = options.modality === undefined ? mudata.modalities.filter((name) => name !== modality) : [];
  const problems = others.length === 0 ? parts.problems : [...parts.problems, leftAside(parts, modality, others)];
  return closingOnError(
    () => parts.matrix.close(),
    () => new Dataset({ ...parts, problems, close: mudata.close }),
  );
}

function leftAside(parts: DatasetParts, modality: string, others: readonly string[]): Problem {
  return {
    severity: 'note',
    code: 'modality-left-aside',
    message: `${parts.name}: ${modality} is read, ${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'} left aside`,
    hint: `name the modality to read another`,
    details: { modality, others },
  };
}
