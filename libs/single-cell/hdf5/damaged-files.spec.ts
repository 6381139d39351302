import fs, { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { CfgenError } from '@cfgen/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inspectDataset, type Inspection } from '../inspection/inspect-dataset';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const formats = fileURLToPath(new URL('../../../../shared/data/formats/', import.meta.url));

/** Files whose values are all behind a checksum (gzip), so that damage cannot pass as other values. */
const sources: Record<string, () => Buffer> = {
  'base.h5ad': () => gunzipSync(readFileSync(join(fixtures, 'base.h5ad.gz'))),
  'base.h5ad.gz': () => readFileSync(join(fixtures, 'base.h5ad.gz')),
  '10x_multiome_small.h5': () => readFileSync(join(fixtures, '10x_multiome_small.h5')),
  ...Object.fromEntries(
    existsSync(formats)
      ? ['csc.h5ad', 'partial_overlap.h5mu', 'base.loom'].map((name) => [name, () => readFileSync(join(formats, name))] as const)
      : [],
  ),
};

/** Larger files, or files read in several ways, of which fewer copies are damaged. */
const fewer = new Set(['partial_overlap.h5mu', 'base.loom']);

/** A chunk that is lost from a dense matrix cannot be told from one that holds zeros. */
const unchecked = new Set(['base.loom']);

/** Park-Miller generator: the same damage in every run. */
function generator(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  for (let i = 0; i < 5; i++) state = (state * 48271) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** One to six bytes replaced, half of the time in the first 9,000 bytes, where the structure lies. */
function flip(bytes: Buffer, seed: number): Buffer {
  const random = generator(seed);
  const damaged = Buffer.from(bytes);
  const reach = random() < 0.5 ? Math.min(9000, bytes.length) : bytes.length;
  const flips = 1 + Math.floor(random() * 6);
  for (let i = 0; i < flips; i++) damaged[Math.floor(random() * reach)] = Math.floor(random() * 256);
  return damaged;
}

function truncate(bytes: Buffer, seed: number): Buffer {
  return bytes.subarray(0, Math.floor(generator(seed)() * bytes.length));
}

/** Files this process has open, where the system tells. */
function openDescriptors(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

function figures({ cells, features, nonzeros, total, librarySize }: Inspection): unknown {
  return { cells, features, nonzeros, total, librarySize };
}

describe('damaged files end in the right answer or in a CfgenError', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'damaged-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The figures, or the code of the error. */
  async function outcome(path: string): Promise<unknown> {
    try {
      return figures(await inspectDataset(path, { tempFolder: folder }));
    } catch (error) {
      if (error instanceof CfgenError) return error.code;
      throw error;
    }
  }

  it.each(Object.keys(sources))(
    '%s, cut short or with bytes replaced',
    async (name) => {
      const bytes = sources[name]();
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const right = await outcome(path);
      expect(right).toMatchObject({ cells: expect.any(Number) as number });
      const descriptors = openDescriptors();
      let refused = 0;
      const copies = fewer.has(name) ? 18 : 60;
      for (let seed = 0; seed < copies; seed++) {
        writeFileSync(path, seed % 3 === 0 ? truncate(bytes, seed) : flip(bytes, seed));
        const found = await outcome(path);
        if (typeof found === 'string') {
          refused++;
          expect(found).toMatch(/^INPUT_/);
        } else if (!unchecked.has(name)) {
          expect(found).toEqual(right);
        }
        expect(readdirSync(folder)).toEqual([name]);
      }
      expect(refused).toBeGreaterThan(copies / 3);
      // The process is none the worse: a sound file reads as before.
      writeFileSync(path, bytes);
      expect(await outcome(path)).toEqual(right);
      expect(openDescriptors()).toBeLessThanOrEqual(descriptors + 2);
      rmSync(path);
    },
    120_000,
  );

  it('does not let libhdf5 write to standard error', async () => {
    const path = join(folder, 'cut.h5ad');
    writeFileSync(path, sources['base.h5ad']().subarray(0, 100_000));
    // Emscripten writes with fs.writeSync on descriptor 2.
    const write = vi.spyOn(fs, 'writeSync');
    expect(await outcome(path)).toBe('INPUT_INCOMPLETE');
    expect(write.mock.calls.filter(([descriptor]) => descriptor < 3)).toEqual([]);
    write.mockRestore();
    rmSync(path);
  });
});
