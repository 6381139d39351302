import type { Answer } from '../commands';
import type { Experiment, Section } from '../experiment';
import { figureOf, seconds, table, written } from '../figures';

interface DataSet {
  readonly name: string;
  readonly title: string;
  readonly label: string;
  readonly split: string;
  readonly heldOut: string;
  /** Real and generated cells together, about twice the real ones. */
  readonly target: number;
}

const dataSets: readonly DataSet[] = [
  {
    name: 'kang_donors',
    title: 'Kang, eight donors',
    label: 'cell_type',
    split: 'kang_donors.by_donor',
    heldOut: 'all cells of two donors',
    target: 18_000,
  },
  { name: 'pbmc3k', title: 'PBMC3K', label: 'cell_type', split: 'pbmc3k', heldOut: 'a fifth of the cells', target: 4_200 },
];

interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** The part of the answer of `cfgen augment --evaluate` that the table shows. */
interface Recalls {
  readonly classifiers: readonly {
    readonly id: string;
    readonly name: string;
    readonly macroBefore: number;
    readonly macroAfter: readonly number[];
    readonly macroGain: Estimate;
    readonly pearson: Estimate;
    readonly labels: readonly {
      readonly label: string;
      readonly frequency: number;
      readonly generated: readonly number[];
      readonly heldOut: number;
      readonly before: number;
      readonly after: readonly number[];
    }[];
  }[];
}

/** Table 7: recall of cell types on held-out cells, trained on real cells alone and on real and generated ones. */
export async function augmentation({ runner, seeds }: Experiment): Promise<Section> {
  const parts = [introduction];
  for (const dataSet of dataSets) {
    const { name, label, target } = dataSet;
    if (!runner.hasData(`${name}.h5ad`)) continue;
    const data = runner.data(`${name}.h5ad`);
    const split = runner.data(`splits/${dataSet.split}.tsv`);
    const id = `augmentation/${name}`;
    const model = runner.at(`${id}/model`);
    const trained = await runner.run(`${id}/train`, [
      'train',
      data,
      '--label',
      label,
      '--split',
      split,
      '--preset',
      'best',
      '--out',
      model,
    ]);
    const augmented = await runner.run(
      `${id}/augment`,
      [
        ...['augment', model, data, '--label', label, '--target', String(target), '--split', split, '--evaluate'],
        ...['--replicates', String(seeds.length), '--out', runner.at(`${id}/augmented.h5ad`), '--report', runner.at(`${id}/report`)],
      ],
      [trained],
    );
    parts.push(page(dataSet, trained, augmented));
  }
  return { title: 'Table 7: augmentation of rare cell types', body: parts.join('\n\n') };
}

const introduction = [
  'Cells are generated in inverse proportion to the frequency of their type, up to a target size; classifiers are trained on real cells alone, and on real and generated ones, and judged by their recall on',
  'real held-out cells. The paper uses embeddings of scGPT and atlases that are not at hand; here the k-NN classifier works on principal components, and the second is the logistic regression of CellTypist.',
].join('\n');

const shortNames: Readonly<Record<string, string>> = { neighbours: 'k-NN', celltypist: 'CellTypist' };

function page(dataSet: DataSet, trained: Answer, augmented: Answer): string {
  const { classifiers } = augmented.json as Recalls;
  const rare = [...(classifiers[0]?.labels ?? [])].sort((a, b) => b.frequency - a.frequency);
  const of = (classifier: Recalls['classifiers'][number], label: string) => classifier.labels.find((entry) => entry.label === label);
  return [
    `${dataSet.title}: held out are ${dataSet.heldOut}; trained in ${seconds([trained.seconds])}, augmented ${classifiers[0]?.macroAfter.length ?? 0} times and judged in ${seconds([augmented.seconds])}.`,
    table(
      ['cell type', 'frequency', 'generated', 'held out', ...classifiers.flatMap(({ id }) => [`${shortNames[id] ?? id}: before`, 'after'])],
      [
        ...rare.map(({ label, frequency, generated, heldOut }) => [
          label,
          `${(100 * frequency).toFixed(2)} %`,
          String(generated[0] ?? 0),
          String(heldOut),
          ...classifiers.flatMap((classifier) => [
            of(classifier, label)?.before.toFixed(2) ?? '',
            written(figureOf(of(classifier, label)?.after ?? [])),
          ]),
        ]),
        [
          'mean',
          '',
          '',
          '',
          ...classifiers.flatMap(({ macroBefore, macroAfter }) => [macroBefore.toFixed(3), written(figureOf(macroAfter), 3)]),
        ],
      ],
    ),
    ...classifiers.map(
      ({ id, name, macroGain, pearson }) =>
        `- ${shortNames[id] ?? id} (${name}): mean gain ${interval(macroGain, 3)}; correlation of gain and frequency ${interval(pearson, 2)} (the paper expects it negative).`,
    ),
  ].join('\n\n');
}

function interval({ value, low, high }: Estimate, digits: number): string {
  if (value === null) return 'not defined';
  return low === null || high === null
    ? value.toFixed(digits)
    : `${value.toFixed(digits)} (95 %: ${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
