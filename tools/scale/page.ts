import type { Answer } from './answers';
import { duration, fileSize, growthExponent, memorySize, whole } from './figures';
import { middleCells, type PlanOptions, type Task } from './plan';
import { seriesOf, trainings } from './series';

export interface PageContent {
  readonly answers: readonly Answer[];
  readonly plan: PlanOptions;
  /** Bytes that `--memory` said. */
  readonly memory: number;
  readonly density: number;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memory: number;
    readonly system: string;
    readonly node: string;
  };
  /** Whether there is a plot in `images/scale.svg`. */
  readonly plotted: boolean;
}

/** The page of results, in Markdown. */
export function scalePage(content: PageContent): string {
  const { answers, plan, machine, plotted } = content;
  const dates = answers.flatMap(({ taken }) => (taken === undefined ? [] : [taken.at.slice(0, 10)])).sort();
  const commits = [...new Set(answers.flatMap(({ taken }) => taken?.commit ?? []))];
  return `# Scale

What cells, genes and threads cost, and how much memory it takes. This page is written by one command, which makes its atlases of made-up cells
itself (\`tools/synthetic-atlas\`: negative binomial counts, ${content.density * 100} % of them not zero, 20 labels, 8 batches):

\`\`\`
npx tsx tools/scale/main.ts --work <folder with room> --python <interpreter with anndata> --engines ${plan.engines.join(',')}
\`\`\`

Every row is a process of its own. Memory is its peak resident memory (\`VmHWM\`), which leaves out the file cache of the system, as that of a program that
reads a file always does.

${trainingSection(content)}
${plotted ? '![Seconds of an epoch against cells, genes and threads](images/scale.svg)\n' : ''}
${generationSection(answers)}
${readingSection(answers)}
${limitsSection(answers)}
## Machine

${machine.processor}, ${machine.cores} cores, ${Math.round(machine.memory / 2 ** 30)} GiB, ${machine.system}, Node ${machine.node}. Measured ${span(dates)} at commit ${commits.join(', ')}.
${enginesOf(answers)
  .map((engine) => `${engine}.`)
  .join('\n')}
`;
}

function trainingSection({ answers, plan, memory }: PageContent): string {
  const trained = trainings(answers);
  if (trained.length === 0) return '';
  const rows = trained.map(({ task, facts, seconds, peaks }) => [
    whole(facts['cells'] ?? task.cells),
    whole(task.genes),
    task.format,
    task.engine,
    String(task.threads),
    duration(seconds['read']),
    duration(seconds['epoch']),
    duration((1000 * (seconds['epoch'] ?? NaN)) / (facts['cells'] ?? NaN)),
    duration(seconds['encode']),
    duration(seconds['flowStep']),
    memorySize(peaks['read']),
    memorySize(peaks['autoencoder']),
    `**${memorySize(peaks['whole'])}**`,
  ]);
  const head = [
    'cells',
    'genes',
    'from',
    'engine',
    'threads',
    'reading',
    'an epoch',
    'per 1,000 cells',
    'encoding all cells',
    'a step of the flow',
  ];
  const memories = ['peak while reading', 'peak in the autoencoder', 'peak of all'];
  return `## Training

\`cfgen train\` with preset \`best\` and \`--memory ${memory / 2 ** 30}GiB\`: counts that fit half of that stay in memory, others go to a temporary file that is read by rows; the model is the
same. An epoch takes every cell once, nine tenths in steps of 128 cells, a tenth as validation; the first epoch is warm-up. All genes of the
file are taken. Peaks include a checkpoint of the autoencoder and one of the flow. A step of the flow takes 256 latents, whatever the number of cells.

${table([...head, ...memories], rows, 4)}

${growth(answers, plan)}
`;
}

function growth(answers: readonly Answer[], plan: PlanOptions): string {
  const sentences = seriesOf(answers, plan).flatMap(({ axis, engine, points }) => {
    if (axis === 'threads') {
      const [first, last] = [points[0], points.at(-1)];
      if (first === undefined || last === undefined || first === last) return [];
      return [
        `- \`${engine}\`, ${first[0]} to ${last[0]} threads at ${whole(middleCells(plan))} cells: ${(first[1] / last[1]).toFixed(2)} times as fast.`,
      ];
    }
    const exponent = growthExponent(points);
    if (exponent === undefined) return [];
    const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
    return [
      `- \`${engine}\`: the time of an epoch grows as ${axis} to the power ${exponent.toFixed(2)} from ${whole(first)} to ${whole(last)} ${axis} (1 is linear).`,
    ];
  });
  return sentences.join('\n');
}

function generationSection(answers: readonly Answer[]): string {
  const rows = ofKind(answers, 'generate').map(({ task, facts, seconds, peaks, checked }) => [
    whole(task.cells),
    whole(facts['genes'] ?? task.genes),
    task.format === 'zarr' ? 'Zarr 3' : task.format,
    task.engine,
    String(task.threads),
    duration(seconds['whole']),
    whole(task.cells / (seconds['whole'] ?? NaN)),
    whole(facts['nonzeros'] ?? NaN),
    fileSize(facts['bytes']),
    `**${memorySize(peaks['whole'])}**`,
    checked === undefined ? '' : 'yes',
  ]);
  if (rows.length === 0) return '';
  const head = [
    'cells',
    'genes',
    'to',
    'engine',
    'threads',
    'time',
    'cells a second',
    'non-zeros',
    'file',
    'peak memory',
    'read by anndata',
  ];
  return `## Generating

\`cfgen generate\` from the model of the most cells above, counts drawn and streamed to disk with gzip. "Read by anndata": the Python package
opens the file backed, finds as many cells, genes, non-zeros and the same sum of all counts, and row pointers that fit.

${table(head, rows, 4)}
`;
}

function readingSection(answers: readonly Answer[]): string {
  const rows = ofKind(answers, 'read').map(({ task, facts, seconds, peaks }) => [
    whole(task.cells),
    whole(task.genes),
    task.format === 'zarr' ? 'Zarr 3, sharded' : task.format,
    fileSize(facts['bytes']),
    whole(facts['nonzeros'] ?? NaN),
    duration(seconds['open']),
    duration(seconds['scan']),
    memorySize(peaks['whole']),
  ]);
  if (rows.length === 0) return '';
  return `## Reading

Opening a file, and a pass over all of its counts. A Zarr store is unpacked when it is opened.

${table(['cells', 'genes', 'from', 'file', 'non-zeros', 'opening', 'a pass', 'peak memory'], rows, 3)}
`;
}

function limitsSection(answers: readonly Answer[]): string {
  const rows = ofKind(answers, 'limits').map(({ task, facts, seconds, peaks, checked }) => [
    task.limit === 'entries' ? 'more than 2^31 non-zeros' : 'a file of more than 4 GiB',
    whole(facts['nonzeros'] ?? NaN),
    fileSize(facts['bytes']),
    duration(seconds['write']),
    memorySize(peaks['whole']),
    checked === undefined ? '' : `yes, row pointers ${checked.pointers}`,
  ]);
  if (rows.length === 0) return '';
  return `## Beyond 32 bits

Matrices whose row pointers, or whose places in the file, do not fit 32 bits, written and read back: the last rows are those that were written.

${table(['what', 'non-zeros', 'file', 'writing', 'peak memory', 'read by anndata'], rows, 1)}
`;
}

function ofKind<Kind extends Task['kind']>(answers: readonly Answer[], kind: Kind): (Answer & { task: Extract<Task, { kind: Kind }> })[] {
  return answers.filter((answer): answer is Answer & { task: Extract<Task, { kind: Kind }> } => answer.task.kind === kind);
}

/** @param texts columns that hold words, the first ones; the rest are figures */
function table(head: readonly string[], rows: readonly (readonly string[])[], texts: number): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function enginesOf(answers: readonly Answer[]): string[] {
  return [...new Set(answers.flatMap(({ engine }) => engine ?? []))].sort();
}

function span(dates: readonly string[]): string {
  const [first, last] = [dates[0] ?? '', dates.at(-1) ?? ''];
  return first === last ? first : `${first} to ${last}`;
}
