import type { RunRequest } from '@cfgen/client';
import { CfgenError, modelReferenceSchema, ulidPattern } from '@cfgen/contracts';
import type { OutputOptions } from '../commands/common-options';
import type { Session } from '../commands/session';
import { choiceOf, chosenOf } from '../options/choices';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { covariatesOf, guidanceOf, pair, whereOf } from '../options/conditions';
import { evaluationSettingsOf, type EvaluationOptions } from '../options/evaluation';
import { realNumber, wholeNumber } from '../options/numbers';
import { profileOf, zarrFormatOf } from '../options/output-format';
import { solverOf, type SolverRequest } from '../options/solver';
import type { ServerOptions } from './connection';
import { dataSetFor, type ServerWork } from './data-sets';
import { checkOutput, fetchResult, type Output } from './results';
import { onServer, runToItsEnd } from './watching';

interface Common extends OutputOptions, ServerOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly seed: string;
}

/** Options of `cfgen train` that mean something to a server. */
export interface ServerTraining extends Common {
  readonly label?: readonly string[];
  readonly batch?: readonly string[];
  readonly covariate?: readonly string[];
  readonly preset: string;
  readonly set?: readonly string[];
  readonly epochs?: string;
  readonly flowSteps?: string;
  readonly patience?: string;
  readonly layer?: string;
  readonly minCells: string;
  readonly minCellsPeaks: string;
  readonly modality?: string;
  readonly atac?: string;
  readonly split?: string;
  readonly missingLabels: string;
  readonly resume?: boolean;
}

export async function trainOnServer(session: Session, data: string, options: ServerTraining): Promise<void> {
  if (options.resume === true) {
    throw new CfgenError('REQUEST_INVALID', '--resume means nothing to a server', {
      hint: 'A run that stopped goes on with: cfgen runs retry <run>',
      details: { option: '--resume' },
    });
  }
  const fixed = {
    type: 'train',
    labels: options.label ?? [],
    batches: options.batch ?? [],
    covariates: options.covariate ?? [],
    preset: chosenOf('--preset', options.preset, ['best', 'paper', 'quick']),
    set: settingsOf(options.set ?? []),
    minCells: wholeNumber('--min-cells', options.minCells, { min: 0 }),
    minCellsPeaks: wholeNumber('--min-cells-peaks', options.minCellsPeaks, { min: 0 }),
    modality: choiceOf('--modality', options.modality, ['rna', 'rna+atac']),
    missingLabels: chosenOf('--missing-labels', options.missingLabels, ['refuse', 'drop']),
    seed: wholeNumber('--seed', options.seed, { min: 0 }),
    epochs: wholeOr('--epochs', options.epochs),
    flowSteps: wholeOr('--flow-steps', options.flowSteps),
    patience: options.patience === 'none' ? null : wholeOr('--patience', options.patience),
    layer: options.layer,
  } as const;
  await startAndFetch(session, options, async (work) => ({
    ...fixed,
    dataSet: await dataSetFor(work, data),
    split: await splitFor(work, options.split),
    atac: options.atac === undefined ? undefined : await dataSetFor(work, options.atac),
  }));
}

/** Options of `cfgen generate` that mean something to a server. */
export interface ServerGeneration extends Common, SolverRequest, CompressionRequest {
  readonly cells?: string;
  readonly where?: readonly string[];
  readonly guidance?: readonly string[];
  readonly setCovariate?: readonly string[];
  readonly like?: string;
  readonly split?: string;
  readonly librarySize: string;
  readonly mean?: boolean;
  readonly latents?: boolean;
  readonly zarrFormat?: string;
  readonly profile?: string;
  readonly vitessce?: boolean;
  readonly out?: string;
}

const usualCells = 1000;

export async function generateOnServer(session: Session, model: string, options: ServerGeneration): Promise<void> {
  const { like, librarySize } = options;
  if (options.split !== undefined && like === undefined) {
    throw new CfgenError('REQUEST_INVALID', '--split needs --like', { hint: 'Give the data file that the split belongs to by --like.' });
  }
  const format = fileFormatOf(options);
  const isNumber = librarySize.trim() !== '' && Number.isFinite(Number(librarySize));
  const fixed = {
    type: 'generate',
    model: modelOf(model),
    cells: wholeOr('--cells', options.cells) ?? (like === undefined ? usualCells : undefined),
    where: Object.fromEntries(whereOf(options.where ?? [])),
    guidance: Object.fromEntries(guidanceOf(options.guidance ?? [])),
    covariateValues: Object.fromEntries(covariatesOf(options.setCovariate ?? [])),
    librarySize: isNumber ? realNumber('--library-size', librarySize, { min: 0 }) : undefined,
    solver: solverOf(options),
    output: options.mean === true ? 'means' : 'counts',
    latents: options.latents === true,
    ...compressionOf(options),
    ...{ format, zarrFormat: format === 'zarr' ? zarrFormatOf(options.zarrFormat ?? '2') : undefined },
    profile: options.profile === undefined ? undefined : profileOf(options.profile),
    seed: wholeNumber('--seed', options.seed, { min: 0 }),
  } as const;
  await startAndFetch(session, options, async (work) => ({
    ...fixed,
    like: like === undefined ? undefined : await dataSetFor(work, like),
    librarySizeFrom: isNumber || librarySize === 'prior' ? undefined : await dataSetFor(work, librarySize),
    split: await splitFor(work, options.split),
  }));
}

/** A server hands out single files: a Zarr store comes as an archive, and without a view of it. */
export function fileFormatOf({ out = '', vitessce }: Pick<ServerGeneration, 'out' | 'vitessce'>): 'zarr' | undefined {
  if (vitessce === true || out.endsWith('.zarr')) {
    const what = vitessce === true ? '--vitessce writes a second file' : 'a .zarr folder holds many files';
    throw new CfgenError('REQUEST_INVALID', `${what}, and a server hands out one`, {
      hint: vitessce === true ? 'Leave out --vitessce; a Zarr store is named .zarr.zip.' : 'Name the output .zarr.zip.',
    });
  }
  return out.endsWith('.zarr.zip') ? 'zarr' : undefined;
}

/** Options of `cfgen evaluate` that mean something to a server. */
export interface ServerEvaluation extends Common, EvaluationOptions {
  readonly label?: string;
  readonly donor?: string;
  readonly training?: string;
  readonly split?: string;
  readonly layer?: string;
  readonly model?: string;
}

export async function evaluateOnServer(
  session: Session,
  real: string,
  generated: readonly string[],
  options: ServerEvaluation,
): Promise<void> {
  const { label, donor, layer, training } = options;
  const settings: Record<string, number> = evaluationSettingsOf(options);
  const model = options.model === undefined ? undefined : modelOf(options.model);
  const seed = wholeNumber('--seed', options.seed, { min: 0 });
  await startAndFetch(session, options, async (work) => {
    const cells = [];
    const dataSet = await dataSetFor(work, real);
    for (const one of generated) cells.push(runNamed(one) ?? { dataSet: await dataSetFor(work, one) });
    return {
      ...{ type: 'evaluate', real: dataSet, generated: cells, label, donor, layer, model, seed, settings },
      training: training === undefined ? undefined : await dataSetFor(work, training),
      split: await splitFor(work, options.split),
    };
  });
}

/** Puts a run together, starts it, follows it, and fetches what it made. */
export async function startAndFetch(
  session: Session,
  options: Omit<Common, 'seed'> & Pick<Output, 'report'>,
  request: (work: ServerWork) => Promise<RunRequest>,
): Promise<void> {
  const output = { out: options.out, overwrite: options.overwrite === true, report: options.report };
  checkOutput(output);
  await onServer(session, options, async (watching) => {
    const run = await watching.client.startRun(await request(watching), { signal: watching.signal });
    watching.started(run);
    watching.display.print([`run ${run.id}`]);
    return fetchResult(watching, await runToItsEnd(watching, run.id), output);
  });
}

export async function splitFor(work: ServerWork, split: string | undefined): Promise<string | undefined> {
  return split === undefined ? undefined : dataSetFor(work, split, 'split');
}

/** `run:<id>`: the cells that a run on the server made. */
function runNamed(what: string): { readonly run: string } | undefined {
  const id = what.startsWith('run:') ? what.slice(4) : undefined;
  return id !== undefined && ulidPattern.test(id) ? { run: id } : undefined;
}

/** A server has models of its own; a folder on this machine means nothing to it. */
export function modelOf(text: string): string {
  if (modelReferenceSchema.safeParse(text).success) return text;
  throw new CfgenError('REQUEST_INVALID', `"${text}" is neither the id nor an alias of a model on a server`, {
    hint: 'cfgen models list shows the models of the server; to use a folder on this machine, leave out --server.',
    details: { model: text },
  });
}

function settingsOf(overrides: readonly string[]): NonNullable<Extract<RunRequest, { type: 'train' }>['set']> {
  return Object.fromEntries(
    overrides.map((text) => pair('--set', text, 'autoencoder.latent=50')).map(([path, value]) => [path, valueOf(value)]),
  );
}

/** JSON where it is JSON, otherwise the text as it is. */
function valueOf(text: string) {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}

function wholeOr(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber(option, text, { min: 1 });
}
