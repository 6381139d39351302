// Makes a large AnnData file of made-up cells, the same for the same options and seed:
//
//   npx tsx tools/synthetic-atlas/main.ts --cells 200000 --features 20000 --density 0.03 --labels 12 --seed 0 --out atlas.h5ad
//
// A name that ends in .zarr makes a store of Zarr 3 with shards.
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CfgenError } from '@cfgen/contracts';
import { writeAtlas } from './atlas';

const { values } = parseArgs({
  options: {
    cells: { type: 'string', default: '200000' },
    features: { type: 'string', default: '20000' },
    density: { type: 'string', default: '0.03' },
    labels: { type: 'string', default: '12' },
    batches: { type: 'string', default: '2' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'atlas.h5ad' },
    'shard-chunks': { type: 'string', default: '32' },
    threads: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    overwrite: { type: 'boolean', default: false },
  },
});

function whole(name: Exclude<keyof typeof values, 'density' | 'out' | 'overwrite'>, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new CfgenError(
      'REQUEST_INVALID',
      `--${name} is ${values[name]}, not a whole number from ${least}${most < 2 ** 53 - 1 ? ` to ${most}` : ''}.`,
    );
  }
  return value;
}

try {
  const density = Number(values.density);
  if (!(density > 0 && density < 1)) throw new CfgenError('REQUEST_INVALID', `--density is ${values.density}, not between 0 and 1.`);
  const started = performance.now();
  const cells = whole('cells', 1);
  let told = 0;
  const nonZeros = await writeAtlas({
    cells,
    features: whole('features', 1, 2 ** 31 - 1),
    density,
    labels: whole('labels', 1, 32_000),
    batches: whole('batches', 1, 32_000),
    seed: whole('seed', 0),
    out: values.out,
    overwrite: values.overwrite,
    threads: whole('threads', 0, 64),
    shardChunks: whole('shard-chunks', 1, 4096),
    onProgress: (done) => {
      if (done < cells && performance.now() - told < 2000) return;
      told = performance.now();
      process.stderr.write(`${done.toLocaleString('en')} of ${cells.toLocaleString('en')} cells\n`);
    },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(
    `${values.out}: ${nonZeros.toLocaleString('en')} non-zeros, ${(bytesOf(values.out) / 1e6).toFixed(1)} MB, ${seconds} s, ${memory} MB of memory at most\n`,
  );
} catch (error) {
  if (!(error instanceof CfgenError)) throw error;
  process.stderr.write(`error ${error.code}: ${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`);
  process.exitCode = error.exitStatus;
}

/** Bytes of a file, or of all files in a folder. */
function bytesOf(path: string): number {
  const stats = statSync(path);
  return stats.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0) : stats.size;
}
