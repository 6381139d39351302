// Measures CFGen against the code of the model's authors, against the same model in careful PyTorch and against scVI, all in turn on the same
// cells with the same number of threads, and writes docs/benchmarks.md.
//
//   node tools/benchmarks/peers/run.mjs --venv <folder outside the project> [--work <folder>] [--engines wasm,native,mixed] [--smoke]
//
// Without --venv only CFGen is measured. --work keeps every answer, so that an interrupted run goes on. --smoke runs everything once in its
// smallest size and prints the page instead of writing it.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import prettier from 'prettier';
import { bundle } from '../../build/bundle.mjs';
import { runTool } from '../../checks/run-tool.mjs';
import { benchmarkPage } from './benchmark-page.mjs';
import { casesOf, sizes } from './cases.mjs';
import { dateAndCommit, machine } from './machine.mjs';
import { pythonOf } from './python-environment.mjs';
import { answerOf, disagreements, inTurn, kept } from './rounds.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values } = parseArgs({
  options: {
    venv: { type: 'string' },
    work: { type: 'string' },
    engines: { type: 'string', default: 'wasm,native,mixed' },
    peers: { type: 'string', default: 'pytorch,authors,scvi' },
    only: { type: 'string', default: 'training,generation,large,whole' },
    data: { type: 'string', default: join(root, 'apps/cli/assets/pbmc3k.h5ad') },
    split: { type: 'string', default: join(root, 'apps/cli/assets/pbmc3k.tsv') },
    label: { type: 'string', default: 'cell_type' },
    model: { type: 'string' },
    out: { type: 'string', default: join(root, 'docs/benchmarks.md') },
    smoke: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string' },
  },
});
const given = values.rounds === undefined ? {} : { rounds: Number(values.rounds), largeRounds: Number(values.rounds) };
const size = { ...sizes[values.smoke ? 'smoke' : 'whole'], ...given };
const say = (text) => process.stderr.write(`${text}\n`);
const work = values.work === undefined ? mkdtempSync(join(tmpdir(), 'cfgen-benchmark-')) : resolve(values.work);
const threads = ['--threads', values.threads];

try {
  if (runTool('build', ['kernels', 'native']).status !== 0) throw new Error('the engines could not be built');
  mkdirSync(work, { recursive: true });
  const python = values.venv === undefined ? undefined : pythonOf(values.venv);
  // Bundled, as the command line is: a program that translates its sources as it starts holds hundreds of MiB more.
  await bundle(root, 'dist/benchmarks', { 'measure-cfgen': 'tools/benchmarks/measure-cfgen.ts' });
  const measuredNow = dateAndCommit();
  const cfgen = (words) => answerOf(process.execPath, ['dist/benchmarks/measure-cfgen.mjs', ...words, ...threads], measuredNow);
  const peer = (words) => answerOf(python ?? '', ['tools/benchmarks/peers/measure_peer.py', ...words, ...threads], measuredNow);

  const asked = cfgen(['engines', '--engines', values.engines]).engines;
  const engines = Object.keys(asked).filter((name) => 'engine' in asked[name]);
  const leftOut = Object.entries(asked).flatMap(([name, { missing }]) => (missing === undefined ? [] : [{ name, missing }]));
  if (engines.length === 0) throw new Error(`no engine can start: ${leftOut.map(({ missing }) => missing).join('; ')}`);
  const peers = python === undefined ? [] : values.peers.split(',');
  const checked = python === undefined ? null : kept(work, 'check', () => peer(['check', ...recorded()])).facts;

  const data = [
    '--data',
    resolve(values.data),
    '--split',
    resolve(values.split),
    '--label',
    values.label,
    '--min-cells',
    String(size.minCells),
  ];
  const model = resolve(values.model ?? join(work, 'model'));
  if (!existsSync(join(model, 'model.json'))) {
    say('training the model that all sides generate from');
    mkdirSync(model, { recursive: true });
    const lengths = ['--epochs', String(size.modelEpochs), '--flow-steps', String(size.modelFlowSteps)];
    cfgen(['train', '--engine', engines.at(-1), ...data, ...lengths, '--out', model]);
  }
  const solvers = python === undefined ? null : kept(work, 'solvers', () => peer(['solvers', '--model', model])).facts;

  const chosen = values.only.split(',');
  const cases = Object.entries(casesOf({ engines, peers, size, data, model, work })).filter(([name]) => chosen.includes(name));
  const results = Object.fromEntries(cases.map(([name, { rounds, runs }]) => [name, inTurn(rounds, runs, measured(name, rounds))]));
  for (const [name, cells] of [
    ['generation', size.cells],
    ['large', size.largeCells],
  ]) {
    const differing = disagreements((results[name] ?? []).map(withoutScvi), cells);
    if (differing.length > 0) throw new Error(`the sides do not generate from the same distribution: ${differing.join('; ')}`);
  }

  const page = await prettier.format(
    benchmarkPage({ machine: machine(), size, engines, leftOut, checked, solvers, results, smoke: values.smoke }),
    { ...(await prettier.resolveConfig(values.out)), parser: 'markdown' },
  );
  if (values.smoke) process.stdout.write(page);
  else {
    writeFileSync(values.out, page);
    say(`wrote ${values.out}`);
  }

  function measured(name, rounds) {
    return (run, round) =>
      kept(join(work, 'answers'), `${name} ${round} ${run.name}`, () => {
        say(`${name}, round ${round + 1} of ${rounds}: ${run.name}`);
        return (run.program === 'cfgen' ? cfgen : peer)(run.words);
      });
  }
} finally {
  if (values.work === undefined) rmSync(work, { recursive: true, force: true });
}

/** scVI has a model of its own. */
function withoutScvi(round) {
  return Object.fromEntries(Object.entries(round).filter(([name]) => name !== 'scvi'));
}

/** Quantities of the authors' code on record, which the tests of CFGen are held to as well. */
function recorded() {
  const files = {
    velocity: 'libs/model/fixtures/velocity_net.json',
    autoencoder: 'libs/model/fixtures/autoencoder_step.json',
    solvers: 'libs/math/ode/fixtures/ode.json',
  };
  return Object.entries(files).flatMap(([word, name]) => [`--${word}`, join(root, name)]);
}
