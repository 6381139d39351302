import type { OutputOptions } from '../commands/common-options';
import type { Session } from '../commands/session';
import { chosenOf } from '../options/choices';
import { whereOf } from '../options/conditions';
import { integrationProfiles, neighbourMethods } from '../options/integration';
import { wholeNumber } from '../options/numbers';
import type { ServerOptions } from './connection';
import { dataSetFor } from './data-sets';
import { startAndFetch } from './start-work';

/** Options of `cfgen integration` that mean something to a server. */
export interface ServerIntegration extends OutputOptions, ServerOptions {
  readonly batch: string;
  readonly label: string;
  readonly embedding?: readonly string[];
  readonly before: string;
  readonly exclude?: readonly string[];
  readonly unlabelled?: readonly string[];
  readonly profile: string;
  readonly neighbours: string;
  readonly minMax?: boolean;
  readonly layer?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

export async function integrationOnServer(session: Session, data: string, options: ServerIntegration): Promise<void> {
  const { batch, label, before, layer } = options;
  const fixed = {
    type: 'integration',
    ...{ batch, label, before, layer },
    embeddings: [...(options.embedding ?? ['pca'])],
    exclude: Object.fromEntries(whereOf(options.exclude ?? [])),
    unlabelled: [...(options.unlabelled ?? [])],
    minMax: options.minMax === true,
    profile: chosenOf('--profile', options.profile, integrationProfiles),
    neighbours: chosenOf('--neighbours', options.neighbours, neighbourMethods),
    seed: wholeNumber('--seed', options.seed, { min: 0 }),
  } as const;
  await startAndFetch(session, options, async (work) => ({ ...fixed, dataSet: await dataSetFor(work, data) }));
}
