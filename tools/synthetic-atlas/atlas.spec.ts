import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomKey, RandomStream } from '@cfgen/math';
import { openDataset } from '@cfgen/single-cell';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AliasTable } from './alias-table';
import { writeAtlas, type AtlasOptions } from './atlas';
import { CellMaker } from './cell-maker';
import { CountRows } from './count-rows';
import { crc32c } from './crc32c';
import { expressionProfiles } from './expression-profiles';
import { LogarithmicDraws } from './logarithmic';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-atlas-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const small = { cells: 600, features: 1500, density: 0.05, labels: 4, batches: 2, seed: 3, overwrite: true };

async function made(options: Partial<AtlasOptions>): Promise<{ readonly sha256: string; readonly density: number; readonly path: string }> {
  const all = { ...small, out: join(folder, 'atlas.h5ad'), ...options };
  const nonZeros = await writeAtlas(all);
  return {
    sha256: createHash('sha256').update(readFileSync(all.out)).digest('hex'),
    density: nonZeros / (all.cells * all.features),
    path: all.out,
  };
}

describe('the synthetic atlas', () => {
  it('is the same for the same seed whatever the block, and another for another seed', async () => {
    const first = await made({});
    expect((await made({ block: 7 })).sha256).toBe(first.sha256);
    expect((await made({ seed: 4 })).sha256).not.toBe(first.sha256);
  });

  it('is the same made by threads, from the command line', async () => {
    const { path } = await made({});
    const out = join(folder, 'threads.h5ad');
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const words = ['cells', 'features', 'density', 'labels', 'batches', 'seed'].flatMap((name) => [
      `--${name}`,
      String(small[name as keyof typeof small]),
    ]);
    execFileSync(process.execPath, ['--import', 'tsx', main, ...words, '--threads', '2', '--out', out], { stdio: 'pipe' });
    expect(readFileSync(out).equals(readFileSync(path))).toBe(true);
  });

  it.each([0.02, 0.05, 0.3])('has about the share of non-zeros asked for: %f', async (density) => {
    expect((await made({ density })).density / density).toBeCloseTo(1, 0.7);
  });

  it('opens as counts with labels', async () => {
    const dataset = await openDataset((await made({})).path);
    expect([dataset.cells, dataset.features]).toEqual([small.cells, small.features]);
    const rows = dataset.readRows(0, small.cells);
    expect(rows.values.subarray(0, rows.indptr[small.cells]).every((count) => count > 0 && Number.isInteger(count))).toBe(true);
    expect(dataset.label('cell_type').categories).toEqual(['type_1', 'type_2', 'type_3', 'type_4']);
    dataset.close();
  });

  it('has negative binomial counts: of the mean and the variance that the profiles say', () => {
    const options = { features: 40, labels: 1, batches: 1, density: 0.6, seed: 5 };
    const { probabilities, fanoFactors, medianLibrarySize } = expressionProfiles(options);
    const maker = new CellMaker(options);
    const stream = new RandomStream(randomKey(2, 'spec'));
    const draws = 20_000;
    const rows = new CountRows(options.features);
    const source = { label: 0, batch: 0, place: 0.3, librarySize: medianLibrarySize };
    for (let draw = 0; draw < draws; draw += 1) maker.draw(source, stream, rows);
    const { indices, values, indptr } = rows.block();
    const genes = options.features;
    const [sums, squares, seen] = [new Float64Array(genes), new Float64Array(genes), new Float64Array(genes)];
    for (let entry = 0; entry < indptr[draws]!; entry += 1) {
      const [gene, count] = [indices[entry]!, values[entry]!];
      sums[gene]! += count;
      squares[gene]! += count ** 2;
      seen[gene]! += 1;
    }
    const [first, second] = probabilities[0]!.map((perBatch) => perBatch[0]!) as [Float64Array, Float64Array];
    for (let gene = 0; gene < genes; gene += 1) {
      const mean = medianLibrarySize * (0.3 * first[gene]! + 0.7 * second[gene]!);
      const fano = fanoFactors[gene]!;
      const variance = mean * fano;
      expect(Math.abs(sums[gene]! / draws - mean)).toBeLessThan(5 * Math.sqrt(variance / draws));
      // P(0) = (theta / (theta + m))^theta with theta = m / (F - 1).
      const zero = Math.exp((mean / (fano - 1)) * -Math.log(fano));
      expect(Math.abs(seen[gene]! / draws - (1 - zero))).toBeLessThan(5 * Math.sqrt((zero * (1 - zero)) / draws) + 1e-3);
      if (mean < 0.5) continue;
      expect((squares[gene]! / draws - (sums[gene]! / draws) ** 2) / variance).toBeCloseTo(1, 0.5);
    }
  });
});

describe('draws from the logarithmic distribution', () => {
  it('come as often as its probabilities say', () => {
    const fano = 4;
    const draws = new LogarithmicDraws(Float64Array.of(1, fano));
    const stream = new RandomStream(randomKey(3, 'spec'));
    const counts = new Float64Array(12);
    const n = 50_000;
    for (let i = 0; i < n; i += 1) {
      expect(draws.draw(0, stream)).toBe(1);
      counts[Math.min(11, draws.draw(1, stream))]! += 1;
    }
    const p = 1 - 1 / fano;
    for (let k = 1; k <= 6; k += 1) {
      const expected = -(p ** k) / (k * Math.log(1 - p));
      expect(Math.abs(counts[k]! - n * expected)).toBeLessThan(5 * Math.sqrt(n * expected));
    }
  });
});

describe('CRC-32C', () => {
  it('gives the check value of the polynomial', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
  });
});

describe('the alias table', () => {
  it('draws each index as often as its probability says', () => {
    const probabilities = Float64Array.of(0.5, 0, 0.125, 0.375);
    const table = new AliasTable(probabilities);
    const stream = new RandomStream(randomKey(1, 'spec'));
    const counts = [0, 0, 0, 0];
    const draws = 100_000;
    for (let draw = 0; draw < draws; draw += 1) counts[table.draw(stream)]! += 1;
    expect(counts[1]).toBe(0);
    // Five standard deviations of a binomial count.
    probabilities.forEach((p, index) =>
      expect(Math.abs(counts[index]! - p * draws)).toBeLessThanOrEqual(5 * Math.sqrt(draws * p * (1 - p))),
    );
  });
});
