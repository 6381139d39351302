// Makes what has to exist before code can run: `kernels` (C to WebAssembly, dist/kernels) and `cli` (dist/cli/main.mjs).
//
//   node tools/build/build.mjs [kernels] [cli]
//
// Without names it makes both. A step whose inputs have not changed since its last run does nothing; removing dist starts anew.
import { fileURLToPath } from 'node:url';
import { isFresh, writeStamp } from './stamp.mjs';
import { buildKernels } from './wasm.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Each step answers whether it had anything to do. */
const steps = { kernels: buildKernels, cli: buildCli };

const wanted = process.argv.slice(2);
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

async function buildCli() {
  const stamp = `${root}dist/cli/.stamp.json`;
  if (await isFresh(root, stamp)) return false;
  const { bundleCli } = await import('./bundle-cli.mjs');
  await writeStamp(root, stamp, await bundleCli(root));
  return true;
}
