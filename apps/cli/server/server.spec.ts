import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here';
import { temporaryFolder } from '../testing/run-cfgen';
import { events, file, json, problem, sha256, wireServer, type WireAnswer } from '../testing/wire-server';

const ids = {
  data: '01ARZ3NDEKTSV4RRFFQ69G5FA1',
  split: '01ARZ3NDEKTSV4RRFFQ69G5FA2',
  model: '01ARZ3NDEKTSV4RRFFQ69G5FA3',
  run: '01ARZ3NDEKTSV4RRFFQ69G5FA4',
} as const;
const time = '2026-01-01T00:00:00Z';
const cells = Buffer.from('the cells');
const artifact = (name: string, content: Buffer) => ({
  name,
  bytes: content.length,
  sha256: sha256(content),
  mediaType: 'application/octet-stream',
});

/** A run as a server tells it. */
function runOf(type: string, state: string, more: object = {}) {
  return {
    ...{
      id: ids.run,
      type,
      state,
      request: {},
      stages: [],
      share: state === 'succeeded' ? 1 : 0.5,
      secondsLeft: null,
      error: null,
      problems: [],
    },
    ...{ artifacts: [], modelId: null, figures: {}, attempt: 1, createdAt: time, startedAt: time, finishedAt: null },
    ...more,
  };
}

function dataSetOf(id: string, state: string, sha: string, more: object = {}) {
  return {
    ...{ id, kind: 'cells', state, name: 'pbmc.h5ad', sha256: sha, bytes: 9, cells: null, features: null },
    ...{ problems: [], error: null, createdAt: time },
    ...more,
  };
}

const upload: WireAnswer = (request, response) => {
  const id = request.url.searchParams.get('kind') === 'split' ? ids.split : ids.data;
  json(201, dataSetOf(id, id === ids.data ? 'validating' : 'ready', sha256(request.body)))(request, response);
};
const usual = {
  'GET /v1/system': json(200, { limits: { uploadBytes: 1e9 } }),
  'POST /v1/data-sets': upload,
  [`GET /v1/data-sets/${ids.data}`]: json(200, dataSetOf(ids.data, 'ready', '', { cells: 100 })),
};

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof wireServer>> | undefined;
afterEach(async () => {
  await server?.close();
  folder.remove();
  mkdirSync(folder.path);
});

async function cfgen(answers: Readonly<Record<string, WireAnswer>>, words: readonly string[], stops?: Parameters<typeof runHere>[2]) {
  server = await wireServer(answers);
  return runHere(words, '', { environment: { CFGEN_SERVER: server.url, CFGEN_TOKEN: 'secret' }, ...stops });
}

function local(name: string, content = name): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

const bodyOf = (path: string): unknown => {
  const request = server!.received.find(({ method, url }) => method === 'POST' && url.pathname === path);
  return JSON.parse(request!.body.toString());
};

describe('work on a server', () => {
  it('generates: the request says what the options say, and the cells end up in --out', async () => {
    const out = join(folder.path, 'synthetic.h5ad');
    const made = runOf('generate', 'succeeded', { artifacts: [artifact('generated.h5ad', cells)], figures: { cells: 7 } });
    const { status, stdout, stderr } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('generate', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([['run', runOf('generate', 'running')], ['run', made]]), // prettier-ignore
        [`GET /v1/runs/${ids.run}/artifacts/generated.h5ad`]: file(cells),
      },
      [
        'generate',
        'production',
        '--cells',
        '7',
        '--where',
        'cell_type=B cells',
        '--guidance',
        'cell_type=1.5',
        '--steps',
        '5',
        '--out',
        out,
      ],
    );
    expect([status, stderr.includes(`run ${ids.run}`)]).toEqual([0, true]);
    expect(stdout).toContain(`The cells are in ${out}`);
    expect(readFileSync(out).equals(cells)).toBe(true);
    expect(bodyOf('/v1/runs')).toEqual({
      ...{ type: 'generate', model: 'production', cells: 7, where: { cell_type: ['B cells'] }, guidance: { cell_type: 1.5 } },
      ...{ solver: { method: 'rk4', steps: 5 }, output: 'counts', latents: false, covariateValues: {}, compression: 'gzip', seed: 0 },
    });
    expect(server!.received.every(({ headers }) => headers.authorization === 'Bearer secret')).toBe(true);
  });

  it('trains: uploads data and split, waits until they are read, and puts the model into a folder', async () => {
    const out = join(folder.path, 'model');
    const description = Buffer.from('{}');
    const { status, stdout } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('train', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([['run', runOf('train', 'succeeded', { modelId: ids.model })]]),
        [`GET /v1/models/${ids.model}`]: json(200, { id: ids.model, files: [artifact('model.json', description)] }),
        [`GET /v1/models/${ids.model}/files/model.json`]: file(description),
      },
      [
        ...['train', local('pbmc.h5ad'), '--label', 'cell_type', '--split', local('split.tsv'), '--set', 'autoencoder.latent=50'],
        ...['--patience', 'none', '--out', out, '--json'],
      ],
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'train', out, run: { id: ids.run, modelId: ids.model } });
    expect(readdirSync(folder.path).toSorted()).toEqual(['model', 'pbmc.h5ad', 'split.tsv']);
    expect(readFileSync(join(out, 'model.json'), 'utf8')).toBe('{}');
    expect(bodyOf('/v1/runs')).toMatchObject({
      ...{ dataSet: ids.data, split: ids.split, labels: ['cell_type'], set: { 'autoencoder.latent': 50 }, patience: null, preset: 'best' },
    });
  });

  it('imports a checkpoint: the request says what the options say, the alias too, and the model ends up in --out', async () => {
    const out = join(folder.path, 'imported');
    const description = Buffer.from('{}');
    const { status } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('import', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([['run', runOf('import', 'succeeded', { modelId: ids.model })]]),
        [`GET /v1/models/${ids.model}`]: json(200, { id: ids.model, files: [artifact('model.json', description)] }),
        [`GET /v1/models/${ids.model}/files/model.json`]: file(description),
      },
      ['import', ids.data, '--data', ids.data, '--batch', 'donor', '--layer', 'counts', '--alias', 'authors', '--out', out],
    );
    expect([status, readdirSync(out)]).toEqual([0, ['model.json']]);
    expect(bodyOf('/v1/runs')).toEqual({
      ...{ type: 'import', checkpoint: ids.data, dataSet: ids.data, batches: ['donor'], layer: 'counts', alias: 'authors' },
    });
  });

  it('evaluates a run of the server against a data set of the server, uploading nothing', async () => {
    const out = join(folder.path, 'report');
    const { status } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('evaluate', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([
          ['run', runOf('evaluate', 'succeeded', { artifacts: [artifact('metrics.json', cells)] })],
        ]),
        [`GET /v1/runs/${ids.run}/artifacts/metrics.json`]: file(cells),
      },
      ['evaluate', ids.data, `run:${ids.run}`, '--label', 'cell_type', '--out', out],
    );
    expect([status, readdirSync(out)]).toEqual([0, ['metrics.json']]);
    expect(bodyOf('/v1/runs')).toEqual({
      type: 'evaluate',
      real: ids.data,
      generated: [{ run: ids.run }],
      label: 'cell_type',
      seed: 0,
      settings: {},
    });
    expect(server!.received.some(({ method, url }) => method === 'POST' && url.pathname === '/v1/data-sets')).toBe(false);
  });

  it('scores an integration: the request says what the options say, and the scores end up in --out', async () => {
    const out = join(folder.path, 'scores');
    const { status, stdout } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('integration', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([
          ['run', runOf('integration', 'succeeded', { artifacts: [artifact('integration.json', cells)] })],
        ]),
        [`GET /v1/runs/${ids.run}/artifacts/integration.json`]: file(cells),
      },
      [
        ...['integration', ids.data, '--batch', 'donor', '--label', 'cell_type', '--embedding', 'X_cfgen', '--unlabelled', 'unknown'],
        ...['--exclude', 'donor=d9', '--out', out],
      ],
    );
    expect([status, readdirSync(out)]).toEqual([0, ['integration.json']]);
    expect(stdout).toContain(`The scores are in ${out}`);
    expect(bodyOf('/v1/runs')).toEqual({
      ...{ type: 'integration', dataSet: ids.data, batch: 'donor', label: 'cell_type', embeddings: ['X_cfgen'], before: 'pca' },
      ...{ exclude: { donor: ['d9'] }, unlabelled: ['unknown'], minMax: false, profile: 'scib-2025', neighbours: 'auto', seed: 0 },
    });
  });

  it('sweeps guidance weights: the request says what the options say, and the figures end up in --out', async () => {
    const out = join(folder.path, 'guidance');
    const { status } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('guide', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([
          ['run', runOf('guide', 'succeeded', { artifacts: [artifact('guidance.json', cells)] })],
        ]),
        [`GET /v1/runs/${ids.run}/artifacts/guidance.json`]: file(cells),
      },
      ['guide', 'production', ids.data, '--grid', 'cell_type=0,1.5', '--cells', '60', '--out', out],
    );
    expect([status, readdirSync(out)]).toEqual([0, ['guidance.json']]);
    expect(bodyOf('/v1/runs')).toEqual({
      ...{ type: 'guide', model: 'production', dataSet: ids.data, grid: { cell_type: [0, 1.5] }, cells: 60, band: [0.8, 1.25], seed: 0 },
    });
  });

  it.each([
    ['correct', ['--batch', 'donor', '--reference', 'd1', '--means'], { batch: 'donor', reference: 'd1', means: true }],
    ['impute', ['--noise', '0.02'], { noise: 0.02 }],
  ])(
    'moves cells through a model with %s: the request says what the options say, and the file ends up in --out',
    async (type, words, own) => {
      const out = join(folder.path, 'moved.h5ad');
      const { status } = await cfgen(
        {
          ...usual,
          'POST /v1/runs': json(202, runOf(type, 'queued')),
          [`GET /v1/runs/${ids.run}/events`]: events([['run', runOf(type, 'succeeded', { artifacts: [artifact('moved.h5ad', cells)] })]]),
          [`GET /v1/runs/${ids.run}/artifacts/moved.h5ad`]: file(cells),
        },
        [type, 'production', ids.data, ...words, '--split', local('split.tsv'), '--part', 'train', '--guidance', 'donor=2', '--out', out],
      );
      expect([status, readFileSync(out).equals(cells)]).toEqual([0, true]);
      expect(bodyOf('/v1/runs')).toEqual({
        ...{ type, model: 'production', dataSet: ids.data, split: ids.split, part: 'train', guidance: { donor: 2 }, missing: 'refuse' },
        ...{ compression: 'gzip', seed: 0, ...own },
      });
    },
  );

  it('evaluates no imputation', async () => {
    const { status, stderr } = await cfgen(usual, ['impute', ids.data, '--evaluate']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('--evaluate trains and compares on this machine');
    expect(server!.received).toEqual([]);
  });

  it('that fails ends with the code of the server and leaves nothing', async () => {
    const out = join(folder.path, 'x.h5ad');
    const error = { code: 'TRAINING_DIVERGED', message: 'the loss is NaN', retryable: false, details: {} };
    const { status, stderr } = await cfgen(
      {
        ...usual,
        'POST /v1/runs': json(202, runOf('generate', 'queued')),
        [`GET /v1/runs/${ids.run}/events`]: events([['run', runOf('generate', 'failed', { error })]]),
      },
      ['generate', 'm', '--out', out],
    );
    expect([status, existsSync(out)]).toEqual([1, false]);
    expect(stderr).toContain('error TRAINING_DIVERGED: the loss is NaN');
    expect(stderr).toContain(`cfgen runs retry ${ids.run}`);
  });

  it('goes on when the watching is stopped, and the user is told how to come back', async () => {
    let stop = (): void => undefined;
    const running: WireAnswer = (request, response) => {
      events([['run', runOf('generate', 'running')]], true)(request, response);
      setTimeout(() => stop(), 100);
    };
    const { status, stderr } = await cfgen(
      { ...usual, 'POST /v1/runs': json(202, runOf('generate', 'queued')), [`GET /v1/runs/${ids.run}/events`]: running },
      ['generate', 'm', '--out', join(folder.path, 'x.h5ad')],
      {
        stops: {
          listen: (listener) => {
            stop = listener;
            return () => undefined;
          },
        },
      },
    );
    expect(status).toBe(130);
    expect(stderr).toContain(`Watch it with: cfgen runs watch ${ids.run}; stop it with: cfgen runs cancel ${ids.run}`);
    expect(server!.received.some(({ url }) => url.pathname.endsWith('/cancel'))).toBe(false);
  });

  it.each<[string, string[], string]>([
    ['a model that is a folder here', ['generate', 'model/', '--out', 'x'], '"model/" is neither the id nor an alias'],
    ['--resume', ['train', 'x.h5ad', '--out', 'm', '--resume'], '--resume means nothing to a server'],
    ['a choice there is not', ['train', 'x.h5ad', '--out', 'm', '--missing-labels', 'guess'], '--missing-labels is "guess"'],
    ['a number that is none', ['generate', 'm', '--cells', 'ten', '--out', 'x'], '--cells is "ten"'],
  ])('is refused with %s before anything is sent', async (_, words, message) => {
    const { status, stderr } = await cfgen(usual, words);
    expect([status, server!.received.length]).toEqual([2, 0]);
    expect(stderr).toContain(message);
  });

  it('is refused when the output is there, before anything is uploaded', async () => {
    const { status, stderr } = await cfgen(usual, ['train', local('pbmc.h5ad'), '--out', folder.path]);
    expect([status, server!.received.length]).toEqual([2, 0]);
    expect(stderr).toContain('error OUTPUT_EXISTS');
  });

  it('is refused when the folder for the report is there, before anything is uploaded', async () => {
    const words = ['augment', 'production', local('pbmc.h5ad'), '--label', 'cell_type', '--target', '200', '--evaluate'];
    const places = ['--split', local('split.tsv'), '--out', join(folder.path, 'augmented.h5ad'), '--report', folder.path];
    const { status, stderr } = await cfgen(usual, [...words, ...places]);
    expect([status, server!.received.length]).toEqual([2, 0]);
    expect(stderr).toContain('hint: Choose another name by --report');
  });

  it('is refused for data that the server refuses', async () => {
    const error = { code: 'INPUT_NOT_COUNTS', message: 'X holds 0.5', retryable: false, details: {} };
    const refused = { ...usual, [`GET /v1/data-sets/${ids.data}`]: json(200, dataSetOf(ids.data, 'refused', '', { error })) };
    const { status, stderr } = await cfgen(refused, ['train', local('pbmc.h5ad'), '--out', join(folder.path, 'm')]);
    expect(status).toBe(2);
    expect(stderr).toContain('error INPUT_NOT_COUNTS: X holds 0.5');
  });

  it('stays on this machine with --server none', async () => {
    const { stderr } = await cfgen(usual, ['generate', join(folder.path, 'no-model'), '--server', 'none', '--engine', 'reference']);
    expect(stderr).toContain('error MODEL_NOT_FOUND');
    expect(server!.received).toEqual([]);
  });
});

describe('cfgen runs, data-sets and models', () => {
  it('lists runs as the options ask', async () => {
    const { stdout } = await cfgen(
      { 'GET /v1/runs': json(200, { items: [runOf('train', 'running', { secondsLeft: 90 })], nextCursor: null }) },
      [...['runs', 'list', '--state', 'running', '--limit', '5']],
    );
    expect(stdout).toContain(`${ids.run}  train  running  50.0 %, 1 min 30 s left`);
    expect(server!.received[0]!.url.search).toBe('?limit=5&state=running');
  });

  it('shows, cancels and retries a run', async () => {
    const error = { code: 'COMPUTE_CRASHED', message: 'killed', hint: 'Give it more memory.', retryable: true, details: {} };
    const jobs = { total: 4, queued: 0, running: 0, succeeded: 3, failed: 1, cancelled: 0 };
    const stages = [{ name: 'SampleLatents', state: 'failed', jobs, share: 0.75, startedAt: time, finishedAt: time }];
    const answers = {
      [`GET /v1/runs/${ids.run}`]: json(200, runOf('generate', 'failed', { error, stages, artifacts: [artifact('x.h5ad', cells)] })),
      [`POST /v1/runs/${ids.run}/cancel`]: json(202, runOf('generate', 'cancelling')),
      [`POST /v1/runs/${ids.run}/retry`]: json(202, runOf('generate', 'queued')),
    };
    const shown = await cfgen(answers, ['runs', 'show', ids.run]);
    for (const text of ['SampleLatents  failed  3 of 4 jobs  1 failed', 'x.h5ad  9 B', 'error COMPUTE_CRASHED: killed', 'hint: Give it']) {
      expect(shown.stdout).toContain(text);
    }
    await server!.close();
    expect((await cfgen(answers, ['runs', 'cancel', ids.run])).stdout).toContain('The run stops');
    await server!.close();
    expect(JSON.parse((await cfgen(answers, ['runs', 'retry', ids.run, '--json'])).stdout)).toMatchObject({ run: { state: 'queued' } });
  });

  it('adds a file, and a URI of the object store', async () => {
    const path = local('pbmc.h5ad', 'counts');
    const { status, stdout } = await cfgen(usual, ['data-sets', 'add', path]);
    expect([status, stdout.split('\n')[0]]).toEqual([0, `Data set ${ids.data}: pbmc.h5ad, ready`]);
    await server!.close();
    await cfgen({ 'POST /v1/data-sets': json(201, dataSetOf(ids.data, 'validating', '')) }, [
      'data-sets',
      'add',
      's3://atlas/a.h5ad',
      '--no-wait',
    ]);
    expect(server!.received.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([
      { uri: 's3://atlas/a.h5ad', kind: 'cells' },
    ]);
  });

  it('points an alias at the model that another alias names', async () => {
    const { stdout } = await cfgen(
      {
        'GET /v1/models/production': json(200, { id: ids.model }),
        'PUT /v1/models/aliases/previous': json(200, { alias: 'previous', modelId: ids.model, updatedAt: time }),
      },
      ['models', 'alias', 'previous', 'production'],
    );
    expect(stdout).toBe(`previous is now the model ${ids.model}\n`);
    expect(JSON.parse(server!.received[1]!.body.toString())).toEqual({ modelId: ids.model });
  });

  it('tells a refusal of the server as any other error', async () => {
    const refusal = problem(403, { code: 'FORBIDDEN', detail: 'the token may only read', hint: 'Ask for one with the scope write.' });
    const { status, stdout, stderr } = await cfgen({ [`POST /v1/runs/${ids.run}/cancel`]: refusal }, ['runs', 'cancel', ids.run]);
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      'error FORBIDDEN: the token may only read\nhint: Ask for one with the scope write.\n',
    ]);
  });

  it('have help with examples, know their commands, and need a server', async () => {
    for (const name of ['runs', 'data-sets', 'models']) {
      expect((await runHere([name])).stdout).toContain(`Examples:\n  cfgen ${name} `);
      expect(await runHere([name, 'lst'])).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining(`unknown command '${name} lst'`) as string,
      });
    }
    expect((await runHere(['runs', 'list'])).stderr).toContain('hint: Give one by --server');
    expect((await runHere(['runs', 'list', '--server', 'localhost'])).stderr).toContain('"localhost" is not the address of a server');
  });
});
