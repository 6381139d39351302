import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '@cfgen/contracts';
import { createReferenceEngine, type Engine } from '@cfgen/compute';
import { checkCellxgene, createH5adWriter, openDataset, type Dataset, type H5adColumn } from '@cfgen/single-cell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepContext } from '../context';
import { smallSettings } from '../testing/small-cells';
import { trainFromFile } from '../train/train-from-file';
import { generateToFile, type GenerateOptions } from './generate-to-file';

const cells = 120;
const genes = 30;

let folder: string;
let engine: Engine;
let told: Problem[];
let context: StepContext;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-hand-off-'));
  engine = createReferenceEngine();
  context = { engine, version: '1.2.3', memory: 2 ** 30, onProblem: (problem) => told.push(problem) };
  told = [];
  await train('annotated', true);
  await train('plain', false);
}, 120_000);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const constant = (value: string): H5adColumn => ({ kind: 'categorical', codes: new Int32Array(cells), categories: [value] });
const byType = (values: readonly string[]): H5adColumn => ({
  kind: 'categorical',
  codes: Int32Array.from({ length: cells }, (_, c) => c % 2),
  categories: values,
});

/** Annotation of an atlas: terms that follow from the cell type or are the same for all. */
const annotation: Record<string, H5adColumn> = {
  cell_type_ontology_term_id: byType(['CL:0000236', 'CL:0000624']),
  assay_ontology_term_id: constant('EFO:0009899'),
  development_stage_ontology_term_id: constant('unknown'),
  disease_ontology_term_id: constant('PATO:0000461'),
  donor_id: constant('pooled'),
  organism_ontology_term_id: constant('NCBITaxon:9606'),
  self_reported_ethnicity_ontology_term_id: constant('unknown'),
  sex_ontology_term_id: constant('PATO:0000383'),
  suspension_type: constant('cell'),
  tissue_ontology_term_id: constant('UBERON:0000178'),
  tissue_type: constant('tissue'),
};

async function train(name: string, annotated: boolean): Promise<void> {
  const ids = Array.from({ length: genes }, (_, g) => `ENSG${String(g).padStart(11, '0')}.3`);
  const data = join(folder, `${name}.h5ad`);
  const writer = createH5adWriter(data, {
    features: {
      names: ids.map((_, g) => `gene_${g}`),
      columns: annotated
        ? { gene_ids: { kind: 'string', values: ids }, feature_type: { kind: 'string', values: ids.map(() => 'protein_coding') } }
        : {},
    },
  });
  await writer.append({
    ...{ rows: cells, columns: genes, indptr: Uint32Array.from({ length: cells + 1 }, (_, c) => c * genes) },
    indices: Uint32Array.from({ length: cells * genes }, (_, i) => i % genes),
    values: Float32Array.from({ length: cells * genes }, (_, i) => 1 + ((i * 7919) % 11) + ((Math.floor(i / genes) + i) % 2) * 5),
  });
  const obs = {
    names: Array.from({ length: cells }, (_, c) => `c${c}`),
    columns: { cell_type: byType(['B', 'T']), ...(annotated ? annotation : {}) },
  };
  await writer.finish({ obs });
  await trainFromFile(
    {
      ...{ data, labels: ['cell_type'], batches: [], minCells: 1, missingLabels: 'refuse', out: join(folder, `${name}-model`) },
      ...{ settings: smallSettings(), seed: 1, overwrite: false, resume: false, checkpointEvery: null },
    },
    context,
  );
}

async function generate(model: string, out: string, more: Partial<GenerateOptions> = {}): Promise<string> {
  const path = join(folder, out);
  told = [];
  const options = {
    where: new Map(),
    guidance: new Map(),
    librarySize: 'prior',
    means: false,
    latents: false,
    compression: 'gzip',
  } as const;
  await generateToFile(
    { ...options, model: join(folder, `${model}-model`), out: path, cells: 40, seed: 5, overwrite: true, ...more },
    context,
  );
  return path;
}

function content(dataset: Dataset): unknown {
  const { indptr, indices, values } = dataset.readRows(0, dataset.cells);
  const columns = dataset.obsColumns.map((column) => [column.name, column.read()]);
  const all = { indptr, indices, values, columns, cells: dataset.obsNames, genes: dataset.varNames };
  dataset.close();
  return all;
}

describe('generated cells', () => {
  it.each(['zarr', 'zarr.zip'])('are the same in .%s as in .h5ad', async (ending) => {
    const expected = content(await openDataset(await generate('annotated', 'x.h5ad')));
    for (const zarrFormat of [2, 3] as const) {
      expect(content(await openDataset(await generate('annotated', `x.${ending}`, { zarrFormat })))).toEqual(expected);
    }
  });

  it('have the same bytes in a Zarr archive whatever the size of the chunks', async () => {
    const one = readFileSync(await generate('annotated', 'one.zarr.zip'));
    expect(readFileSync(await generate('annotated', 'two.zarr.zip', { chunkCells: 7 })).equals(one)).toBe(true);
    const profiled = readFileSync(await generate('annotated', 'one.h5ad', { profile: 'cellxgene' }));
    expect(readFileSync(await generate('annotated', 'two.h5ad', { profile: 'cellxgene', chunkCells: 7 })).equals(profiled)).toBe(true);
  });
});

describe('the profile cellxgene', () => {
  it.each(['h5ad', 'zarr'])('leaves nothing to tell when the training data had it all (.%s)', async (ending) => {
    const path = await generate('annotated', `atlas.${ending}`, { profile: 'cellxgene' });
    expect(told.map(({ severity, code }) => [severity, code])).toEqual([['note', 'cellxgene-renamed']]);
    expect(await checkCellxgene(path)).toEqual([]);
    const dataset = await openDataset(path);
    expect(dataset.countsAt).toBe('raw/X');
    expect(dataset.varNames[2]).toBe('ENSG00000000002');
    const names = dataset.obsColumns.map(({ name }) => name);
    expect(names).toContain('author_cell_type');
    expect(names).not.toContain('cell_type');
    expect(names).not.toContain('organism_ontology_term_id');
    const types = dataset.label('author_cell_type');
    const terms = dataset.label('cell_type_ontology_term_id');
    expect(Array.from(terms.codes, (code) => terms.categories[code])).toEqual(
      Array.from(types.codes, (code) => (types.categories[code] === 'B' ? 'CL:0000236' : 'CL:0000624')),
    );
    expect(new Set(dataset.numbers('is_primary_data'))).toEqual(new Set([0]));
    dataset.close();
  });

  it('keeps the counts of the file without it in raw, and their logarithms in X', async () => {
    const plain = await openDataset(await generate('annotated', 'plain.h5ad'));
    const path = await generate('annotated', 'profiled.h5ad', { profile: 'cellxgene' });
    const raw = await openDataset(path);
    const counts = plain.readRows(0, 40);
    expect(raw.readRows(0, 40)).toEqual(counts);
    await expect(openDataset(path, { layer: 'X' })).rejects.toMatchObject({ code: 'INPUT_NOT_COUNTS' });
    plain.close();
    raw.close();
  });

  it('tells what the training data did not have, and invents nothing', async () => {
    const path = await generate('plain', 'bare.h5ad', { profile: 'cellxgene' });
    const messages = told.filter(({ severity }) => severity === 'warning').map(({ message }) => message);
    for (const name of Object.keys(annotation).filter((column) => column !== 'organism_ontology_term_id')) {
      expect(messages).toContain(`obs has no ${name}`);
    }
    expect(messages).toContain('uns has no organism_ontology_term_id');
    expect(messages).toContain(`${genes} of ${genes} names of var are no Ensembl identifiers, such as "gene_0"`);
    expect(told.every(({ severity, hint }) => severity === 'note' || (hint ?? '') !== '')).toBe(true);
    const dataset = await openDataset(path);
    expect(dataset.obsColumns.some(({ name }) => name.endsWith('ontology_term_id'))).toBe(false);
    dataset.close();
  });

  it('is refused for means, before anything is written', async () => {
    await expect(generate('annotated', 'means.h5ad', { profile: 'cellxgene', means: true })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
    expect(readdirSync(folder).filter((name) => name.includes('means'))).toEqual([]);
  });
});

describe('the view for Vitessce', () => {
  it('names what lies in the store beside it', async () => {
    const path = await generate('annotated', 'seen.zarr', { vitessce: true, profile: 'cellxgene' });
    const view = JSON.parse(readFileSync(`${path}.vitessce.json`, 'utf8')) as {
      datasets: {
        files: {
          url: string;
          options: { obsEmbedding: { path: string }[]; obsSets: { path: string }[]; obsFeatureMatrix: { path: string } };
        }[];
      }[];
    };
    const [file] = view.datasets[0]!.files;
    expect(file!.url).toBe('seen.zarr');
    const { obsEmbedding, obsSets, obsFeatureMatrix } = file!.options;
    for (const at of [...obsEmbedding, ...obsSets, obsFeatureMatrix]) expect(existsSync(join(path, at.path)), at.path).toBe(true);
    expect(obsSets.map((set) => set.path)).toEqual(['obs/author_cell_type']);
    expect(JSON.parse(readFileSync(join(path, 'obsm/X_cfgen_pca/.zarray'), 'utf8'))).toMatchObject({ shape: [40, 2] });
  });

  it('needs a Zarr store', async () => {
    await expect(generate('annotated', 'unseen.h5ad', { vitessce: true })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(existsSync(join(folder, 'unseen.h5ad'))).toBe(false);
  });
});
