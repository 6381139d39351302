import { CfgenError } from '@cfgen/contracts';
import type { OutputOptions } from '../commands/common-options';
import type { Session } from '../commands/session';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { guidanceOf } from '../options/conditions';
import { realNumber, wholeNumber } from '../options/numbers';
import { solverOf, type SolverRequest } from '../options/solver';
import type { ServerOptions } from './connection';
import { dataSetFor } from './data-sets';
import { modelOf, splitFor, startAndFetch } from './start-work';

interface Common extends OutputOptions, ServerOptions {
  readonly split?: string;
  readonly layer?: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** Options of `cfgen import` that mean something to a server. */
export interface ServerImport extends Common {
  readonly autoencoder?: string;
  readonly metadata?: string;
  readonly data: string;
  readonly batch?: readonly string[];
  readonly alias?: string;
}

export async function importOnServer(session: Session, checkpoint: string, options: ServerImport): Promise<void> {
  const { autoencoder, metadata } = options;
  await startAndFetch(session, options, async (work) => ({
    ...{ type: 'import', batches: options.batch ?? [], layer: options.layer, alias: options.alias },
    checkpoint: await dataSetFor(work, checkpoint, 'checkpoint'),
    autoencoder: autoencoder === undefined ? undefined : await dataSetFor(work, autoencoder, 'checkpoint'),
    metadata: metadata === undefined ? undefined : await dataSetFor(work, metadata, 'checkpoint'),
    dataSet: await dataSetFor(work, options.data),
    split: await splitFor(work, options.split),
  }));
}

/** Options of `cfgen augment` that mean something to a server. */
export interface ServerAugmentation extends Common, SolverRequest, CompressionRequest {
  readonly label: string;
  readonly target: string;
  readonly by?: string;
  readonly maxFactor: string;
  readonly minSupport: string;
  readonly plan?: boolean;
  readonly evaluate?: boolean;
  readonly replicates: string;
  readonly neighbours: string;
  readonly report: string;
  readonly guidance?: readonly string[];
  readonly seed: string;
}

export async function augmentOnServer(session: Session, model: string, data: string, options: ServerAugmentation): Promise<void> {
  if (options.plan === true) {
    throw new CfgenError('REQUEST_INVALID', '--plan shows a plan for files on this machine', {
      hint: 'Leave out --server, or read plan.json of the run on the server.',
      details: { option: '--plan' },
    });
  }
  const evaluate = options.evaluate === true;
  const fixed = {
    type: 'augment',
    model: modelOf(model),
    ...{ label: options.label, by: options.by, layer: options.layer, evaluate },
    target: wholeNumber('--target', options.target, { min: 1 }),
    maxFactor: realNumber('--max-factor', options.maxFactor, { min: 0 }),
    minSupport: wholeNumber('--min-support', options.minSupport, { min: 0 }),
    replicates: wholeNumber('--replicates', options.replicates, { min: 1, max: 32 }),
    neighbours: wholeNumber('--neighbours', options.neighbours, { min: 1, max: 1000 }),
    guidance: Object.fromEntries(guidanceOf(options.guidance ?? [])),
    solver: solverOf(options),
    ...compressionOf(options),
    seed: wholeNumber('--seed', options.seed, { min: 0 }),
  } as const;
  await startAndFetch(session, evaluate ? options : { ...options, report: undefined }, async (work) => ({
    ...fixed,
    dataSet: await dataSetFor(work, data),
    split: await splitFor(work, options.split),
  }));
}
