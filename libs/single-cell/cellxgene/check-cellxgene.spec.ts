import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnnDataRest, H5adColumn } from '../writing/h5ad-content';
import { createH5adWriter } from '../writing/h5ad-writer';
import { createZarrWriter } from '../zarr/writing/zarr-writer';
import { checkCellxgene } from './check-cellxgene';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-cellxgene-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const constant = (value: string): H5adColumn => ({ kind: 'categorical', codes: [0, 0], categories: [value] });

const sound: Record<string, H5adColumn> = {
  assay_ontology_term_id: constant('EFO:0009899'),
  cell_type_ontology_term_id: constant('CL:0000236'),
  development_stage_ontology_term_id: constant('HsapDv:0000087'),
  disease_ontology_term_id: constant('MONDO:0004604 || MONDO:0043004'),
  donor_id: constant('pooled'),
  self_reported_ethnicity_ontology_term_id: constant('HANCESTRO:0005'),
  sex_ontology_term_id: constant('unknown'),
  suspension_type: constant('nucleus'),
  tissue_ontology_term_id: constant('UBERON:0000178'),
  tissue_type: constant('tissue'),
  is_primary_data: { kind: 'boolean', values: [0, 0] },
};

interface Changes {
  readonly obs?: Record<string, H5adColumn>;
  readonly rest?: Partial<AnnDataRest>;
  readonly genes?: readonly string[];
  readonly counts?: readonly number[];
}

async function found({
  obs = {},
  rest = {},
  genes = ['ENSG00000186092', 'ERCC-00031'],
  counts = [1, 2, 3, 4],
}: Changes): Promise<string[]> {
  const path = join(folder, 'x.h5ad');
  const columns = { feature_is_filtered: { kind: 'boolean', values: [0, 0] } } as const;
  const writer = createH5adWriter(path, { features: { names: genes, columns }, overwrite: true });
  const kept = counts.flatMap((value, i) => (value === 0 ? [] : [{ gene: i % 2, value, cell: Math.floor(i / 2) }]));
  await writer.append({
    ...{ rows: 2, columns: 2, indptr: Uint32Array.of(0, kept.filter(({ cell }) => cell === 0).length, kept.length) },
    indices: Uint32Array.from(kept, ({ gene }) => gene),
    values: Float32Array.from(kept, ({ value }) => value),
  });
  const uns = { title: 'A title', organism_ontology_term_id: 'NCBITaxon:9606' };
  await writer.finish({ obs: { names: ['a', 'b'], columns: { ...sound, ...obs } }, uns, obsm: { X_umap: new Float32Array(4) }, ...rest });
  return (await checkCellxgene(path)).map(({ code, message }) => `${code}: ${message}`);
}

describe('the schema of CELLxGENE', () => {
  it('is met by a file that has everything', async () => {
    expect(await found({})).toEqual([]);
  });

  it.each<[string, Changes, string]>([
    [
      'an unknown word',
      { obs: { suspension_type: constant('cells') } },
      'cellxgene-malformed: obs column suspension_type has the value "cells"',
    ],
    [
      'a label instead of a term',
      { obs: { assay_ontology_term_id: constant("10x 3' v2") } },
      'cellxgene-malformed: obs column assay_ontology_term_id has the value "10x 3\' v2"',
    ],
    [
      'terms in another order of signs',
      { obs: { disease_ontology_term_id: constant('MONDO:0004604|MONDO:0043004') } },
      'cellxgene-malformed: obs column disease_ontology_term_id has the value "MONDO:0004604|MONDO:0043004"',
    ],
    [
      'text instead of categories',
      { obs: { donor_id: { kind: 'string', values: ['d', 'd'] } } },
      'cellxgene-malformed: obs column donor_id holds string values, not categories',
    ],
    [
      'cells without a value',
      { obs: { donor_id: { kind: 'categorical', codes: [0, -1], categories: ['d'] } } },
      'cellxgene-missing: 1 cells have no donor_id',
    ],
    [
      'a column of its own',
      { obs: { cell_type: constant('B cell') } },
      'cellxgene-reserved: the obs column cell_type is one that CELLxGENE writes itself',
    ],
    [
      'the organism in obs',
      { obs: { organism_ontology_term_id: constant('NCBITaxon:9606') } },
      'cellxgene-malformed: obs has the column organism_ontology_term_id',
    ],
    [
      'gene symbols',
      { genes: ['CD3D', 'ENSG00000186092'] },
      'cellxgene-malformed: 1 of 2 names of var are no Ensembl identifiers, such as "CD3D"',
    ],
    [
      'versions of genes',
      { genes: ['ENSG00000186092.7', 'ERCC-00031'] },
      'cellxgene-malformed: 1 of 2 names of var are no Ensembl identifiers, such as "ENSG00000186092.7"',
    ],
    [
      'a species in words',
      { rest: { uns: { title: 't', organism_ontology_term_id: 'Homo sapiens' } } },
      'cellxgene-malformed: uns[\'organism_ontology_term_id\'] is "Homo sapiens"',
    ],
    ['no title', { rest: { uns: { organism_ontology_term_id: 'NCBITaxon:9606' } } }, 'cellxgene-missing: uns has no title'],
    ['no embedding in a plane', { rest: { obsm: { X_line: new Float32Array(2) } } }, 'cellxgene-missing: obsm has no X_...'],
    ['a cell without counts', { counts: [0, 0, 3, 4] }, 'cellxgene-malformed: 1 cells have no counts'],
  ])('is told to lack: %s', async (_what, changes, message) => {
    expect(await found(changes)).toEqual([message]);
  });

  it('is told to lack: counts as float32', async () => {
    const path = join(folder, 'wide.zarr');
    const columns = { feature_is_filtered: { kind: 'boolean', values: [0] } } as const;
    const writer = createZarrWriter(path, { features: { names: ['ERCC-00031'], columns }, compression: 'none' });
    await writer.append({
      rows: 2,
      columns: 1,
      indptr: Uint32Array.of(0, 1, 2),
      indices: Uint32Array.of(0, 0),
      values: Float32Array.of(5, 7),
    });
    const uns = { title: 'A title', organism_ontology_term_id: 'NCBITaxon:9606' };
    await writer.finish({ obs: { names: ['a', 'b'], columns: sound }, uns, obsm: { X_umap: new Float32Array(4) } });
    expect(await checkCellxgene(path)).toEqual([]);
    const metadata = join(path, 'X/data/.zarray');
    writeFileSync(metadata, readFileSync(metadata, 'utf8').replace('<f4', '<f8'));
    writeFileSync(join(path, 'X/data/0'), Buffer.from(Float64Array.of(5, 7).buffer));
    expect((await checkCellxgene(path)).map(({ message }) => message)).toEqual(['the counts in X are stored as float64 values']);
  });
});
