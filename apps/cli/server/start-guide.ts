import type { OutputOptions } from '../commands/common-options';
import type { Session } from '../commands/session';
import { wholeNumber } from '../options/numbers';
import { solverOf, type SolverRequest } from '../options/solver';
import { bandOf, weightGridOf } from '../options/weight-grid';
import type { ServerOptions } from './connection';
import { dataSetFor } from './data-sets';
import { modelOf, splitFor, startAndFetch } from './start-work';

/** Options of `cfgen guide` that mean something to a server. */
export interface ServerGuide extends OutputOptions, ServerOptions, SolverRequest {
  readonly grid?: readonly string[];
  readonly cells: string;
  readonly band: string;
  readonly split?: string;
  readonly layer?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

export async function guideOnServer(session: Session, model: string, data: string, options: ServerGuide): Promise<void> {
  const fixed = {
    type: 'guide',
    model: modelOf(model),
    grid: weightGridOf(options.grid ?? []),
    cells: wholeNumber('--cells', options.cells, { min: 20 }),
    band: bandOf(options.band),
    layer: options.layer,
    solver: solverOf(options),
    seed: wholeNumber('--seed', options.seed, { min: 0 }),
  } as const;
  await startAndFetch(session, options, async (work) => ({
    ...fixed,
    dataSet: await dataSetFor(work, data),
    split: await splitFor(work, options.split),
  }));
}
