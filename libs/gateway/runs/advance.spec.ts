import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobKey, commandDefinitions, type BlobRef, type CommandDefinition } from '@cfgen/contracts';
import { sha256Of } from '../testing/scripted-stages';
import { advance, nothingPrepared, type Advance, type Prepared, type StepRecord } from './advance';
import { generateRun, type GenerateFacts } from './definitions/generate';
import type { RunDefinition, RunNode } from './definitions/run-definition';
import { runDefinition } from './definitions/run-definitions';
import { trainRun, type TrainFacts } from './definitions/train';

function refOf(name: string, text: string, schema = ''): BlobRef {
  const sha256 = sha256Of(text);
  return { name, uri: blobKey(sha256), sha256, bytes: text.length, mediaType: 'application/json', schema };
}

const trainFacts: TrainFacts = {
  dataSetId: 'd',
  fileName: 'pbmc.h5ad',
  data: refOf('data', 'data'),
  split: { name: 'split.tsv', ref: refOf('split', 'split') },
  training: { labels: ['cell_type'], batches: [], minCells: 20, missingLabels: 'refuse' },
  settings: { preset: 'best' },
  seed: 7,
  checkpointEpochs: 5,
  checkpointSteps: 100,
  shardCells: 8192,
  alias: null,
};

function generateFacts(cells: number): GenerateFacts {
  return {
    ...{ name: 'synthetic', modelId: 'm', model: refOf('model', 'model'), cells, chunkCells: 10, where: {}, guidance: {}, seed: 7 },
    ...{ output: 'counts', latents: false, compression: 'gzip' },
  };
}

const modelFiles = { files: { 'model.json': refOf('model-json', '{}') } };

/** A run in memory: what was commanded, what was answered, what was put and read. */
class PlayedRun<Facts> {
  readonly steps = new Map<string, StepRecord>();
  readonly commanded: string[] = [];
  readonly lanes: number[] = [];
  private prepared: Prepared = nothingPrepared;

  constructor(
    private readonly definition: RunDefinition<Facts>,
    private readonly facts: Facts,
  ) {}

  /** Advances as far as it gets without an answer. */
  advance(): Advance {
    for (;;) {
      const next = advance(this.definition, this.facts, this.steps, this.prepared);
      for (const { node, refs } of next.issue) this.command(node, refs);
      if (next.wanted.length === 0 && next.unread.length === 0) return next;
      const manifests = new Map(this.prepared.manifests);
      for (const { name, schema, text } of next.wanted) manifests.set(text, refOf(name, text, schema));
      const contents = new Map(this.prepared.contents);
      for (const { sha256 } of next.unread) contents.set(sha256, modelFiles);
      this.prepared = { manifests, contents };
    }
  }

  get open(): string[] {
    return [...this.steps.values()].filter(({ state }) => state === 'issued').map(({ key }) => key);
  }

  /** The same node always answers the same, whenever it does. */
  succeed(key: string, nodes: readonly RunNode[]): void {
    const type = nodes.find((node) => node.key === key)?.type ?? 'TrainFlow';
    const { outputs }: CommandDefinition = commandDefinitions[type];
    const data = type === 'DrawConditions' ? { chunks: Math.ceil(Number(this.cells) / 10), problems: [] } : {};
    const refs = outputs.map((name) => refOf(name.replace('?', ''), `${key} ${name}`));
    this.steps.set(key, { key, state: 'succeeded', result: { data, outputs: refs }, error: null });
  }

  private get cells(): unknown {
    return (this.facts as { readonly cells?: number }).cells ?? 0;
  }

  private command(node: RunNode, refs: readonly BlobRef[]): void {
    expect(this.steps.get(node.key)).toBeUndefined();
    const { inputs }: CommandDefinition = commandDefinitions[node.type];
    for (const input of inputs.filter((name) => !name.endsWith('?'))) expect(refs.map(({ name }) => name)).toContain(input);
    expect(commandDefinitions[node.type].data.safeParse(node.data).success).toBe(true);
    this.steps.set(node.key, { key: node.key, state: 'issued', result: null, error: null });
    this.commanded.push(node.key);
    const started = new Set(this.commanded.filter((key) => key.startsWith('sample/')).map((key) => key.split('/')[1]));
    const decoded = [...this.steps.values()].filter(({ key, state }) => key.startsWith('decode/') && state === 'succeeded').length;
    this.lanes.push(started.size - decoded);
  }
}

/** Plays a run to its end, answering in the order that the numbers say. */
function play<Facts>(
  definition: RunDefinition<Facts>,
  facts: Facts,
  order: readonly number[],
): { run: PlayedRun<Facts>; end: Advance['end'] } {
  const run = new PlayedRun(definition, facts);
  let next = run.advance();
  for (let turn = 0; next.end === null; turn++) {
    const { open } = run;
    const key = open[(order[turn % order.length] ?? 0) % open.length];
    if (key === undefined) throw new Error('the run hangs');
    run.succeed(key, next.nodes);
    next = run.advance();
    // The same events again change nothing.
    const before = run.commanded.length;
    expect(run.advance()).toMatchObject({ issue: [], end: next.end, share: next.share });
    expect(run.commanded.length).toBe(before);
  }
  return { run, end: next.end };
}

const orders = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 });

describe('advance', () => {
  it('comes to the same model in whatever order a training is answered', () => {
    fc.assert(
      fc.property(orders, (order) => {
        const { run, end } = play(trainRun, trainFacts, order);
        expect(end).toMatchObject({ state: 'succeeded', artifacts: [{ name: 'model.json' }], outcome: { kind: 'model', alias: null } });
        expect([...run.commanded].sort()).toEqual(['assemble-model', 'encode-cells', 'fit-priors', 'train-autoencoder', 'train-flow']);
        expect(run.commanded.indexOf('encode-cells')).toBeGreaterThan(run.commanded.indexOf('train-autoencoder'));
        expect(run.commanded.indexOf('train-flow')).toBeGreaterThan(run.commanded.indexOf('encode-cells'));
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('comes to the same cells in whatever order a generation is answered, with at most 64 chunks under way', () => {
    const facts = generateFacts(800);
    const expected = play(generateRun, facts, [0]).end;
    expect(expected).toMatchObject({ state: 'succeeded', artifacts: [{ name: 'synthetic.h5ad' }] });
    fc.assert(
      fc.property(orders, (order) => {
        const { run, end } = play(generateRun, facts, order);
        expect(end).toEqual(expected);
        expect(run.commanded.length).toBe(162);
        expect(new Set(run.commanded).size).toBe(162);
        expect(Math.max(...run.lanes)).toBeLessThanOrEqual(64);
        expect(run.commanded.at(-1)).toBe('assemble-cells');
      }),
      { seed: 2, numRuns: 8 },
    );
  });

  it('does as many chunks as were drawn when the cells are those of a file', () => {
    const { cells: _cells, ...rest } = generateFacts(800);
    const facts = { ...rest, like: { name: 'like.h5ad', ref: refOf('like', 'like') } };
    const run = new PlayedRun(generateRun, facts);
    expect(run.advance().nodes.map(({ key }) => key)).toEqual(['draw-conditions']);
    const result = { data: { chunks: 3, problems: [] }, outputs: [refOf('conditions', 'c')] };
    run.steps.set('draw-conditions', { key: 'draw-conditions', state: 'succeeded', result, error: null });
    run.advance();
    expect(run.commanded).toEqual(['draw-conditions', 'sample/0', 'sample/1', 'sample/2']);
  });

  it('commands nothing more once a step has failed, and says why', () => {
    const run = new PlayedRun(trainRun, trainFacts);
    run.advance();
    const error = { code: 'TRAINING_DIVERGED', message: 'no', retryable: false, details: {} } as const;
    run.steps.set('fit-priors', { key: 'fit-priors', state: 'failed', result: null, error });
    expect(run.advance()).toMatchObject({ issue: [], end: { state: 'failed', error } });
  });

  it('counts the work that is done', () => {
    const run = new PlayedRun(trainRun, trainFacts);
    const { nodes, share } = run.advance();
    expect(share).toBe(0);
    run.succeed('train-autoencoder', nodes);
    expect(run.advance().share).toBeCloseTo(0.45);
  });
});

describe('the definitions', () => {
  it('refuse facts that do not read, and types they do not know', () => {
    expect(() => runDefinition('dance')).toThrow(/no runs of the type "dance"/);
    const view = { result: () => undefined, content: () => undefined };
    expect(() => runDefinition('train').nodes({ fileName: 3 }, view)).toThrow();
  });
});
