import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCountSource, openDataset } from '@cfgen/single-cell';
import { describe, expect, it } from 'vitest';
import { logNormalised } from '../preprocessing/log-normalise';
import { mostDispersed, normalisedDispersions } from './dispersions';

const shared = (name: string) => fileURLToPath(new URL(`../../../../shared/${name}`, import.meta.url));
const goldenFile = shared('golden/scanpy/scanpy.json');

/** Mean and variance of exp(x) - 1, x log-normalised expression. */
async function momentsOf(path: string): Promise<{ names: readonly string[]; means: Float64Array; variances: Float64Array }> {
  const dataset = await openDataset(path);
  const counts = openCountSource(dataset, { memory: 2 ** 28 });
  const { rows, columns, values } = logNormalised(
    counts,
    Array.from({ length: dataset.features }, (_, j) => j),
  );
  const means = new Float64Array(columns);
  const variances = new Float64Array(columns);
  values.forEach((value, at) => (means[at % columns] += Math.expm1(value) / rows));
  values.forEach((value, at) => (variances[at % columns] += (Math.expm1(value) - means[at % columns]) ** 2 / (rows - 1)));
  const names = dataset.varNames;
  counts.close();
  dataset.close();
  return { names, means, variances };
}

describe.runIf(existsSync(goldenFile))('dispersions by the seurat rule', () => {
  it('are those that scanpy computes, and select the same genes', async () => {
    const { hvg_seurat: golden } = JSON.parse(readFileSync(goldenFile, 'utf8')) as {
      hvg_seurat: Readonly<Record<'means' | 'dispersions' | 'dispersions_norm', (number | 'NaN')[]>> & { selected: string[] };
    };
    const { names, means, variances } = await momentsOf(shared('data/formats/base.h5ad'));
    const found = normalisedDispersions(means, variances);
    for (const [values, wanted] of [
      [found.means, golden.means],
      [found.dispersions, golden.dispersions],
      [found.normalised, golden.dispersions_norm],
    ] as const) {
      expect(values.length).toBe(wanted.length);
      wanted.forEach((value, j) => {
        if (value === 'NaN') expect(values[j]).toBeNaN();
        else expect(values[j]).toBeCloseTo(value, 5);
      });
    }
    const selected = mostDispersed(found, golden.selected.length);
    expect(new Set(Array.from(selected, (j) => names[j]))).toEqual(new Set(golden.selected));
  });
});

describe('dispersions', () => {
  it('are 1 for the only feature of a bin, and missing without variance or difference', () => {
    const { normalised } = normalisedDispersions(Float64Array.of(0.1, 0.1, 100, 0, 0.1), Float64Array.of(0.2, 0.2, 3, 0, 0));
    expect(Array.from(normalised)).toEqual([NaN, NaN, 1, NaN, NaN]);
    expect(Array.from(mostDispersed({ normalised } as ReturnType<typeof normalisedDispersions>, 3))).toEqual([0, 1, 2]);
  });
});
