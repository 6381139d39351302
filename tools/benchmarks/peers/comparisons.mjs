// What is compared with what, and what CFGen promises. Plain data: the page and the runs follow it.

/**
 * One row of a table: a figure of a run in a case. `measure` names seconds that the run answers, or `peakMemory`.
 *
 * @typedef {{ title: string, run: string, measure: string }} Row
 *
 * `ours` is made once for each engine, with its name for `%`; `others` are the other sides.
 *
 * @typedef {{ title: string, inCase: 'training' | 'generation' | 'large' | 'whole', about?: string, ours: Row[], others: Row[] }} Comparison
 *
 * How many times as long, or as much, the other side takes at least. `native` holds for the native engine whatever its precision.
 *
 * @typedef {{ what: string, inCase: Comparison['inCase'], ours: Row, other: Row, least: { wasm: number, native: number } }} Claim
 */

const lean = 'PyTorch, written with care';
const alone = "the authors' step alone, without loader, Lightning and anomaly detection";
const shipped = "the authors' code as shipped";
const scvi = 'scVI (another model, with a smaller network)';

const cfgen = (measure, title = 'CFGen, %', run = '%') => ({ title, run, measure });
const other = (title, run, measure) => ({ title, run, measure });

/**
 * @param {import('./cases.mjs').Size} size
 * @returns {{ speed: Comparison[], memory: Comparison[], promises: Claim[] }}
 */
export function comparisonsOf(size) {
  const [cells, largeCells] = [size.cells, size.largeCells].map((count) => count.toLocaleString('en-US'));
  const memory = memoryComparisons(cells, largeCells);
  return { speed: speedComparisons(cells, largeCells), memory, promises: promisesOf(cells, memory) };
}

/** @returns {Comparison[]} */
const speedComparisons = (cells, largeCells) => [
  {
    title: 'Autoencoder: a training step of 256 cells',
    inCase: 'training',
    ours: [cfgen('autoencoderStep')],
    others: [
      other(lean, 'pytorch', 'autoencoderStep'),
      other(alone, 'authors', 'bareAutoencoderStep'),
      other(shipped, 'authors', 'autoencoderStep'),
      other(scvi, 'scvi', 'autoencoderStep'),
    ],
  },
  {
    title: 'Autoencoder: an epoch, validation included',
    inCase: 'training',
    about: 'The authors’ loader drops a validation set smaller than a batch, as this one is: theirs are epochs without validation.',
    ours: [cfgen('autoencoderEpoch')],
    others: [
      other(lean, 'pytorch', 'autoencoderEpoch'),
      other(shipped, 'authors', 'autoencoderEpoch'),
      other(scvi, 'scvi', 'autoencoderEpoch'),
    ],
  },
  {
    title: 'Flow: a training step of 256 cells',
    inCase: 'training',
    about: 'CFGen encodes every cell once, before. The authors’ code encodes the cells of every step anew.',
    ours: [cfgen('flowStep', 'CFGen, %, latents cached')],
    others: [
      other(`${lean}, latents cached`, 'pytorch', 'flowStep'),
      other("the authors' network, loss and optimiser on cached latents, no counts touched", 'authors', 'cachedFlowStep'),
      other(
        "the authors' step with a look-up in place of the encoder: it still sums the counts of its batch",
        'authors',
        'lookedUpFlowStep',
      ),
      other(`${alone}, encoding`, 'authors', 'bareEncodingFlowStep'),
      other(`${shipped}, encoding`, 'authors', 'encodingFlowStep'),
    ],
  },
  {
    title: 'Flow: an epoch',
    inCase: 'training',
    about: '8 steps over all training cells; the authors hold a tenth out, which leaves 7.',
    ours: [cfgen('flowEpoch')],
    others: [other(lean, 'pytorch', 'flowEpoch'), other(`${shipped}, encoding`, 'authors', 'flowEpoch')],
  },
  ...[
    [cells, 'generation'],
    [largeCells, 'large'],
  ].map(([count, inCase]) => ({
    title: `Generating ${count} cells, counts drawn and written`,
    inCase,
    ours: [cfgen('total', 'CFGen, %, 10 steps of RK4', '% rk4')],
    others: [
      other(`${lean}, 10 steps of RK4`, 'pytorch', 'total'),
      other(`the authors' sampler as shipped, adaptive solver`, 'authors', 'total'),
      ...(inCase === 'generation' ? [other('scVI, posterior predictive', 'scvi', 'total')] : []),
    ],
  })),
  {
    title: `Generating ${cells} cells, adaptive solver on both sides`,
    inCase: 'generation',
    ours: [cfgen('total', 'CFGen, %', '% dopri5')],
    others: [other("the authors' sampler as shipped", 'authors', 'total')],
  },
  {
    title: `From a data file to ${cells} generated cells`,
    inCase: 'whole',
    about:
      'Reading, training, generating with 10 steps of RK4 (the authors: adaptive), writing; a tenth of the epochs of the authors’ settings.',
    ours: [cfgen('total')],
    others: [other(lean, 'pytorch', 'total'), other(shipped, 'authors', 'total'), other(`${scvi}, without a flow`, 'scvi', 'total')],
  },
];

const memoryOf = (inCase, title, run = '%') => ({
  title,
  inCase,
  ours: [cfgen('peakMemory', 'CFGen, %', run)],
  others: [other(lean, 'pytorch', 'peakMemory'), other(shipped, 'authors', 'peakMemory'), other(scvi, 'scvi', 'peakMemory')],
});

/** @returns {Comparison[]} */
const memoryComparisons = (cells, largeCells) => [
  memoryOf('training', 'Training'),
  memoryOf('generation', `Generating ${cells} cells`, '% rk4'),
  memoryOf('large', `Generating ${largeCells} cells`, '% rk4'),
  memoryOf('whole', `From a data file to ${cells} generated cells`),
];

/** @returns {Claim[]} */
const promisesOf = (cells, memory) => [
  {
    what: 'a training step of the autoencoder, against PyTorch written with care',
    inCase: 'training',
    ours: cfgen('autoencoderStep'),
    other: other(lean, 'pytorch', 'autoencoderStep'),
    least: { wasm: 1.2, native: 2.5 },
  },
  {
    what: "a training step of the flow, against the authors' code as shipped, which encodes anew",
    inCase: 'training',
    ours: cfgen('flowStep'),
    other: other(shipped, 'authors', 'encodingFlowStep'),
    least: { wasm: 20, native: 20 },
  },
  {
    what: "a training step of the flow, against the authors' step with a look-up in place of the encoder",
    inCase: 'training',
    ours: cfgen('flowStep'),
    other: other(shipped, 'authors', 'lookedUpFlowStep'),
    least: { wasm: 7, native: 7 },
  },
  {
    what: `${cells} cells with drawn counts, 10 steps of RK4 against the authors' adaptive sampler`,
    inCase: 'generation',
    ours: cfgen('total', '', '% rk4'),
    other: other(shipped, 'authors', 'total'),
    least: { wasm: 5, native: 10 },
  },
  ...memory.map(({ title, inCase, ours }) => ({
    what: `peak memory, against the authors' code: ${title[0].toLowerCase()}${title.slice(1)}`,
    inCase,
    ours: ours[0],
    other: other(shipped, 'authors', 'peakMemory'),
    least: { wasm: 1, native: 1 },
  })),
];
