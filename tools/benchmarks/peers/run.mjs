// Measures CFGen against the same model in plain PyTorch, both sides in turn on the same cells, and writes docs/benchmarks.md.
//
//   node tools/benchmarks/peers/run.mjs --venv <folder outside the project> [--rounds 5] [--golden <folder>] [--smoke]
//
// --smoke runs everything once in its smallest size and prints the page instead of writing it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import prettier from 'prettier';
import { runTool } from '../../checks/run-tool.mjs';
import { benchmarkPage } from './benchmark-page.mjs';
import { pythonOf } from './python-environment.mjs';
import { disagreements, inTurn, sides } from './rounds.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values } = parseArgs({
  options: {
    venv: { type: 'string' },
    data: { type: 'string', default: join(root, 'apps/cli/assets/pbmc3k.h5ad') },
    split: { type: 'string', default: join(root, 'apps/cli/assets/pbmc3k.tsv') },
    label: { type: 'string', default: 'cell_type' },
    golden: { type: 'string' },
    model: { type: 'string' },
    out: { type: 'string', default: join(root, 'docs/benchmarks.md') },
    smoke: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string' },
    epochs: { type: 'string' },
    'flow-steps': { type: 'string' },
    cells: { type: 'string' },
    'model-epochs': { type: 'string' },
    'model-flow-steps': { type: 'string' },
  },
});
if (values.venv === undefined) {
  process.stderr.write(
    'error: where is PyTorch?\nhint: --venv <folder outside the project>; an environment is made there when there is none\n',
  );
  process.exit(2);
}

const sizes = values.smoke
  ? { rounds: 1, epochs: 1, flowSteps: 10, cells: 300, modelEpochs: 2, modelFlowSteps: 50 }
  : { rounds: 5, epochs: 5, flowSteps: 300, cells: 10_000, modelEpochs: 300, modelFlowSteps: 12_000 };
const size = {
  rounds: Number(values.rounds ?? sizes.rounds),
  epochs: Number(values.epochs ?? sizes.epochs),
  flowSteps: Number(values['flow-steps'] ?? sizes.flowSteps),
  cells: Number(values.cells ?? sizes.cells),
  modelEpochs: Number(values['model-epochs'] ?? sizes.modelEpochs),
  modelFlowSteps: Number(values['model-flow-steps'] ?? sizes.modelFlowSteps),
};
const say = (text) => process.stderr.write(`${text}\n`);
const work = mkdtempSync(join(tmpdir(), 'cfgen-benchmark-'));

try {
  if (runTool('build', ['kernels']).status !== 0) throw new Error('the kernels could not be built');
  const side = sides(pythonOf(values.venv));
  const common = ['--threads', values.threads];
  const data = ['--data', resolve(values.data), '--split', resolve(values.split), '--label', values.label];
  const lengths = (epochs, steps) => ['--epochs', String(epochs), '--flow-steps', String(steps)];

  const checked = values.golden === undefined ? null : side.pytorch(['check', ...goldenFiles(resolve(values.golden)), ...common]);

  const model = resolve(values.model ?? join(work, 'model'));
  let training = null;
  if (!existsSync(join(model, 'model.json'))) {
    say('training the model that both sides generate from');
    mkdirSync(model, { recursive: true });
    training = side.cfgen(['train', ...data, ...lengths(size.modelEpochs, size.modelFlowSteps), '--out', model, ...common]);
  }

  say('training steps');
  const trainingLengths = lengths(size.epochs, size.flowSteps);
  const train = inTurn(
    size.rounds,
    // The first epoch of CFGen's is warm-up, PyTorch's side adds one of its own.
    () => side.cfgen(['train', ...data, ...lengths(size.epochs + 1, size.flowSteps), '--out', join(work, 'short'), ...common]),
    () => side.pytorch(['train', ...data, ...trainingLengths, ...common]),
    say,
  );
  const generation = (solver) => {
    say(`generating with ${solver}`);
    const words = ['generate', '--model', model, '--cells', String(size.cells), '--solver', solver, ...common];
    const rounds = inTurn(
      size.rounds,
      () => side.cfgen([...words, '--out', join(work, 'cfgen.h5ad')]),
      () => side.pytorch([...words, '--out', join(work, 'pytorch.h5ad')]),
      say,
    );
    const differing = disagreements(rounds, size.cells);
    if (differing.length > 0) throw new Error(`the two sides do not generate from the same distribution: ${differing.join('; ')}`);
    return rounds;
  };
  const results = { machine: machine(), size, checked, training, train, dopri5: generation('dopri5'), rk4: generation('rk4') };

  const page = await prettier.format(benchmarkPage(results), { ...(await prettier.resolveConfig(values.out)), parser: 'markdown' });
  if (values.smoke) process.stdout.write(page);
  else {
    writeFileSync(values.out, page);
    say(`wrote ${values.out}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function goldenFiles(folder) {
  const files = { velocity: 'velocity_net.json', autoencoder: 'autoencoder_step.json', solvers: 'ode.json' };
  return Object.entries(files).flatMap(([word, name]) => [`--${word}`, join(folder, name)]);
}

function machine() {
  const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${platform()} ${release()}`,
    date: new Date().toISOString().slice(0, 10),
    commit: git('describe', '--always', '--dirty'),
  };
}
