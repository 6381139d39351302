import type { IntegrationReport, ScoreIntegrationSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { chosenOf } from '../options/choices';
import { whereOf } from '../options/conditions';
import { integrationProfiles, neighbourMethods } from '../options/integration';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { counted, duration, figure } from '../terminal/quantities';
import { table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions {
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

const examples = `
Examples:
  cfgen integration data.h5ad --batch donor --label cell_type                           uncorrected: principal components of the counts
  cfgen integration corrected.h5ad --batch donor --label cell_type --embedding X_pca --embedding X_cfgen --before X_pca
  cfgen integration data.h5ad --batch donor --label cell_type --exclude cell_type=doublet --profile scib-2024
  cfgen integration data.h5ad --batch condition --label cell_type --unlabelled unknown   cells without a known label`;

export function addIntegration(program: Command, session: Session): void {
  const command = program
    .command('integration')
    .summary('score how well embeddings mix batches and keep cell types')
    .description('Scores how well embeddings mix batches and keep labels apart: the metrics of scIB, in integration.json and a table.')
    .argument('<data>', 'data file with the cells, and the embeddings in obsm')
    .requiredOption('--batch <column>', 'obs column that says where cells come from, such as donor')
    .requiredOption('--label <column>', 'obs column that says what cells are, such as cell_type')
    .option('--embedding <name>', 'entry of obsm, or pca: 50 principal components of the counts (repeatable; default: pca)', collected)
    .option('--before <name>', 'the embedding before correction, named in the same way', 'pca')
    .option('--exclude <column=value>', 'leave out cells with this value (repeatable)', collected)
    .option('--unlabelled <value>', 'a label that means "not known": only what needs no labels counts such cells (repeatable)', collected)
    .option('--profile <name>', 'scib-2025 (BRAS) or scib-2024 (silhouette batch)', 'scib-2025')
    .option('--neighbours <method>', 'exact, approximate, or auto: exact below 50,000 cells', 'auto')
    .option('--min-max', 'also stretch every metric over the embeddings compared')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--seed <n>', 'the same seed gives the same figures', '0')
    .option('--out <folder>', 'folder for integration.json and integration.tsv', 'integration')
    .option('--overwrite', 'replace scores that are there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (data: string, options: Options) => {
      if (serverOf(session, options) === undefined) return score(session, data, options);
      const { integrationOnServer } = await import('../server/start-integration');
      return integrationOnServer(session, data, options);
    });
}

async function score(session: Session, data: string, options: Options): Promise<void> {
  const { batch, label, before, layer, profile, neighbours } = options;
  const request = {
    ...{ data, batch, label, before },
    embeddings: options.embedding ?? ['pca'],
    exclude: Object.fromEntries(whereOf(options.exclude ?? [])),
    unlabelled: options.unlabelled ?? [],
    minMax: options.minMax === true,
    ...(layer === undefined ? {} : { layer }),
    settings: {
      profile: chosenOf('--profile', profile, integrationProfiles),
      neighbours: chosenOf('--neighbours', neighbours, neighbourMethods),
      seed: seedOf(options.seed),
    },
    out: options.out,
    overwrite: options.overwrite === true,
  };
  await runStep(session, options, 'No scores were written; run the same command again.', async ({ context, times }) => {
    const { scoreIntegrationOfFile } = await import('@cfgen/stages');
    return answer(await scoreIntegrationOfFile(request, context), times.total());
  });
}

function answer({ scores, table: tableFile, report }: ScoreIntegrationSummary, seconds: number): Answer {
  return {
    lines: [...integrationTable(report), '', ...remarks(report), `Figures: ${scores}`, `Table: ${tableFile}`, `Time: ${duration(seconds)}`],
    json: { command: 'integration', scores, table: tableFile, report },
  };
}

/** The metrics and their means, a column for each embedding. */
export function integrationTable({ embeddings }: IntegrationReport): string[] {
  const text = (value: number | null | undefined): string => (value === null || value === undefined ? '-' : figure(value));
  const metrics = embeddings[0]?.result.metrics ?? [];
  const means = (name: string, of: (embedding: IntegrationReport['embeddings'][number]) => number | null): string[] => [
    name,
    '',
    ...embeddings.map((embedding) => text(of(embedding))),
  ];
  return table(
    [
      ['', '', ...embeddings.map(({ name }) => name)],
      ...metrics.map(({ id, title, group }) => [
        title,
        group,
        ...embeddings.map(({ result }) => text(result.metrics.find((metric) => metric.id === id)?.value)),
      ]),
      means('Batch correction', ({ result }) => result.aggregates.batch.value),
      means('Bio conservation', ({ result }) => result.aggregates.bio.value),
      means('Total', ({ result }) => result.aggregates.total),
    ],
    ['left', 'left', ...embeddings.map(() => 'right' as const)],
  );
}

/** What has to be said beside the figures: what is not defined, and how much of the variance of labels is left. */
function remarks({ embeddings }: IntegrationReport): string[] {
  const lines: string[] = [];
  for (const { name, result } of embeddings) {
    for (const { title, value, reason } of result.metrics) {
      if (value === null) lines.push(`${name}: ${title} is left out of the means, as ${reason ?? 'it is not defined'}.`);
    }
    const ratios = result.labels.flatMap(({ relativeVarianceRatio }) => relativeVarianceRatio.value ?? []);
    const least = Math.min(...ratios);
    if (ratios.length > 0 && Math.abs(least - 1) > 1e-9) {
      lines.push(
        `${name}: cells of a label keep at least ${figure(least)} of their share of the variance; far below 1 they have collapsed.`,
      );
    }
    const { method, recall, recallCells } = result.neighbours;
    if (method === 'approximate')
      lines.push(`${name}: ${figure(recall)} of the true neighbours were found, by ${counted(recallCells ?? 0, 'cell')}.`);
  }
  return lines.length === 0 ? [] : [...lines, ''];
}
