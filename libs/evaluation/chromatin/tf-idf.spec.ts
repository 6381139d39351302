import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCountSource, openMultimodal } from '@cfgen/single-cell';
import { readNpy, type CountSource } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countsOf } from '../fixtures/golden';
import { highlyVariablePeaks } from './chromatin-space';
import { peakWeights, tfIdf, type TfIdfOptions } from './tf-idf';

const shared = (name: string) => fileURLToPath(new URL(`../../../../shared/${name}`, import.meta.url));
const goldenFile = shared('golden/muon/tfidf.json');

const dense = (rows: number[][]): CountSource =>
  countsOf({ rows: rows.length, columns: rows[0].length, values: Float64Array.from(rows.flat()) });
const allPeaks = (counts: CountSource): Uint32Array => Uint32Array.from({ length: counts.columns }, (_, j) => j);

function denseTfIdf(counts: CountSource, options?: TfIdfOptions): number[][] {
  const { rows, columns, indptr, indices, values } = tfIdf(counts, peakWeights(counts, options), allPeaks(counts));
  return Array.from({ length: rows }, (_, i) => {
    const row = new Array<number>(columns).fill(0);
    for (let k = indptr[i]; k < indptr[i + 1]; k++) row[indices[k]] = values[k];
    return row;
  });
}

function expectNear(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(found.length).toBe(wanted.length);
  const wrong = Array.from(wanted).findIndex((value, i) => !(Math.abs(found[i] - value) < 1e-9 * Math.max(1, Math.abs(value))));
  if (wrong >= 0) expect.fail(`value ${wrong} is ${found[wrong]}, golden ${wanted[wrong]}`);
}

describe('TF-IDF', () => {
  it('is the product of the logarithms of a peak’s share of the cell and its rarity', () => {
    const [first, second, third] = denseTfIdf(
      dense([
        [1, 0, 1, 1],
        [0, 0, 1, 0],
        [1, 0, 0, 1],
      ]),
    );
    expectNear(first, [7.432976108213214, 0, 7.432976108213214, 7.432976108213214]);
    expectNear(second, [0, 0, 8.439441144740172, 0]);
    expectNear(third, [7.804408422699358, 0, 0, 7.804408422699358]);
  });

  it('gives a cell and a peak without counts nothing, and takes counts as they are unless told otherwise', () => {
    const counts = dense([
      [1, 0, 2],
      [0, 0, 0],
      [3, 0, 1],
    ]);
    expectNear(denseTfIdf(counts).flat(), [4.539618962417048, 0, 6.10317842861208, 0, 0, 0, 4.993335065231358, 0, 5.4234926364315585]);
    const halves = Math.log1p(5000) * Math.log1p(1.5);
    expectNear(denseTfIdf(counts, { binarise: true }).flat(), [halves, 0, halves, 0, 0, 0, halves, 0, halves]);
  });

  it('keeps the shares over all peaks when some are chosen', () => {
    const counts = dense([
      [1, 0, 2],
      [0, 0, 0],
      [3, 0, 1],
    ]);
    const whole = denseTfIdf(counts);
    const { indptr, indices, values } = tfIdf(counts, peakWeights(counts), Uint32Array.of(1, 2));
    expect([Array.from(indptr), Array.from(indices)]).toEqual([
      [0, 1, 1, 2],
      [1, 1],
    ]);
    expectNear(values, [whole[0][2], whole[2][2]]);
  });

  it.each([{ logTf: true, logIdf: false }, { logTf: false, logIdf: true }, {}])('refuses a logarithm of the product beside %j', (logs) => {
    expect(() => peakWeights(dense([[1, 2]]), { ...logs, logTfIdf: true })).toThrow(/logarithm of the product and of a factor/);
  });
});

interface GoldenVariant {
  readonly sum: number;
  readonly nnz_nonzero: number;
  readonly row0: readonly number[];
  readonly row0_columns: readonly number[];
  readonly peak_sums_first20: readonly number[];
}

describe.runIf(existsSync(goldenFile))('TF-IDF of peaks of bone marrow', () => {
  let counts: CountSource & { close(): void };
  let names: readonly string[];
  beforeAll(async () => {
    const { rna, atac } = await openMultimodal(shared('data/bmmc_multiome.h5mu'));
    rna.close();
    names = atac.varNames;
    counts = openCountSource(atac, { memory: 2 ** 28 });
    atac.close();
  });
  afterAll(() => counts.close());

  const golden = existsSync(goldenFile)
    ? (JSON.parse(readFileSync(goldenFile, 'utf8')) as {
        variants: Readonly<Record<string, GoldenVariant>>;
        hvg_seurat_200_of_default_binarised: readonly string[];
      })
    : { variants: {}, hvg_seurat_200_of_default_binarised: [] };

  const noLogs = { logTf: false, logIdf: false };
  const options: Readonly<Record<string, TfIdfOptions>> = {
    default: {},
    log_tf_only: { logIdf: false },
    log_idf_only: { logTf: false },
    plain: noLogs,
    log_tfidf: { ...noLogs, logTfIdf: true },
    scale_1e6: { scaleFactor: 1e6 },
  };

  it.each(Object.keys(golden.variants))('is that of muon: %s', (variant) => {
    const binarise = variant.endsWith('_binarised');
    const chosen = options[variant.replace('_binarised', '')];
    const wanted = golden.variants[variant];
    const { columns, indptr, indices, values } = tfIdf(counts, peakWeights(counts, { ...chosen, binarise }), allPeaks(counts));
    expect(values.length).toBe(wanted.nnz_nonzero);
    expect(Array.from(indices.subarray(0, indptr[1]))).toEqual(wanted.row0_columns);
    expectNear(values.subarray(0, indptr[1]), wanted.row0);
    const sums = new Float64Array(columns);
    values.forEach((value, k) => (sums[indices[k]] += value));
    expectNear(sums.subarray(0, 20), wanted.peak_sums_first20);
    expectNear([values.reduce((a, b) => a + b, 0)], [wanted.sum]);
  });

  it('is that of muon in every entry', () => {
    const { data } = readNpy(readFileSync(shared('golden/muon/tfidf_binarised_data_f64.npy')));
    expectNear(
      tfIdf(counts, peakWeights(counts, { binarise: true }), allPeaks(counts)).values,
      Float64Array.from(data as Iterable<number>),
    );
  });

  it('has the highly variable peaks that scanpy selects', () => {
    const peaks = highlyVariablePeaks(counts, peakWeights(counts, { binarise: true }), 200);
    expect(new Set(Array.from(peaks, (peak) => names[peak]))).toEqual(new Set(golden.hvg_seurat_200_of_default_binarised));
  });
});
