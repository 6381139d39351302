import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceEngine, type Engine } from '@cfgen/compute';
import { openDataset } from '@cfgen/single-cell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepContext } from '../context';
import { correctToFile, type CorrectOptions } from '../correct/correct-to-file';
import { evaluateImputation } from '../impute/evaluate-imputation';
import { imputeToFile } from '../impute/impute-to-file';
import { maskCounts } from '../impute/masked-counts';
import { smallSettings, writeSmallCells } from '../testing/small-cells';
import { trainFromFile } from '../train/train-from-file';
import { roundTripCertificate } from './round-trip';

let folder: string;
let engine: Engine;
let context: StepContext;
let data: string;
let split: string;
let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-transport-'));
  [data, split, model] = [join(folder, 'small.h5ad'), join(folder, 'small.tsv'), join(folder, 'model')];
  engine = createReferenceEngine();
  context = { engine, version: '1.2.3', memory: 2 ** 30 };
  await writeSmallCells(data, split);
  await trainFromFile(
    {
      ...{ data, labels: ['cell_type'], batches: ['donor'], minCells: 10, missingLabels: 'refuse', out: model },
      ...{ settings: smallSettings(), seed: 3, overwrite: false, resume: false, checkpointEvery: null },
    },
    context,
  );
}, 120_000);
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const usual = (): CorrectOptions => ({
  ...{ model, data, out: join(folder, 'corrected.h5ad'), overwrite: true, guidance: new Map(), missing: 'refuse', means: false },
  ...{ seed: 4, compression: 'gzip', solver: { method: 'rk4', steps: 4 } },
});

describe('a correction', () => {
  it('gives the same file whatever the chunks, with the obs of the data, latents before and after, and a certificate', async () => {
    const summary = await correctToFile({ ...usual(), means: true }, context);
    expect(summary).toMatchObject({ cells: 150, batch: 'donor', reference: 'd1', unknown: [] });
    const whole = readFileSync(summary.out);
    for (const chunkCells of [7, 64]) {
      await correctToFile({ ...usual(), means: true, chunkCells }, context);
      expect(readFileSync(summary.out).equals(whole), `chunks of ${chunkCells}`).toBe(true);
    }
    const [before, after] = [await openDataset(data, {}), await openDataset(summary.out, {})];
    expect(after.obsNames).toEqual(before.obsNames);
    expect(after.label('donor').codes).toEqual(before.label('donor').codes);
    expect(after.numbers('pseudotime')).toEqual(before.numbers('pseudotime'));
    const errors = after.numbers('round_trip_error');
    expect(Math.max(...errors)).toBe(summary.roundTrip.quantiles.max);
    const [corrected, uncorrected] = [await after.embedding('X_cfgen'), await after.embedding('X_cfgen_uncorrected')];
    expect(corrected.dims).toBe(4);
    // Cells that are in the reference batch already come home; those of the other batch are moved.
    const moved = (i: number): number =>
      Math.hypot(...[0, 1, 2, 3].map((d) => corrected.values[i * 4 + d]! - uncorrected.values[i * 4 + d]!));
    const donors = Array.from(before.label('donor').codes);
    const mean = (code: number): number => {
      const cells = donors.flatMap((donor, i) => (donor === code ? [moved(i)] : []));
      return cells.reduce((sum, x) => sum + x, 0) / cells.length;
    };
    expect(mean(1)).toBeGreaterThan(5 * mean(0));
    before.close();
    after.close();
  }, 60_000);

  it('refuses a batch, a reference and a weight that make no sense, and leaves nothing behind', async () => {
    const out = join(folder, 'never.h5ad');
    await expect(correctToFile({ ...usual(), out, batch: 'plate' }, context)).rejects.toMatchObject({ code: 'REQUEST_UNKNOWN_VALUE' });
    await expect(correctToFile({ ...usual(), out, reference: 'd9' }, context)).rejects.toThrow(/"d9" is no value of donor/);
    await expect(correctToFile({ ...usual(), out, guidance: new Map([['donor', 0]]) }, context)).rejects.toThrow(/would change nothing/);
    await expect(correctToFile({ ...usual(), out, means: true }, { ...context, memory: 1000 })).rejects.toMatchObject({
      code: 'MEMORY_EXCEEDED',
    });
    expect(() => readFileSync(out)).toThrow();
  });
});

describe('an imputation', () => {
  it('keeps the counts and adds expected ones, the same whatever the chunks', async () => {
    const out = join(folder, 'imputed.h5ad');
    const options = { ...usual(), out, noise: 0.05 };
    await imputeToFile(options, context);
    const whole = readFileSync(out);
    await imputeToFile({ ...options, chunkCells: 11 }, context);
    expect(readFileSync(out).equals(whole)).toBe(true);
    const [before, after] = [await openDataset(data, {}), await openDataset(out, {})];
    expect(after.features).toBe(35);
    expect(after.scan().cellTotals.length).toBe(before.cells);
    before.close();
    after.close();
    await expect(imputeToFile({ ...options, noise: -1 }, context)).rejects.toThrow(/noise of -1/);
  }, 60_000);

  it('is judged on entries that were hidden from training, beside the mean of the label', async () => {
    const settings = smallSettings();
    const longer = { ...settings, autoencoder: { ...settings.autoencoder, epochs: 60 } };
    const result = await evaluateImputation(
      {
        ...{ data, labels: ['cell_type'], batches: [], minCells: 10, missingLabels: 'refuse', settings: longer, mask: 0.1 },
        ...{ entries: 'nonzero', repeats: 2, noise: 0, guidance: new Map(), seed: 1, solver: { method: 'rk4', steps: 4 } },
      },
      context,
    );
    expect(result.repeats.map(({ seed }) => seed)).toEqual([1, 2]);
    // About 0.7 of 35 genes in 150 cells are not zero; a tenth of them is hidden.
    for (const { hidden } of result.repeats) expect(Math.abs(hidden - 367)).toBeLessThan(80);
    expect(result.baseline.pearson.mean).toBeGreaterThan(0.5);
    expect(result.model.pearson.mean).toBeGreaterThan(0.3);
    expect(result.model.l1.sem).toBeGreaterThan(0);
  }, 60_000);
});

describe('hidden entries', () => {
  it('are zero in what is left, are kept aside, and depend on the seed, the cell and the gene alone', () => {
    const dense = Array.from({ length: 40 }, (_, i) => Array.from({ length: 20 }, (_, g) => (g % 2 === 0 ? i + 1 : 0)));
    const source = {
      rows: 40,
      columns: 20,
      gather: (rows: Uint32Array) => {
        const indices = Array.from(rows).flatMap(() => Array.from({ length: 10 }, (_, k) => 2 * k));
        const values = Array.from(rows).flatMap((row) => new Array<number>(10).fill(row + 1));
        const indptr = Uint32Array.from({ length: rows.length + 1 }, (_, r) => 10 * r);
        return { rows: rows.length, columns: 20, indptr, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
      },
    };
    for (const entries of ['nonzero', 'all'] as const) {
      const { counts, hidden } = maskCounts(source, 0.3, entries, 5);
      const left = counts.gather(Uint32Array.from({ length: 40 }, (_, i) => i));
      let restored = left.values.length;
      hidden.values.forEach((value, k) => {
        const cell = hidden.starts.findIndex((start) => start > k) - 1;
        expect(value).toBe(dense[cell]![hidden.columns[k]!]);
        if (value > 0) restored += 1;
      });
      expect(restored).toBe(400);
      const expected = entries === 'all' ? 240 : 120;
      expect(Math.abs(hidden.values.length - expected)).toBeLessThan(0.25 * expected);
      expect(maskCounts(source, 0.3, entries, 5).hidden).toEqual(hidden);
    }
    expect(() => maskCounts(source, 1, 'all', 5)).toThrow(/share of 1/);
  });
});

describe('the certificate of a round trip', () => {
  it('bounds errors by half of the distance to the nearest neighbour, and counts cells beyond', () => {
    // Cells at 1, 2, 3, ...: the nearest is 1 away, which relative to |z| is 1, 1/2, 1/3, ...
    const encoded = Float32Array.from({ length: 9 }, (_, i) => i + 1);
    const errors = Float64Array.of(0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.5);
    const found = roundTripCertificate(errors, encoded, { mean: [0], deviation: [1] }, undefined);
    expect(found.bound).toBeCloseTo(0.1, 12);
    expect(found).toMatchObject({ cellsBeyond: 1, shareBeyond: 1 / 9, quantiles: { q50: 0.04, max: 0.5 } });
    expect(roundTripCertificate(errors, encoded, { mean: [0], deviation: [1] }, 0.045).cellsBeyond).toBe(4);
  });
});
