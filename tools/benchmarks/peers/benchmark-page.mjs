/**
 * The page of results, in Markdown, from what `run.mjs` gathered.
 *
 * Figures of a side: median over rounds of each round's median, with the smallest and largest round. Ratios are taken within a round, in
 * which both sides ran one after the other, then their median and range: what else the machine does falls on both.
 */

/** @typedef {import('./rounds.mjs').Answer} Answer */
/** @typedef {{ cfgen: Answer, pytorch: Answer }[]} Rounds */

/**
 * @param {{
 *   machine: { processor: string, cores: number, memory: number, system: string, date: string, commit: string },
 *   size: { rounds: number, epochs: number, flowSteps: number, cells: number, modelEpochs: number, modelFlowSteps: number },
 *   checked: { checked: number, largestDeviation: number } | null,
 *   training: Answer | null, train: Rounds, dopri5: Rounds, rk4: Rounds,
 * }} results
 * @returns {string}
 */
export function benchmarkPage({ machine, size, checked, training, train, dopri5, rk4 }) {
  const { facts, threads } = train[0].cfgen;
  const row = (what, unit, comparison) =>
    `| ${what} | ${range(comparison.cfgen, unit)} | ${range(comparison.pytorch, unit)} | **${ratio(comparison.ratio)}** |`;
  const cells = size.cells.toLocaleString('en-US');
  const authors = dopri5.map(({ pytorch }, i) => ({ cfgen: rk4[i].cfgen, pytorch }));
  const parts = ['field', 'decoding', 'drawing', 'writing'];
  return `# Benchmarks

CFGen against the same model in plain PyTorch on the CPU, same cells, same number of threads. This page is written by one command, which also makes the
Python environment:

\`\`\`
node tools/benchmarks/peers/run.mjs --venv <folder outside the project>
\`\`\`

Data: PBMC3K, the ${facts.cells.toLocaleString('en-US')} training cells of the bundled split, the ${facts.genes.toLocaleString('en-US')} genes seen in at least 30 cells of the file. Settings: preset \`paper\`
(autoencoder G-512-256-50, flow of width 64, batch 256). ${threads} threads on both sides, ${size.rounds === 1 ? '1 round' : `${size.rounds} rounds`}, both sides in turn within a round, each a fresh process;
warm-up is not counted. Median of the rounds (smallest to largest), and the ratio within a round: how many times as long, or as much, PyTorch takes.

${quiet([...train, ...dopri5, ...rk4])}

## Time

| what | CFGen | PyTorch | PyTorch / CFGen |
|---|---|---|---|
${row('autoencoder: a training step', milliseconds, compare(train, 'autoencoderStep'))}
${row('autoencoder: an epoch with validation', milliseconds, compare(train, 'autoencoderEpoch'))}
${row('flow: a training step, latents cached', milliseconds, compare(train, 'flowStep'))}
${row("flow: a training step, PyTorch encoding its batch as the authors' code does, CFGen with cached latents", milliseconds, compare(train, 'flowStep', 'encodingFlowStep'))}
${row(`${cells} cells to a file, adaptive solver (Dormand-Prince, 1e-5)`, seconds, compare(dopri5, 'total'))}
${row(`${cells} cells to a file, 10 steps of RK4`, seconds, compare(rk4, 'total'))}
${row(`${cells} cells to a file, CFGen with 10 steps of RK4, PyTorch as the authors do (adaptive)`, seconds, compare(authors, 'total'))}

## Peak memory of the process

| what | CFGen | PyTorch | PyTorch / CFGen |
|---|---|---|---|
${row('training', mebibytes, compareMemory(train))}
${row(`generating ${cells} cells, adaptive`, mebibytes, compareMemory(dopri5))}
${row(`generating ${cells} cells, RK4`, mebibytes, compareMemory(rk4))}

Peak resident memory, libraries included; importing PyTorch and AnnData alone takes several hundred MiB.

## What is compared

- PyTorch: \`tools/benchmarks/peers\`, written from the formulas. Dense batches taken by index from a matrix in memory, without a data loader; fused AdamW, clipped
  gradients; no logging. That is faster than the authors' training loop, and the part that another PyTorch program could not do without.
- CFGen: \`cfgen train\` and \`cfgen generate\` without their command line, engine "${train[0].cfgen.engine ?? ''}".
- Both sides generate from one model${training === null ? '' : ` (trained by CFGen: ${size.modelEpochs} epochs, ${size.modelFlowSteps.toLocaleString('en-US')} steps of the flow)`}, reading its folder and writing an uncompressed \`.h5ad\`. Counts have the same distribution:
  mean total ${fact(rk4, 'cfgen', 'meanTotal').toFixed(0)} and ${fact(rk4, 'pytorch', 'meanTotal').toFixed(0)}, share of zeros ${fact(rk4, 'cfgen', 'zeros').toFixed(4)} and ${fact(rk4, 'pytorch', 'zeros').toFixed(4)}.
- Adaptive: PyTorch takes one step size for the whole batch and computes the guided field with both its terms, as the authors do: ${fact(dopri5, 'pytorch', 'passesPerCell').toFixed(0)} passes of
  the network a cell. CFGen controls the step of every cell on its own, and at guidance weight 1 leaves out the term that cancels: ${fact(dopri5, 'cfgen', 'passesPerCell').toFixed(0)} passes. RK4: ${fact(rk4, 'cfgen', 'passesPerCell').toFixed(0)} and ${fact(rk4, 'pytorch', 'passesPerCell').toFixed(0)}.
- Where PyTorch's time goes, adaptive: ${parts.map((part) => `${part} ${seconds(median(dopri5.map(({ pytorch }) => median(pytorch.seconds[part]))))}`).join(', ')}.
${training === null ? '' : `- The whole training of that model took CFGen ${seconds(training.seconds.total[0])}, reading and encoding included.\n`}${checked === null ? '' : `- Before the runs the PyTorch networks were held to ${checked.checked} recorded quantities of the authors' networks: largest deviation ${checked.largestDeviation.toExponential(0)}.\n`}
## Machine

${machine.processor}, ${machine.cores} cores, ${Math.round(machine.memory / 1024 ** 3)} GiB, ${machine.system}. Measured ${machine.date} at commit ${machine.commit}.
${versions(train[0].cfgen)}; ${versions(train[0].pytorch)}.
`;
}

/**
 * @param {Rounds} rounds
 * @param {string} name what was timed
 * @param {string} pytorchName its name on PyTorch's side
 */
function compare(rounds, name, pytorchName = name) {
  const cfgen = rounds.map((round) => median(round.cfgen.seconds[name]));
  const pytorch = rounds.map((round) => median(round.pytorch.seconds[pytorchName]));
  return { cfgen, pytorch, ratio: pytorch.map((value, i) => value / cfgen[i]) };
}

/** @param {Rounds} rounds */
function compareMemory(rounds) {
  const cfgen = rounds.map((round) => round.cfgen.peakMemory);
  const pytorch = rounds.map((round) => round.pytorch.peakMemory);
  return { cfgen, pytorch, ratio: pytorch.map((value, i) => value / cfgen[i]) };
}

/** @param {Rounds} rounds */
function fact(rounds, side, name) {
  return median(rounds.map((round) => round[side].facts[name]));
}

/** @param {number[]} values */
export function median(values) {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function range(values, unit) {
  const shown = unit(median(values));
  return values.length === 1 ? shown : `${shown} (${unit(Math.min(...values))} to ${unit(Math.max(...values))})`;
}

function ratio(values) {
  const shown = (value) => value.toFixed(value < 10 ? 2 : 1);
  return values.length === 1
    ? shown(values[0])
    : `${shown(median(values))} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}

const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const milliseconds = (value) => `${digits(value * 1e3)} ms`;
const seconds = (value) => `${digits(value)} s`;
const mebibytes = (value) => `${(value / 1024 ** 2).toFixed(0)} MiB`;

/** Shares of the processors above which times, and ratios of times, are no longer those of the programs. */
const disturbing = 0.1;

/**
 * How quiet the machine was. Work beside a run hits the two sides unequally: PyTorch's threads spin while
 * they wait for each other, and lose more.
 *
 * @param {Rounds} rounds
 */
function quiet(rounds) {
  const most = Math.max(...rounds.flatMap(({ cfgen, pytorch }) => [cfgen.otherWork, pytorch.otherWork]));
  const said = `Other programs used at most ${(100 * most).toFixed(0)} % of the processors during a run.`;
  return most > disturbing
    ? `**The machine was not quiet: ${said[0].toLowerCase()}${said.slice(1)} Neither times nor ratios can be relied on.**`
    : said;
}

/** @param {Answer} answer */
function versions(answer) {
  return Object.entries(answer.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
