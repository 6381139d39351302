// Runs the specs of the tensorflow engine on a real TensorFlow library, and on WebGPU in software (Linux x64) for small shapes:
//
//   npm run test:tensorflow [-- --folder <dir>] [--only node|webgpu] [arguments of vitest run]
//
// Makes the folder first where it is not there (prepare.mjs): some 400 MB from npm and PyPI, 2 GB unpacked.
import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultFolder, prepare } from './prepare.mjs';
import { refuse } from './programs.mjs';
import { softwareVulkan } from './software-vulkan.mjs';

/** Longer than the specs take on a busy machine of two cores; a hanging driver ends there. */
const longestMinutes = 25;

const root = fileURLToPath(new URL('../../', import.meta.url));
const words = process.argv.slice(2);
const folder = resolve(taken('--folder') ?? defaultFolder());
const only = taken('--only');
const possible = process.platform === 'linux' && process.arch === 'x64' ? ['node', 'webgpu'] : ['node'];
if (only !== undefined && !possible.includes(only))
  refuse(`there is no device '${only}' for tests here`, `Choose from: ${possible.join(', ')}.`);
const devices = only === undefined ? possible : [only];
const webgpu = devices.includes('webgpu');

await prepare(folder, { ...(devices.includes('node') ? { library: 'node' } : {}), webgpu, software: webgpu });

const { NODE_PATH } = process.env;
const variables = {
  NODE_PATH: [join(folder, 'node_modules'), ...(NODE_PATH ? [NODE_PATH] : [])].join(delimiter),
  ...(webgpu ? softwareVulkan(folder) : {}),
};
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const chosen = only === undefined ? [] : [`${only}.tensorflow.spec.ts`];
const { status, error } = spawnSync(process.execPath, [vitest, 'run', '-c', 'vitest.tensorflow.config.ts', ...chosen, ...words], {
  cwd: root,
  env: { ...process.env, ...variables },
  stdio: 'inherit',
  timeout: longestMinutes * 60_000,
});
if (error !== undefined) process.stderr.write(`error: the specs were stopped: ${error.message}\n`);
process.exitCode = status ?? 1;

/** Takes an option and its value out of the words; what is left goes to Vitest. */
function taken(option) {
  const at = words.indexOf(option);
  if (at < 0) return undefined;
  const [, value] = words.splice(at, 2);
  return value ?? refuse(`${option} has no value`, 'Give it one.');
}
