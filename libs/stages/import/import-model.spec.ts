import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWasmEngine, type Engine } from '@cfgen/compute';
import { CellDecoder, loadModel, type Model } from '@cfgen/model';
import { openDataset } from '@cfgen/single-cell';
import { decodeSafetensors, encodeSafetensors } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFile } from '../encode/encode-file';
import { generateToFile } from '../generate/generate-to-file';
import { importToFolder } from './import-model';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
/** What the authors' code computes with the model whose checkpoint this is. */
const theirs = JSON.parse(readFileSync(fixture('theirs.json'), 'utf8')) as {
  latents: number[][];
  means: number[][];
  librarySizes: number[];
};

describe('a checkpoint that the code of the authors trained', () => {
  let engine: Engine;
  let folder: string;
  const usual = { checkpoint: fixture('checkpoint.safetensors'), data: fixture('train.h5ad'), batches: ['donor'], overwrite: true };
  const context = { memory: 2 ** 28, version: '1.2.3' };
  let model: Model;

  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 1 });
    folder = mkdtempSync(join(tmpdir(), 'cfgen-import-'));
    await importToFolder({ ...usual, out: join(folder, 'model') }, context);
    model = loadModel(join(folder, 'model'));
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
    expected.forEach((value, i) =>
      expect(Math.abs((found[i] ?? NaN) - value), `element ${i}`).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(value))),
    );
  }

  it('becomes a model with its genes, its labels in the order of their codes, and its settings', () => {
    const { description } = model;
    expect(description.features.names).toEqual(Array.from({ length: 24 }, (_, g) => `g${g}`));
    expect(description.attributes.map(({ name, role, categories }) => ({ name, role, categories }))).toEqual([
      { name: 'cell_type', role: 'label', categories: ['B', 'NK', 'T'] },
      { name: 'donor', role: 'batch', categories: ['2', '10'] },
    ]);
    expect(description.settings.autoencoder).toMatchObject({ latent: 4, hidden: [16, 8], input: 'log1p' });
    expect(description.settings.flow).toMatchObject({ hidden: 8, embedding: 6, blocks: 2, sizeFactorConditioning: true });
  });

  it('encodes and decodes cells as theirs does', async () => {
    const out = join(folder, 'latents.safetensors');
    await encodeFile({ model: join(folder, 'model'), data: usual.data, out, overwrite: true }, { ...context, engine });
    const latents = decodeSafetensors(readFileSync(out)).tensors[0]?.data as Float32Array;
    expectClose(latents, theirs.latents.flat());
    const cells = theirs.latents.length;
    const decoder = new CellDecoder(engine, model);
    const conditions = { start: 0, cells, sizeFactors: Float64Array.from(theirs.librarySizes) };
    const { means } = await decoder.decodeStored(latents.slice(0, 4 * cells), conditions, 'means', 0);
    expectClose(means ?? [], theirs.means.flat());
    decoder.release();
  });

  it('generates cells of the labels asked for, from the priors of the data', async () => {
    const out = join(folder, 'synthetic.h5ad');
    await generateToFile(
      {
        ...{ model: join(folder, 'model'), out, overwrite: true, cells: 20, where: new Map([['cell_type', ['NK']]]), guidance: new Map() },
        ...{ librarySize: 'prior', seed: 1, means: false, latents: false, compression: 'gzip' },
      },
      { ...context, engine },
    );
    const dataset = await openDataset(out);
    expect(dataset.label('cell_type').categories).toEqual(['NK']);
    expect(dataset.varNames).toEqual(model.description.features.names);
    dataset.close();
  });

  const metadataOf = (): Record<string, unknown> =>
    JSON.parse(decodeSafetensors(readFileSync(usual.checkpoint)).metadata['cfgen-checkpoint'] ?? '') as Record<string, unknown>;
  const rewritten = (change: (facts: Record<string, unknown>) => void): string => {
    const facts = metadataOf();
    change(facts);
    const path = join(folder, 'facts.json');
    writeFileSync(path, JSON.stringify(facts));
    return path;
  };

  it('takes genes and values from the data when the description does not name them, to the same model', async () => {
    const metadata = rewritten((facts) => {
      delete facts['genes'];
      delete facts['categories'];
    });
    const { modelHash } = await importToFolder({ ...usual, metadata, out: join(folder, 'unnamed') }, context);
    expect(modelHash).toBe((await importToFolder({ ...usual, out: join(folder, 'named') }, context)).modelHash);
  });

  it('keeps its own order of genes when the data has another', async () => {
    const tensors = decodeSafetensors(readFileSync(usual.checkpoint)).tensors;
    const reversed = rewritten((facts) => (facts['genes'] = (facts['genes'] as string[]).toReversed()));
    const { description } = await importToFolder({ ...usual, metadata: reversed, out: join(folder, 'reversed') }, context);
    expect(description.features.names[0]).toBe('g23');
    expect(tensors).not.toHaveLength(0);
  });

  it.each<[string, (facts: Record<string, unknown>) => void, object, string]>([
    [
      'a gene that the data lacks',
      (facts) => (facts['genes'] = ['strange']),
      {},
      'lacks 1 of the 1 genes of the checkpoint, such as strange',
    ],
    [
      'a value that no cell has',
      (facts) => (facts['categories'] = { cell_type: ['B', 'NK', 'T', 'Z'], donor: ['2', '10'] }),
      {},
      'has no cell with cell_type "Z"',
    ],
    ['a batch that it was not trained with', () => undefined, { batches: ['plate'] }, 'not trained with a column "plate"'],
    ['a file that is not there', () => undefined, { autoencoder: '/nowhere/ae.safetensors' }, 'ae.safetensors cannot be read'],
  ])('is refused with %s, and nothing is written', async (_what, change, changes, message) => {
    const out = join(folder, 'refused');
    await expect(importToFolder({ ...usual, metadata: rewritten(change), out, ...changes }, context)).rejects.toThrow(message);
    expect(() => loadModel(out)).toThrow('holds no finished model');
  });

  it('is refused without a description, saying how to get one', async () => {
    const bare = join(folder, 'bare.safetensors');
    writeFileSync(bare, encodeSafetensors(decodeSafetensors(readFileSync(usual.checkpoint)).tensors));
    await expect(importToFolder({ ...usual, checkpoint: bare, out: join(folder, 'refused') }, context)).rejects.toMatchObject({
      code: 'INPUT_INCOMPLETE',
      message: 'bare.safetensors holds no description of the checkpoint',
    });
  });
});
