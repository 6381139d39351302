import { blobKey, type BlobRef } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { augmentRun, type AugmentFacts } from './augment';
import type { NodeResult, RunView } from './run-definition';

const sha256 = 'a'.repeat(64);
const ref = (name: string): BlobRef => ({
  name,
  uri: blobKey(sha256),
  sha256,
  bytes: 1,
  mediaType: 'application/octet-stream',
  schema: '',
});

const facts: AugmentFacts = {
  modelId: 'model',
  model: ref('model'),
  data: { name: 'cells.h5ad', ref: ref('data') },
  split: { name: 'split.tsv', ref: ref('split') },
  label: 'cell_type',
  target: 100,
  maxFactor: 20,
  minSupport: 20,
  guidance: {},
  compression: 'gzip',
  seed: 5,
  chunkCells: 10,
  evaluation: { replicates: 2, neighbours: 15 },
};

/** What has succeeded so far. */
function viewOf(done: Readonly<Record<string, NodeResult>>): RunView {
  return { result: (step) => done[step], content: () => undefined };
}
const planned = (chunks: number): NodeResult => ({ data: { chunks }, outputs: [ref('conditions'), ref('plan')] });

describe('an augmentation as a run', () => {
  it('begins with a plan for each replicate, each with a seed of its own', () => {
    const nodes = augmentRun.nodes(facts, viewOf({}));
    expect(nodes.map(({ key }) => key)).toEqual(['plan/0', 'plan/1']);
    expect(nodes.map(({ data }) => data['seed'])).toEqual([5, 6]);
  });

  it('names all other steps once every plan is there, and changes none that it has named', () => {
    const first = augmentRun.nodes(facts, viewOf({ 'plan/0': planned(2) }));
    const all = augmentRun.nodes(facts, viewOf({ 'plan/0': planned(2), 'plan/1': planned(1) }));
    expect(JSON.stringify(all.slice(0, first.length))).toBe(JSON.stringify(first));
    expect(all.map(({ key }) => key)).toEqual([
      'plan/0',
      'plan/1',
      ...['sample/0/0', 'decode/0/0', 'sample/0/1', 'decode/0/1', 'assemble/0'],
      ...['sample/1/0', 'decode/1/0', 'assemble/1'],
      'evaluate',
    ]);
    expect(all.flatMap(({ lane }) => (lane === undefined ? [] : [lane]))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('without an evaluation is one plan, its chunks and their file', () => {
    const { evaluation, ...plain } = facts;
    expect(evaluation).toBeDefined();
    const keys = augmentRun.nodes(plain, viewOf({ 'plan/0': planned(1) })).map(({ key }) => key);
    expect(keys).toEqual(['plan/0', 'sample/0/0', 'decode/0/0', 'assemble/0']);
  });

  it('hands out the first file, its plan, and the judgement', () => {
    const view = viewOf({
      'plan/0': planned(1),
      'assemble/0': { data: {}, outputs: [ref('augmented')] },
      evaluate: { data: {}, outputs: [ref('metrics'), ref('report')] },
    });
    expect(augmentRun.artifacts(facts, view).map(({ name }) => name)).toEqual([
      'augmented.h5ad',
      'plan.json',
      'augmentation.json',
      'augmentation.html',
    ]);
  });
});
