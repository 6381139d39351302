// The cases of the benchmark: what every side is asked to do.

/**
 * @typedef {import('./rounds.mjs').Run} Run
 * @typedef {{
 *   minCells: number, rounds: number, largeRounds: number, epochs: number, flowEpochs: number, flowSteps: number, cells: number, largeCells: number,
 *   wholeEpochs: number, wholeFlowEpochs: number, modelEpochs: number, modelFlowSteps: number,
 * }} Size
 */

/** @type {Record<'whole' | 'smoke', Size>} */
export const sizes = {
  whole: {
    ...{ minCells: 30, rounds: 3, largeRounds: 1, epochs: 5, flowEpochs: 10, flowSteps: 1000, cells: 10_000, largeCells: 100_000 },
    ...{ wholeEpochs: 30, wholeFlowEpochs: 150, modelEpochs: 300, modelFlowSteps: 12_000 },
  },
  smoke: {
    ...{ minCells: 500, rounds: 1, largeRounds: 1, epochs: 1, flowEpochs: 1, flowSteps: 10, cells: 200, largeCells: 400 },
    ...{ wholeEpochs: 1, wholeFlowEpochs: 1, modelEpochs: 2, modelFlowSteps: 50 },
  },
};

/**
 * @param {{ engines: string[], peers: string[], size: Size, data: string[], model: string, work: string }} plan `data`: the words that name
 *   the training cells; `model`: the model that all but scVI generate from; `work`: folder for what is written
 * @returns {Record<'training' | 'generation' | 'large' | 'whole', { rounds: number, runs: Run[] }>}
 */
export function casesOf({ engines, peers, size, data, model, work }) {
  const ours = (what, words, suffix = '') =>
    engines.map((engine) => ({ name: `${engine}${suffix}`, program: 'cfgen', words: [what, '--engine', engine, ...words(engine)] }));
  const others = (what, names, words) =>
    names
      .filter((peer) => peers.includes(peer))
      .map((peer) => ({ name: peer, program: 'peer', words: [what, '--peer', peer, ...words(peer)] }));
  const numbers = (values) => Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);

  const generation = (rounds, cells, solvers, names) => ({
    rounds,
    runs: [
      ...solvers.flatMap((solver) =>
        ours(
          'generate',
          (engine) => ['--model', model, '--out', `${work}/${engine}.h5ad`, '--solver', solver, ...numbers({ cells })],
          ` ${solver}`,
        ),
      ),
      ...others('generate', names, (peer) => [
        ...(peer === 'scvi' ? [...data, ...numbers({ epochs: size.wholeEpochs })] : ['--model', model]),
        ...['--out', `${work}/${peer}.h5ad`, ...numbers({ cells })],
      ]),
    ],
  });
  const lengths = { 'flow-steps': size.flowSteps };
  const whole = numbers({ epochs: size.wholeEpochs, 'flow-epochs': size.wholeFlowEpochs, cells: size.cells });
  return {
    training: {
      rounds: size.rounds,
      runs: [
        // The first epoch of CFGen's is warm-up, the other sides add one of their own.
        ...ours('train', () => [...data, ...numbers({ epochs: size.epochs + 1, ...lengths }), '--out', `${work}/trained`]),
        ...others('train', ['pytorch', 'authors', 'scvi'], () => [
          ...data,
          ...numbers({ epochs: size.epochs, 'flow-epochs': size.flowEpochs, ...lengths }),
        ]),
      ],
    },
    generation: generation(size.rounds, size.cells, ['rk4', 'dopri5'], ['pytorch', 'authors', 'scvi']),
    large: generation(size.largeRounds, size.largeCells, ['rk4'], ['pytorch', 'authors']),
    whole: {
      rounds: size.rounds,
      runs: [
        ...ours('whole', () => [...data, ...whole, '--out', `${work}/whole`]),
        ...others('whole', ['pytorch', 'authors', 'scvi'], (peer) => [...data, ...whole, '--out', `${work}/${peer}.h5ad`]),
      ],
    },
  };
}
