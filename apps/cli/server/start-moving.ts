import { CfgenError } from '@cfgen/contracts';
import type { OutputOptions } from '../commands/common-options';
import type { Session } from '../commands/session';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { guidanceOf } from '../options/conditions';
import { missingOf, partOf } from '../options/moved-cells';
import { realNumber, wholeNumber } from '../options/numbers';
import { solverOf, type SolverRequest } from '../options/solver';
import type { ServerOptions } from './connection';
import { dataSetFor } from './data-sets';
import { fileFormatOf, modelOf, splitFor, startAndFetch } from './start-work';

/** Options of `cfgen correct` and `cfgen impute` that mean something to a server. */
interface ServerMoving extends OutputOptions, ServerOptions, SolverRequest, CompressionRequest {
  readonly guidance?: readonly string[];
  readonly missing: string;
  readonly layer?: string;
  readonly split?: string;
  readonly part: string;
  readonly bound?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** Options of `cfgen correct` of this kind. */
export interface ServerCorrection extends ServerMoving {
  readonly batch?: string;
  readonly reference?: string;
  readonly means?: boolean;
}

export async function correctOnServer(session: Session, model: string, data: string, options: ServerCorrection): Promise<void> {
  const { batch, reference } = options;
  const fixed = { type: 'correct', ...requestOf(model, options), batch, reference, means: options.means === true } as const;
  await startAndFetch(session, options, async (work) => ({
    ...fixed,
    dataSet: await dataSetFor(work, data),
    split: await splitFor(work, options.split),
  }));
}

/** Options of `cfgen impute` of this kind. */
export interface ServerImputation extends ServerMoving {
  readonly noise: string;
  readonly evaluate?: boolean;
}

export async function imputeOnServer(session: Session, model: string, data: string | undefined, options: ServerImputation): Promise<void> {
  if (options.evaluate === true) {
    throw new CfgenError('REQUEST_INVALID', '--evaluate trains and compares on this machine', {
      hint: 'Leave out --server, or --evaluate.',
      details: { option: '--evaluate' },
    });
  }
  if (data === undefined) {
    throw new CfgenError('REQUEST_INVALID', 'the data set is missing', { hint: 'cfgen impute <model> <data> --server <url>' });
  }
  const fixed = { type: 'impute', ...requestOf(model, options), noise: realNumber('--noise', options.noise, { min: 0 }) } as const;
  await startAndFetch(session, options, async (work) => ({
    ...fixed,
    dataSet: await dataSetFor(work, data),
    split: await splitFor(work, options.split),
  }));
}

function requestOf(model: string, options: ServerMoving) {
  const { layer, bound, seed } = options;
  const part = partOf(options)?.part;
  return {
    model: modelOf(model),
    guidance: Object.fromEntries(guidanceOf(options.guidance ?? [])),
    missing: missingOf(options.missing),
    ...{ part, layer, solver: solverOf(options), format: fileFormatOf(options) },
    bound: bound === undefined ? undefined : realNumber('--bound', bound),
    ...compressionOf(options),
    seed: wholeNumber('--seed', seed, { min: 0 }),
  };
}
