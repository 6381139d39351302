import { join } from 'node:path';
import type { BlobRef, CommandData, CommandResult, Problem } from '@cfgen/contracts';
import type { StepContext } from '../../context';
import type { DataFile } from '../../data/data-file';
import type { CellsToMoveOptions } from '../../transport/cells-to-move';
import type { RoundTripCertificate } from '../../transport/round-trip';
import { putForeign } from '../contents/contents';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelFolderOf } from '../contents/model-blobs';
import { reported, type JobContext, type JobRequest } from '../job-context';
import { readingOf } from '../reading';

type MovingType = 'CorrectCells' | 'ImputeCells';

/** What correction and imputation are asked for alike. */
export interface MovingOptions extends CellsToMoveOptions {
  readonly model: string;
  readonly data: DataFile;
  readonly out: string;
  readonly overwrite: boolean;
  readonly guidance: ReadonlyMap<string, number>;
  readonly solver?: NonNullable<CommandData<MovingType>['solver']>;
  readonly seed: number;
  readonly bound?: number;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
}

/** Files of a command on this machine, and its settings as the command line gives them. */
export async function movingOptions<T extends MovingType>(
  request: JobRequest<T>,
  context: JobContext,
  name: string,
): Promise<MovingOptions> {
  const data: CommandData<MovingType> = request.data;
  const { fileName, splitName, part = 'test', layer, missing, guidance, solver, seed, bound, compression, level, format } = data;
  const { split } = await optionalDataFile('split', context, request.inputs.get('split'), splitName ?? 'split.tsv');
  return {
    model: await modelFolderOf(context, inputOf(request, 'model')),
    data: await dataFile(context, inputOf(request, 'data'), fileName),
    out: join(context.workFolder, `${name}.${format === 'zarr' ? 'zarr.zip' : 'h5ad'}`),
    ...{ overwrite: true, missing, guidance: new Map(Object.entries(guidance)), seed, compression },
    ...(split === undefined ? {} : { split: { file: split, part } }),
    ...(layer === undefined ? {} : { layer }),
    ...(solver === undefined ? {} : { solver }),
    ...(bound === undefined ? {} : { bound }),
    ...(level === undefined ? {} : { level }),
  };
}

/** A job as a context of the command line, and what there was to tell meanwhile. */
export async function movingContext(context: JobContext): Promise<StepContext & { readonly problems: readonly Problem[] }> {
  return { ...readingOf(context), engine: await context.engine(), version: context.version, signal: context.signal };
}

/** What a moved file tells about itself. */
interface MovedSummary {
  readonly out: string;
  readonly cells: number;
  readonly features: number;
  readonly roundTrip: RoundTripCertificate;
  readonly nonzeros: number;
  readonly total: number;
}

/** The file in the store, and its figures. */
export async function movedOutcome(
  context: JobContext,
  name: string,
  { out, cells, features, roundTrip, nonzeros, total }: MovedSummary,
  problems: readonly Problem[],
): Promise<{ readonly data: CommandResult<MovingType>; readonly outputs: readonly BlobRef[] }> {
  const { quantiles, bound, shareBeyond } = roundTrip;
  const figures = {
    ...{ cells, features, nonzeros, total },
    'round trip, half of the cells': quantiles.q50,
    'round trip, 95 % of the cells': quantiles.q95,
    'round trip, all cells': quantiles.max,
    'round trip, bound': bound,
    'round trip, share beyond': shareBeyond,
  };
  const mediaType = out.endsWith('.zip') ? 'application/zip' : 'application/x-hdf5';
  return {
    data: { figures, problems: reported(problems) },
    outputs: [await putForeign(context, name, mediaType, { file: out })],
  };
}
