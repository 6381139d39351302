import { blobKey, type BlobRef } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { correctRun, type CorrectFacts } from './correct';
import { imputeRun } from './impute';
import type { RunView } from './run-definition';

const sha256 = 'a'.repeat(64);
const ref = (name: string): BlobRef => ({
  ...{ name, uri: blobKey(sha256), sha256, bytes: 1 },
  ...{ mediaType: 'application/octet-stream', schema: '' },
});
const nothing: RunView = { result: () => undefined, content: () => undefined };

const shared = {
  model: ref('model'),
  data: { name: 'cells.h5ad', ref: ref('data') },
  part: 'train',
  missing: 'keep',
  guidance: { donor: 2 },
  compression: 'gzip',
  seed: 5,
} as const;
const correction: CorrectFacts = { ...shared, batch: 'donor', reference: 'd1', means: true };

describe('a correction as a run', () => {
  it('is one job that is told all that was asked for', () => {
    const [node, ...others] = correctRun.nodes({ ...correction, split: { name: 'split.tsv', ref: ref('split') } }, nothing);
    expect(others).toEqual([]);
    expect(node?.type).toBe('CorrectCells');
    expect(node?.data).toEqual({
      ...{ fileName: 'cells.h5ad', splitName: 'split.tsv', part: 'train', missing: 'keep', guidance: { donor: 2 } },
      ...{ compression: 'gzip', seed: 5, batch: 'donor', reference: 'd1', means: true },
    });
    expect(node?.inputs.map((input) => (input.kind === 'blob' ? input.ref.name : input.name))).toEqual(['model', 'data', 'split']);
  });

  it('names no part where there is no split', () => {
    expect(correctRun.nodes(correction, nothing)[0]?.data).not.toHaveProperty('part');
  });

  it('hands out its file under the ending of its format, once it is there', () => {
    const done: RunView = { ...nothing, result: () => ({ data: {}, outputs: [ref('corrected')] }) };
    expect(correctRun.artifacts(correction, nothing)).toEqual([]);
    expect(correctRun.artifacts(correction, done).map(({ name }) => name)).toEqual(['corrected.h5ad']);
    expect(correctRun.artifacts({ ...correction, format: 'zarr' }, done).map(({ name }) => name)).toEqual(['corrected.zarr.zip']);
  });
});

describe('an imputation as a run', () => {
  it('is one job, and hands out its file', () => {
    const facts = { ...shared, noise: 0.05 };
    const nodes = imputeRun.nodes(facts, nothing);
    expect(nodes.map(({ type, data }) => [type, data['noise']])).toEqual([['ImputeCells', 0.05]]);
    const done: RunView = { ...nothing, result: () => ({ data: {}, outputs: [ref('imputed')] }) };
    expect(imputeRun.artifacts(facts, done).map(({ name }) => name)).toEqual(['imputed.h5ad']);
  });
});
