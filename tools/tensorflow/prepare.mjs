// Makes a folder with TensorFlow.js and a TensorFlow library for the tensorflow engine, outside this tree:
//
//   node tools/tensorflow/prepare.mjs [--folder <dir>] [--gpu [--cuda]] [--webgpu [--software]] [--tensorflow 2.20.0] [--again]
//
//   (nothing)      @tensorflow/tfjs-node on processors
//   --gpu          @tensorflow/tfjs-node-gpu instead, for NVIDIA GPUs; --cuda: with NVIDIA's CUDA and cuDNN in the folder too
//   --webgpu       the packages for WebGPU; --software: with a Vulkan driver in software, for tests without a GPU (x64 only)
//   --again        make anew what is there
//
// Afterwards: NODE_PATH=<dir>/node_modules cfgen doctor. A part that is there and works is left as it is.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildLibrary } from './library.mjs';
import { installPackages, refuse } from './programs.mjs';
import { unpackSoftwareVulkan, vulkanPackage } from './software-vulkan.mjs';

const version = '4.22.0';
const webgpuVersion = '0.6.2';

/** Where the folder is unless one is named. */
export function defaultFolder(environment = process.env) {
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cfgen-tensorflow');
}

/**
 * @param {string} folder
 * @param {{ library?: 'node' | 'node-gpu', cuda?: boolean, webgpu?: boolean, software?: boolean, tensorflow?: string, again?: boolean }} wishes
 * @returns {Promise<void>}
 */
export async function prepare(folder, wishes) {
  const { library, cuda = false, webgpu = false, software = false, tensorflow = '2.20.0', again = false } = wishes;
  const root = fileURLToPath(new URL('../../', import.meta.url));
  if (!relative(root, folder).startsWith('..')) refuse(`${folder} lies in this tree`, 'Name a folder outside of it.');
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, `${JSON.stringify({ name: 'cfgen-tensorflow', private: true }, null, 2)}\n`);

  const packages = [
    ...(library === undefined ? [] : [`@tensorflow/tfjs-${library}@${version}`]),
    ...(webgpu ? [`@tensorflow/tfjs-core@${version}`, `@tensorflow/tfjs-backend-webgpu@${version}`, `webgpu@${webgpuVersion}`] : []),
    ...(software ? [vulkanPackage] : []),
  ];
  await installPackages(folder, packages, again);
  if (library !== undefined) await buildLibrary(folder, `@tensorflow/tfjs-${library}`, { cuda, tensorflow, again });
  if (software) unpackSoftwareVulkan(folder, again);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      gpu: { type: 'boolean', default: false },
      cuda: { type: 'boolean', default: false },
      webgpu: { type: 'boolean', default: false },
      software: { type: 'boolean', default: false },
      tensorflow: { type: 'string', default: '2.20.0' },
      again: { type: 'boolean', default: false },
    },
  });
  if (values.cuda && !values.gpu) refuse('--cuda is for --gpu', 'Add --gpu.');
  if (values.software && !values.webgpu) refuse('--software is for --webgpu', 'Add --webgpu.');
  const folder = resolve(values.folder ?? defaultFolder());
  const { cuda, webgpu, software, tensorflow, again } = values;
  const library = values.gpu ? 'node-gpu' : webgpu ? undefined : 'node';
  await prepare(folder, { ...(library === undefined ? {} : { library }), cuda, webgpu, software, tensorflow, again });
  process.stdout.write(`Ready. Try it: NODE_PATH=${join(folder, 'node_modules')} cfgen doctor\n`);
}
