/**
 * The page of results, in Markdown, from what `run.mjs` gathered.
 *
 * Figures of a side: median over rounds of each round's median, with the smallest and largest round. Ratios are taken within a round, in
 * which all sides ran one after the other, then their median and range: what else the machine does falls on all.
 */
import { comparisonsOf } from './comparisons.mjs';
import { mebibytes, median, range, seconds, times } from './figures.mjs';

/**
 * @typedef {import('./rounds.mjs').Answer} Answer
 * @typedef {import('./rounds.mjs').Round} Round
 * @typedef {import('./comparisons.mjs').Comparison} Comparison
 * @typedef {{
 *   machine: import('./machine.mjs').Machine, size: import('./cases.mjs').Size, engines: string[], leftOut: { name: string, missing: string }[],
 *   checked: { checked: number, largestDeviation: number } | null, solvers: { difference: number, latent: number } | null,
 *   results: Record<string, Round[]>, smoke: boolean,
 * }} Results `leftOut`: engines that can't start here, and why
 */

/**
 * @param {Results} results
 * @returns {string}
 */
export function benchmarkPage(results) {
  const all = Object.values(results.results).flat();
  const answers = all.flatMap((round) => Object.values(round));
  if (answers.length === 0) throw new Error('nothing was measured');
  const facts = results.results.training?.[0] === undefined ? undefined : Object.values(results.results.training[0])[0].facts;
  const { rounds } = results.size;
  const threads = answers[0].threads === 1 ? 'One thread' : `${answers[0].threads} threads`;
  const { speed, memory, promises } = comparisonsOf(results.size);
  return `# Benchmarks

CFGen on the CPU against three others: the code of the model's authors as they ship it, the same model in PyTorch written with care, and scVI.
Same cells, same number of threads. This page is written by one command, which also makes the Python environment:

\`\`\`
node tools/benchmarks/peers/run.mjs --venv <folder outside the project>
\`\`\`
${results.smoke ? '\n**Run in its smallest size, to see that it works: no figure here means anything.**\n' : ''}
Data: PBMC3K, ${facts === undefined ? 'the training cells of the bundled split' : `the ${facts.cells.toLocaleString('en-US')} training cells of the bundled split, ${facts.genes.toLocaleString('en-US')} genes`}. Settings: preset \`paper\`, which are the authors' (autoencoder G-512-256-50, flow
of width 64 with embeddings of 100, batch 256). ${threads} on all sides. ${rounds === 1 ? 'One round' : `${rounds} rounds`} (${results.size.largeRounds} of the largest case), all sides in turn within a round, each in a
fresh process; warm-up is not counted. Figures are the median of the rounds (smallest to largest); ratios are taken within a round and say how many
times as long, or as much, the other side takes.

${quiet(answers)}
${results.leftOut.map(({ name, missing }) => `\nLeft out, engine \`${name}\`: ${missing}.\n`).join('')}${withoutPeers(results)}${promised(promises, results)}
## Time

${speed.map((comparison) => table(comparison, results, seconds)).join('')}
## Peak memory of the process

Peak resident memory, libraries included; importing PyTorch and AnnData alone takes several hundred MiB. Workers of the authors' data loader are not counted.

${memory.map((comparison) => table(comparison, results, mebibytes)).join('')}
## What is compared

- CFGen: \`cfgen train\` and \`cfgen generate\` without their command line. Engines: ${results.engines.map((name) => `\`${name}\` ("${engineOf(answers, all, name)}")`).join(', ')}.
- PyTorch, written with care: dense batches taken by index from a matrix in memory, without a data loader; fused AdamW, clipped gradients; every cell
  encoded once; 10 steps of RK4 with one pass of the network each evaluation; counts drawn as Gamma, then Poisson, each 10,000 cells made sparse at once.
- The authors' code, re-expressed with the same parts: PyTorch Lightning with anomaly detection, a loader with four workers that hands over cell by cell, AdamW as
  PyTorch makes it, the negative binomial of scvi-tools, a flow that encodes every batch anew, torchdyn's Dormand-Prince at 1e-5 with one step size for
  a batch of 10,000 and both terms of the guided field, dense counts of all cells kept until the end. Left out, in its favour: its logger, files of checkpoints, the progress bar.
- scVI: scvi-tools with its default network (one hidden layer of 128, ${'`n_latent`'} 10), negative binomial, batch 256, drawing from the posteriors of training cells. It is another model and solves less: no flow, no labels.
- All write an uncompressed \`.h5ad\`. All but scVI generate from one model.
${agreement(results)}${checkedLine(results)}${solverLine(results)}${whereTimeGoes(results)}
## Machine

${results.machine.processor}, ${results.machine.cores} cores, ${results.machine.vectors}, ${Math.round(results.machine.memory / 1024 ** 3)} GiB, ${results.machine.system}. ${measuredLine(results)}
${versionsLine(answers)}
`;
}

const titles = { wasm: 'wasm', native: 'native', mixed: 'native, mixed precision' };
const named = (engine, text) => text.replace('%', titles[engine] ?? engine);
const forEngine = (engine, text) => text.replace('%', engine);

/** Values of a row by round; none when it was not run. */
function valuesOf(rounds, run, measure) {
  if (rounds === undefined || rounds.some((round) => round[run] === undefined)) return [];
  return rounds.map((round) => (measure === 'peakMemory' ? round[run].peakMemory : median(round[run].seconds[measure] ?? [])));
}

function ratios(rounds, ours, other, measure, otherMeasure = measure) {
  const mine = valuesOf(rounds, ours, measure);
  const theirs = valuesOf(rounds, other, otherMeasure);
  return mine.length === 0 ? [] : theirs.map((value, i) => value / mine[i]);
}

/**
 * @param {Comparison} comparison
 * @param {Results} results
 * @param {(value: number) => string} unit
 */
function table({ title, inCase, about, ours, others }, { results, engines }, unit) {
  const rounds = results[inCase];
  if (rounds === undefined) return '';
  const mine = ours.flatMap((row) =>
    engines.map((engine) => ({ ...row, title: named(engine, row.title), run: forEngine(engine, row.run) })),
  );
  const present = others.filter(({ run, measure }) => valuesOf(rounds, run, measure).length > 0);
  const heading = present.length === 0 ? '' : mine.map((row) => ` compared with ${row.title} |`).join('');
  const line = (name, cells) => `| ${name} | ${cells.join(' | ')} |\n`;
  return [
    `### ${title}\n\n${about === undefined ? '' : `${about}\n\n`}`,
    `| | takes |${heading}\n|---|---|${'---|'.repeat(present.length === 0 ? 0 : mine.length)}\n`,
    ...mine.map((row) =>
      line(row.title, [range(valuesOf(rounds, row.run, row.measure), unit), ...present.slice(0, 1).flatMap(() => mine.map(() => ''))]),
    ),
    ...present.map((row) =>
      line(row.title, [
        range(valuesOf(rounds, row.run, row.measure), unit),
        ...mine.map((our) => `**${range(ratios(rounds, our.run, row.run, our.measure, row.measure), times)}**`),
      ]),
    ),
    '\n',
  ].join('');
}

/**
 * @param {import('./comparisons.mjs').Claim[]} promises
 * @param {Results} results
 */
function promised(promises, { results, engines }) {
  const rows = promises.flatMap(({ what, inCase, ours, other, least }) =>
    engines.flatMap((engine) => {
      const found = ratios(results[inCase], forEngine(engine, ours.run), other.run, ours.measure, other.measure);
      if (found.length === 0) return [];
      const wanted = least[engine === 'wasm' ? 'wasm' : 'native'];
      const reached = median(found);
      return [
        `| ${what} | ${titles[engine] ?? engine} | ${times(wanted)} | ${range(found, times)} | ${reached >= wanted ? 'kept' : `**missed: ${times(reached)}**`} |`,
      ];
    }),
  );
  if (rows.length === 0) return '';
  return `
## What CFGen promises, and what was measured

How many times as long, or as much, the other side takes: at least what is promised. WebAssembly computes 4 floats at a time on every processor, \`native\` and
PyTorch as many as the processor has.

| promise | engine | at least | measured | |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function withoutPeers({ checked }) {
  return checked === null ? '\nThe other sides were not run: no Python environment was named (`--venv`).\n' : '';
}

function agreement({ results: { generation } }) {
  if (generation === undefined) return '';
  const { meanTotal, zeros } = Object.fromEntries(
    ['meanTotal', 'zeros'].map((name) => [
      name,
      Object.entries(generation[0]).flatMap(([run, { facts }]) => (run === 'scvi' ? [] : [facts[name]])),
    ]),
  );
  const between = (values, places) => `${Math.min(...values).toFixed(places)} to ${Math.max(...values).toFixed(places)}`;
  return `- Counts have the same distribution on all those sides: mean total of a cell ${between(meanTotal, 0)}, share of zeros ${between(zeros, 4)}.\n`;
}

function checkedLine({ checked }) {
  if (checked === null) return '';
  return `- Before the runs the PyTorch networks, the authors' loss and their solver were held to ${checked.checked} recorded quantities of the authors' code: largest deviation ${checked.largestDeviation.toExponential(0)}.\n`;
}

function solverLine({ solvers }) {
  if (solvers === null) return '';
  return `- Ten steps of RK4 end where the adaptive solver does to ${solvers.difference.toPrecision(2)} on average, in latents that are ${solvers.latent.toPrecision(2)} large on average.\n`;
}

/** Passes of the network, and the parts of the authors' sampling. */
function whereTimeGoes({ results: { generation }, engines }) {
  const authors = (generation ?? []).flatMap((round) => (round.authors === undefined ? [] : [round.authors]));
  if (authors.length === 0) return '';
  const parts = ['field', 'decoding', 'drawing', 'writing'].map(
    (part) => `${part} ${seconds(median(authors.flatMap((answer) => answer.seconds[part])))}`,
  );
  const passes = (run) => median(generation.map((round) => round[run].facts.passesPerCell)).toFixed(0);
  return `- Passes of the network a cell, adaptive: the authors ${passes('authors')}; CFGen, which steps every cell on its own and at guidance weight 1 leaves out the term that cancels, ${passes(`${engines[0]} dopri5`)}.
- Where the authors' time goes: ${parts.join(', ')}.\n`;
}

/** Shares of the processors above which times, and ratios of times, are no longer those of the programs. */
const disturbing = 0.1;

/**
 * How quiet the machine was. Work beside a run hits the sides unequally: PyTorch's threads spin while
 * they wait for each other, and lose more.
 *
 * @param {Answer[]} answers
 */
function quiet(answers) {
  const most = Math.max(...answers.map(({ otherWork }) => otherWork));
  const said = `Other programs used at most ${(100 * most).toFixed(0)} % of the processors during a run.`;
  return most > disturbing
    ? `**The machine was not quiet: ${said[0].toLowerCase()}${said.slice(1)} Neither times nor ratios can be relied on.**`
    : said;
}

const cases = {
  training: 'training',
  generation: 'generating',
  large: 'generating the most cells',
  whole: 'from a data file to generated cells',
};

/** When, and at which commit; by case where answers were kept from another day. */
function measuredLine({ results }) {
  /** @type {Map<string, Set<string>>} */
  const casesAt = new Map();
  for (const [name, rounds] of Object.entries(results)) {
    for (const { measured } of rounds.flatMap((round) => Object.values(round))) {
      casesAt.set(measured, (casesAt.get(measured) ?? new Set()).add(cases[name] ?? name));
    }
  }
  if (casesAt.size === 1) return `Measured ${[...casesAt.keys()].join('')}.`;
  return `Measured ${[...casesAt].map(([at, names]) => `${at} (${[...names].join(', ')})`).join('; ')}.`;
}

function engineOf(answers, rounds, name) {
  const found = rounds.flatMap((round) => Object.entries(round)).find(([run]) => run === name || run.startsWith(`${name} `));
  return found?.[1].engine ?? name;
}

function versionsLine(answers) {
  const texts = answers.map(({ versions, engine }) => {
    const vectors = /^vectors: (.*)$/.exec(engine)?.[1];
    const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    return `${list.join(', ')}${vectors === undefined ? '' : `, PyTorch with ${vectors}`}.`;
  });
  return [...new Set(texts)].join('\n');
}
