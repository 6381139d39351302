import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CfgenError, type Problem } from '@cfgen/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireTrainable } from '../dataset/dataset';
import { matchFeatures } from '../dataset/match-features';
import { openMultimodal } from '../multimodal/open-multimodal';
import { openDataset } from './open-dataset';

const folder = fileURLToPath(new URL('../../../../shared/data/bad/', import.meta.url));
const present = existsSync(folder);
const expected = present
  ? (JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, { verdict: 'reject' | 'warn' }>)
  : {};

/** What the message (and for refusals the code) must say, for every file. */
const said: Record<string, RegExp> = {
  'truncated.h5ad': /^INPUT_INCOMPLETE.*incomplete: expected 63,299 bytes, has 37,979/,
  'empty_file.h5ad': /^INPUT_EMPTY.*the file is empty/,
  'not_hdf5.h5ad': /^INPUT_FORMAT.*not an HDF5 file \(wrong signature\).*accepted: .*h5ad/,
  'text_renamed.h5ad': /^INPUT_UNSUPPORTED.*looks like text \(CSV or TSV\), not HDF5/,
  'corrupted_middle.h5ad': /^INPUT_DAMAGED.*is damaged: obs\/cell_type\S* cannot be read/,
  'hdf5_not_anndata.h5ad': /^INPUT_FORMAT.*HDF5, but not AnnData: X, obs and var are missing; found: bias, weights/,
  'truncated_gzip.h5ad.gz': /^INPUT_INCOMPLETE.*the gzip stream ends early/,
  'indptr_not_monotone.h5ad': /^INPUT_DAMAGED.*X: row pointers are not increasing at row 10/,
  'indptr_past_end.h5ad': /^INPUT_DAMAGED.*row pointers ask for more values than are stored/,
  'indices_out_of_range.h5ad': /^INPUT_DAMAGED.*X has column index 250 but only 250 genes \(0-249\)/,
  'indices_negative.h5ad': /^INPUT_DAMAGED.*X has the negative column index/,
  'indices_shorter_than_data.h5ad': /^INPUT_DAMAGED.*indices and data have different lengths/,
  'missing_indptr.h5ad': /^INPUT_INCOMPLETE.*X is incomplete: X\/indptr is missing/,
  'shape_mismatch_obs.h5ad': /^INPUT_DAMAGED.*X has 120 cells but obs describes 119/,
  'shape_mismatch_var.h5ad': /^INPUT_DAMAGED.*X has 250 genes but var describes 251/,
  'column_length_mismatch.h5ad': /^INPUT_DAMAGED.*obs column n_umi has 50 values for 120 cells/,
  'category_codes_out_of_range.h5ad': /^INPUT_DAMAGED.*obs column cell_type has the code 99 but only \d+ categories/,
  'huge_shape_sparse.h5ad': /^INPUT_DAMAGED.*X has 1,099,511,627,776 cells but obs describes 120/,
  'huge_shape_dense.h5ad': /^INPUT_DAMAGED.*X has 4,000,000 cells but obs describes 120/,
  'decompression_bomb.h5ad': /^INPUT_DAMAGED.*X stores 5,000,000,000 values but its row pointers end at/,
  'external_link.h5ad': /^INPUT_UNSUPPORTED.*links to other files are not followed: X points outside this file/,
  'link_cycle.h5ad': /^INPUT_DAMAGED.*X cannot be resolved: links form a cycle/,
  'string_matrix.h5ad': /^INPUT_NOT_COUNTS.*X holds text, numbers are needed/,
  'complex_matrix.h5ad': /^INPUT_NOT_COUNTS.*X holds complex numbers, counts are needed/,
  'unknown_encoding.h5ad': /^INPUT_UNSUPPORTED.*X has the unknown encoding block_sparse_matrix 9\.0\.0/,
  'normalised_only.h5ad':
    /^INPUT_NOT_COUNTS.*X looks log-normalised \(fractions, max 8\.\d+\); no layer .* no raw holds counts.*give raw counts/,
  'normalised_raw_too.h5ad': /^INPUT_NOT_COUNTS.*neither raw\/X nor X holds counts/,
  'scaled.h5ad': /^INPUT_NOT_COUNTS.*X is scaled \(negative values .*mean.*give raw counts/,
  'negative_counts.h5ad': /^INPUT_NOT_COUNTS.*X has 2 negative values \(first: cell \S+, gene \S+\)/,
  'nan.h5ad': /^INPUT_NOT_COUNTS.*X has 2 missing values \(NaN/,
  'inf.h5ad': /^INPUT_NOT_COUNTS.*X has 1 infinite value/,
  'fractional.h5ad': /^INPUT_NOT_COUNTS.*X has [\d,]+ fractional values.*round them.*nothing is rounded silently/,
  'absurd_count.h5ad': /^INPUT_NOT_COUNTS.*a count of 1,099,511,627,776 is not plausible \(cell \S+, gene \S+\)/,
  'all_zero.h5ad': /^INPUT_EMPTY.*has no counts/,
  'binary_rna.h5ad': /holds only 0 and 1: already binarised\?/,
  'no_cells.h5ad': /^INPUT_EMPTY.*has no cells/,
  'no_genes.h5ad': /^INPUT_EMPTY.*has no genes/,
  'one_cell.h5ad': /^INPUT_TOO_FEW_CELLS.*training needs more cells \(has 1/,
  'missing_label.h5ad': /^LABEL_MISSING.*no obs column cell_type; columns: none/,
  'label_nan.h5ad': /^LABEL_UNUSABLE.*12 cells have no cell_type.*drop these cells, or give them a name/,
  'single_category.h5ad': /cell_type has a single value .*conditioning on it changes nothing/,
  'label_per_cell.h5ad': /^LABEL_UNUSABLE.*cell_type has 120 values for 120 cells: an identifier, not a label/,
  'label_continuous.h5ad': /^LABEL_UNUSABLE.*cell_type is numeric and continuous.*choose a categorical column, or bin/,
  'label_singleton.h5ad': /"Once only" .*only 1 cell: it cannot be split into train and test/,
  'label_trailing_space.h5ad': /labels "B cells" and "B cells ".*differ only in white space/,
  'duplicate_cells.h5ad': /1 cell name occurs more than once .*made unique/,
  'no_gene_overlap.h5ad': /^FEATURES_MISMATCH.*none of the 250 genes .*is in the model \(expects symbols such as LYZ\)/,
  'other_identifier.h5ad': /^FEATURES_MISMATCH.*names look like Ensembl ids .*the model uses symbols/,
  'latin1_strings.h5ad': /obs column cell_type is not valid UTF-8: shown with replacement characters/,
  'h5mu_no_common_cells.h5mu': /^INPUT_EMPTY.*rna and atac have no cell in common \(such as AGAATCGAGAAAGGAA-1-s1d1 in rna, other_/,
  'h5mu_no_rna.h5mu': /^INPUT_INCOMPLETE.*has no rna modality; found: protein/,
  'h5mu_atac_empty.h5mu': /^INPUT_EMPTY.*modality atac \(mod\/atac\/X\) has no counts/,
  'h5mu_labels_disagree.h5mu': /92 cells have another cell_type in atac than in rna: that of rna is used/,
  '10x_header_mismatch/': /^INPUT_INCOMPLETE.*matrix\.mtx\.gz has 4,251 entries, its header says 4,351/,
  '10x_barcodes_short/': /^INPUT_DAMAGED.*barcodes\.tsv\.gz has 100 lines, the matrix 120 columns/,
  '10x_bad_index/': /^INPUT_DAMAGED.*matrix\.mtx\.gz is damaged: line 11: row 0 \(rows run from 1 to 250\)/,
  '10x_no_features/': /^INPUT_INCOMPLETE.*features\.tsv\.gz \(or genes\.tsv\) is missing/,
};

/** Genes of a model trained on PBMC3K, for the two files that need a model. */
const modelGenes = ['LYZ', 'CD3D', 'MS4A1', 'NKG7', 'GNLY', 'PPBP'];
const forModel = new Set(['no_gene_overlap.h5ad', 'other_identifier.h5ad']);

/** Everything training would do with a file before it starts: ends in an error or in the problems to tell. */
async function prepare(path: string, tempFolder: string, file: string): Promise<readonly Problem[]> {
  if (file.endsWith('.h5mu')) return prepareBoth(path, tempFolder);
  const dataset = await openDataset(path, { tempFolder });
  try {
    dataset.scan();
    requireTrainable(dataset);
    dataset.label('cell_type');
    if (forModel.has(file)) matchFeatures(modelGenes, dataset);
    return dataset.problems;
  } finally {
    dataset.close();
  }
}

async function prepareBoth(path: string, tempFolder: string): Promise<readonly Problem[]> {
  const both = await openMultimodal(path, { tempFolder });
  try {
    both.rna.scan();
    both.atac.scan();
    both.rna.label('cell_type');
    return both.problems;
  } finally {
    both.close();
  }
}

describe.runIf(present)('inputs that must be refused or warned about', () => {
  let tempFolder = '';
  beforeAll(() => {
    tempFolder = mkdtempSync(join(tmpdir(), 'bad-inputs-'));
  });
  afterAll(() => rmSync(tempFolder, { recursive: true }));

  it('has an expectation for every file', () => {
    expect(Object.keys(said).sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', async (file) => {
    const started = performance.now();
    let outcome: string;
    let refused = false;
    try {
      const problems = await prepare(join(folder, file), tempFolder, file);
      outcome = problems.map(({ severity, message }) => `${severity} ${message}`).join('\n');
    } catch (error) {
      if (!(error instanceof CfgenError)) throw error;
      refused = true;
      outcome = `${error.code} ${error.message} ${error.hint ?? ''}`;
      expect(error.exitStatus).toBe(2);
    }
    expect(outcome).toMatch(said[file] ?? /^$/);
    expect(refused).toBe(expected[file]?.verdict === 'reject');
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(readdirSync(tempFolder)).toEqual([]);
  });
});
