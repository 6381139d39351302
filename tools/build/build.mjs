// Makes what has to exist before code can run: `kernels` (C to WebAssembly, dist/kernels), `native` (the same C as an add-on, dist/native, where
// there is a compiler), `cli` (dist/cli/main.mjs) and `services` (dist/services/<app>/main.mjs).
//
//   node tools/build/build.mjs [kernels] [native] [cli] [services]
//
// Without names it makes all. A step whose inputs have not changed since its last run does nothing; removing dist starts anew.
import { fileURLToPath } from 'node:url';
import { buildNative } from './native.mjs';
import { isFresh, writeStamp } from './stamp.mjs';
import { buildKernels } from './wasm.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Each step answers whether it had anything to do, or in words what else it came to. */
const steps = {
  kernels: buildKernels,
  native: buildNative,
  cli: () => buildBundle('cli', 'bundleCli'),
  services: () => buildBundle('services', 'bundleServices'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in steps));
if (unknown !== undefined) {
  process.stderr.write(`error: there is no build step '${unknown}'\nhint: the steps are ${Object.keys(steps).join(', ')}\n`);
  process.exit(2);
}

for (const name of wanted.length > 0 ? wanted : Object.keys(steps)) {
  const started = performance.now();
  const made = await steps[name]();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const outcome = typeof made === 'string' ? made : made ? `built in ${seconds} s` : 'up to date';
  process.stdout.write(`${name}: ${outcome}\n`);
}

async function buildBundle(folder, bundler) {
  const stamp = `${root}dist/${folder}/.stamp.json`;
  if (await isFresh(root, stamp)) return false;
  const bundle = (await import('./bundle.mjs'))[bundler];
  await writeStamp(root, stamp, await bundle(root));
  return true;
}
