import type { Answer } from '../commands';
import type { Experiment, Section } from '../experiment';
import { seconds, table, written } from '../figures';
import { published } from '../published';

const dataSets = [
  { name: 'pbmc3k', title: 'PBMC3K', minCells: 30 },
  { name: 'paul15', title: 'Paul, blood progenitors', minCells: 20 },
] as const;

interface OverRepeats {
  readonly mean: number;
  readonly sem: number | null;
}

interface Imputation {
  readonly repeats: readonly unknown[];
  readonly model: { readonly l1: OverRepeats; readonly pearson: OverRepeats };
  readonly baseline: { readonly l1: OverRepeats; readonly pearson: OverRepeats };
}

/** Table 9: hidden counts against imputed ones. */
export async function imputation({ runner, seeds }: Experiment): Promise<Section> {
  const rows: string[][] = [];
  for (const { name, title, minCells } of dataSets) {
    if (!runner.hasData(`${name}.h5ad`)) continue;
    for (const entries of ['nonzero', 'all'] as const) {
      const answer = await runner.run(`imputation/${name}-${entries}`, [
        ...['impute', runner.data(`${name}.h5ad`), '--evaluate', '--label', 'cell_type', '--min-cells', String(minCells)],
        ...['--mask', '0.1', '--entries', entries, '--repeats', String(seeds.length), '--noise', '0.05'],
      ]);
      rows.push(...rowsOf(title, entries, answer));
    }
    if (name === 'pbmc3k')
      rows.push(
        ...published.imputation.pbmc3k.map(({ model, l1, pearson }) => [title, 'not said', `${model}, as published`, l1, pearson, '']),
      );
  }
  const header = ['data set', 'hidden entries', 'model', 'L1', 'Pearson', 'time'];
  return { title: 'Table 9: imputation', body: [introduction, table(header, rows)].join('\n\n') };
}

const introduction = [
  'A tenth of the entries is set to 0, the model is trained on what is left, and the hidden entries are imputed (noise 0.05); anew for every seed. Preset `best`. Of the entries that are not zero, or of all:',
  'the paper masks "10 % of the counts" and does not say which. The baseline is the mean profile of the cell type, times the total of the cell.',
].join('\n');

function rowsOf(title: string, entries: string, { json, seconds: taken }: Answer): string[][] {
  const { repeats, model, baseline } = json as Imputation;
  const text = ({ mean, sem }: OverRepeats): string => written({ mean, error: sem ?? undefined, replicates: repeats.length }, 3);
  return [
    [title, entries, 'CFGen, here', text(model.l1), text(model.pearson), seconds([taken])],
    [title, entries, 'mean of the label', text(baseline.l1), text(baseline.pearson), ''],
  ];
}
