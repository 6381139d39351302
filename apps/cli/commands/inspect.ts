import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelDescription } from '@cfgen/model';
import type { Dataset, Inspection, Label } from '@cfgen/single-cell';
import type { Command } from 'commander';
import { bytes, count, counted, duration, figure, share } from '../terminal/quantities';
import { problemLines } from '../terminal/messages';
import { indented, table } from '../terminal/tables';
import { addOutputOptions, memoryBytes, type OutputOptions } from './common-options';
import { profileOf } from '../options/output-format';
import { modelAnswer } from './inspect-model';
import { noteProblem, printAnswer, type Answer, type Session } from './session';

interface Options extends OutputOptions {
  readonly layer?: string;
  readonly label?: string;
  readonly model?: string;
  readonly profile?: string;
}

const examples = `
Examples:
  cfgen inspect data.h5ad
  cfgen inspect data.h5ad --label cell_type          how many cells each value has, and whether it can be trained on
  cfgen inspect data.h5ad --model model/             whether a model and a file fit each other
  cfgen inspect data.h5ad --profile cellxgene        what is missing for an atlas, each with its remedy
  cfgen inspect model/                               what a model was trained on`;

export function addInspect(program: Command, session: Session): void {
  const command = program
    .command('inspect')
    .summary('say what a data file or a model holds')
    .description(
      'Says what a data file holds: cells, genes, where the counts are, what can serve as a label; or what a model was trained on.',
    )
    .argument('<file>', 'data file (.h5ad, .zarr, .h5mu, .loom, 10x .h5), 10x folder, or model folder')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--label <column>', 'look at this obs column')
    .option('--model <folder>', 'look at how the file fits this model')
    .option('--profile <name>', 'cellxgene: compare the file with its schema');
  addOutputOptions(command)
    .addHelpText('after', examples)
    .action((file: string, options: Options) => inspect(session, file, options));
}

async function inspect(session: Session, file: string, options: Options): Promise<void> {
  const answer = existsSync(join(file, 'model.json')) ? await modelAnswer(file) : await dataAnswer(session, file, options);
  printAnswer(session, answer, options.json === true);
}

async function dataAnswer(session: Session, file: string, options: Options): Promise<Answer> {
  const { inspectDataset } = await import('@cfgen/single-cell');
  const open = { memory: memoryBytes(undefined), ...(options.layer === undefined ? {} : { layer: options.layer }) };
  const inspection = await inspectDataset(file, open);
  for (const problem of inspection.problems) noteProblem(session, problem);
  const label = options.label === undefined ? undefined : await labelOf(session, inspection, file, open, options.label);
  const fit = options.model === undefined ? undefined : await fitOf(session, file, open, options.model);
  const profile = options.profile === undefined ? undefined : await profileFit(session, file, open, options.profile);
  const { problems: _, ...facts } = inspection;
  return {
    lines: [
      ...describeData(inspection),
      ...(label === undefined ? [] : describeLabel(label)),
      ...(fit === undefined ? [] : fit.lines),
      ...(profile === undefined ? [] : profile.lines),
      ...(session.problems.length === 0 ? [] : ['', ...session.problems.flatMap(problemLines)]),
    ],
    json: {
      command: 'inspect',
      kind: 'data',
      ...facts,
      ...(label === undefined
        ? {}
        : { label: { column: label.column, categories: label.categories, sizes: label.sizes, missing: label.missing } }),
      ...(fit === undefined ? {} : { model: fit.json }),
      ...(profile === undefined ? {} : profile.json),
    },
  };
}

type OpenOptions = { readonly memory: number; readonly layer?: string };

/** How a file stands to the schema of an atlas; what it lacks goes with the problems. */
async function profileFit(session: Session, file: string, open: { readonly memory: number }, name: string): Promise<Answer> {
  profileOf(name);
  const { cellxgeneSchemaVersion, checkCellxgene } = await import('@cfgen/single-cell');
  const findings = await checkCellxgene(file, { memory: open.memory });
  for (const finding of findings) noteProblem(session, finding);
  const verdict = findings.length === 0 ? 'nothing is missing' : counted(findings.length, 'thing to mend', 'things to mend');
  return {
    lines: ['', `Schema ${cellxgeneSchemaVersion} of CELLxGENE: ${verdict}`],
    json: { profile: { name, schemaVersion: cellxgeneSchemaVersion, findings: findings.length } },
  };
}

/** The label as training would see it; refused for the reasons training would refuse it, but for missing values. */
async function labelOf(session: Session, inspection: Inspection, file: string, open: OpenOptions, column: string): Promise<Label> {
  const { dataset, close } = await cellsOf(inspection, file, open);
  try {
    const label = dataset.label(column, { missing: 'keep' });
    for (const problem of label.problems) noteProblem(session, problem);
    if (label.missing > 0) {
      noteProblem(session, {
        severity: 'warning',
        code: 'label-missing-values',
        message: `${counted(label.missing, 'cell has', 'cells have')} no ${column}`,
        hint: 'cfgen train refuses them unless --missing-labels drop is given.',
        details: { column, cells: label.missing },
      });
    }
    return label;
  } finally {
    close();
  }
}

/** The cells that were inspected: of a file with modalities apart, those that both have. */
async function cellsOf(
  { format, modalities }: Inspection,
  file: string,
  open: OpenOptions,
): Promise<{ dataset: Dataset; close: () => void }> {
  const { openDataset, openMultimodal } = await import('@cfgen/single-cell');
  if (format === 'h5mu' && modalities.length > 1) {
    const both = await openMultimodal(file, open);
    return { dataset: both.rna, close: both.close };
  }
  const dataset = await openDataset(file, open);
  return { dataset, close: () => dataset.close() };
}

/** How the genes and labels of a file fit a model. */
async function fitOf(session: Session, file: string, open: OpenOptions, model: string): Promise<Answer> {
  const [cells, { loadModel }] = await Promise.all([import('@cfgen/single-cell'), import('@cfgen/model')]);
  const { description } = loadModel(model);
  const both =
    description.atac !== undefined && (await cells.multimodalKind(file)) === 'multimodal'
      ? await cells.openMultimodal(file, open)
      : undefined;
  const dataset = both?.rna ?? (await cells.openDataset(file, { ...open, modality: 'rna' }));
  const matched = (features: readonly string[], data: Dataset): number => {
    const { missing, problems } = cells.matchFeatures(features, data);
    for (const problem of problems) noteProblem(session, problem);
    return missing;
  };
  try {
    const missing = matched(description.features.names, dataset);
    const peaks = description.atac?.features.names ?? [];
    const missingPeaks = both === undefined ? peaks.length : matched(peaks, both.atac);
    const genes = description.features.names.length;
    const columns = dataset.obsColumns.map(({ name }) => name);
    const attributes = description.attributes.map((attribute) => ({
      name: attribute.name,
      unknown: columns.includes(attribute.name) ? unknownValues(dataset.label(attribute.name, { missing: 'keep' }), attribute) : null,
    }));
    return {
      lines: [
        '',
        `With the model ${model}`,
        ...indented(
          table([
            ['genes', `${count(genes - missing)} of the model's ${count(genes)} are in the file`],
            ...(peaks.length === 0
              ? []
              : [['peaks', `${count(peaks.length - missingPeaks)} of the model's ${count(peaks.length)} are in the file`]]),
            ...attributes.map(({ name, unknown }) => [name, labelFit(unknown)]),
          ]),
        ),
      ],
      json: {
        ...{ model, genes, found: genes - missing, attributes },
        ...(peaks.length === 0 ? {} : { peaks: peaks.length, peaksFound: peaks.length - missingPeaks }),
      },
    };
  } finally {
    dataset.close();
    both?.close();
  }
}

function unknownValues(label: Label, attribute: ModelDescription['attributes'][number]): string[] {
  return label.categories.filter((value) => !attribute.categories.includes(value));
}

function labelFit(unknown: readonly string[] | null): string {
  if (unknown === null) return 'not a column of the file';
  return unknown.length === 0 ? 'every value is known to the model' : `unknown to the model: ${unknown.join(', ')}`;
}

function describeData(data: Inspection): string[] {
  const { librarySize, featuresPerCell, training } = data;
  return [
    `${data.path}: ${data.formatDetail}, ${bytes(data.bytes)}`,
    ...indented(
      table([
        ['cells', count(data.cells)],
        ['genes', `${count(data.features)}, ${count(training.features)} of them seen in at least ${training.minCells} cells`],
        ['counts in', `${data.countsAt}, ${share(data.density)} not zero, largest ${count(data.largestCount)}`],
        ['counts a cell', `${figure(librarySize.min)} to ${figure(librarySize.max)}, median ${figure(librarySize.median)}`],
        ['genes a cell', `${figure(featuresPerCell.min)} to ${figure(featuresPerCell.max)}, median ${figure(featuresPerCell.median)}`],
        ...(data.modalities.length < 2 ? [] : data.modalities.map((part) => modalityRow(part, data.cells))),
        ['training', `about ${bytes(training.memoryBytes.total)} and ${duration(training.seconds)} on two cores`],
      ]),
    ),
    '',
    ...(data.obs.length === 0
      ? ['There are no obs columns: nothing can serve as a label.']
      : ['obs columns', ...indented(columnLines(data))]),
  ];
}

function modalityRow({ featureType, features, nonzeros, total }: Inspection['modalities'][number], cells: number): string[] {
  return [featureType, `${count(features)} features, ${share(nonzeros / (cells * features))} not zero, ${count(total)} counts`];
}

function columnLines({ obs }: Inspection): string[] {
  return table(
    obs.map((column) => {
      const use = column.label.usable ? 'label' : '-';
      const values = column.categories?.slice(0, 12).map(({ value, cells }) => `${value} (${cells})`) ?? [];
      const more = (column.values ?? 0) > values.length ? ', ...' : '';
      const range = column.range === undefined ? '' : `${figure(column.range.min)} to ${figure(column.range.max)}`;
      const missing = column.missing > 0 ? `, ${count(column.missing)} missing` : '';
      const what = values.length > 0 ? `${counted(column.values ?? 0, 'value')}: ${values.join(', ')}${more}` : range;
      return [use, column.name, column.kind, `${what}${missing}`];
    }),
  );
}

function describeLabel({ column, categories, sizes }: Label): string[] {
  const order = categories.map((_, i) => i).sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0));
  const shown = order.slice(0, 50).map((i) => [categories[i] ?? '', count(sizes[i] ?? 0)]);
  const rest = order.length > shown.length ? [[`and ${order.length - shown.length} more`, '']] : [];
  return ['', `${column}: ${counted(categories.length, 'value')}`, ...indented(table([...shown, ...rest], ['left', 'right']))];
}
