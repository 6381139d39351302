// Makes what has to exist before code can run: `kernels` (C to WebAssembly, dist/kernels) and `cli` (dist/cli/main.mjs).
//
//   node tools/build/build.mjs [kernels] [cli] [--force]
//
// Without names it makes both. A step whose inputs have not changed since its last run does nothing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { filesUnder, isFresh, writeStamp } from './stamp.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const steps = { kernels: buildKernels, cli: buildCli };

const words = process.argv.slice(2);
const force = words.includes('--force');
const wanted = words.filter((word) => word !== '--force');
const unknown = wanted.find((name) => !(name in steps));
if (unknown !== undefined) {
  process.stderr.write(`error: there is no build step '${unknown}'\nhint: the steps are ${Object.keys(steps).join(' and ')}\n`);
  process.exit(2);
}

for (const name of wanted.length > 0 ? wanted : Object.keys(steps)) {
  const started = performance.now();
  const made = await steps[name]();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${made ? `built in ${seconds} s` : 'up to date'}\n`);
}

async function buildKernels() {
  const program = `${root}tools/build/wasm.mjs`;
  if (!existsSync(program)) return false;
  const stamp = `${root}dist/kernels/.stamp.json`;
  if (!force && (await isFresh(root, stamp))) return false;
  const inputs = ['tools/build/wasm.mjs', ...(await filesUnder(root, 'libs/compute/kernels', /[.][ch]$/))];
  const { status } = spawnSync(process.execPath, [program], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  await writeStamp(root, stamp, inputs, ['libs/compute/kernels']);
  return true;
}

async function buildCli() {
  const stamp = `${root}dist/cli/.stamp.json`;
  if (!force && (await isFresh(root, stamp))) return false;
  const { bundleCli } = await import('./bundle-cli.mjs');
  await writeStamp(root, stamp, await bundleCli(root));
  return true;
}
