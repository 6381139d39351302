import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const beside = (name) => fileURLToPath(new URL(`./${name}`, import.meta.url));
const [wanted, alone, versions] = ['requirements.txt', 'requirements-alone.txt', 'constraints.txt'].map(beside);

/**
 * The Python of a virtual environment that holds what the requirements name; made when it is not there, which downloads PyTorch.
 *
 * @param {string} folder where the environment lies or is made, outside the project
 * @returns {string} path of its Python
 */
export function pythonOf(folder) {
  const venv = resolve(folder);
  const inside = relative(root, venv);
  if (!inside.startsWith('..') && !isAbsolute(inside)) throw new Error(`${venv} lies inside the project: name a folder outside it`);
  const python = join(venv, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const digest = createHash('sha256');
  for (const file of [wanted, alone, versions]) digest.update(readFileSync(file));
  const stamp = join(venv, 'cfgen-requirements.sha256');
  const state = digest.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return python;
  if (!existsSync(python)) runToEnd(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', venv]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  runToEnd(python, [...install, '--constraint', versions, '--requirement', wanted]);
  runToEnd(python, [...install, '--no-deps', '--requirement', alone]);
  writeFileSync(stamp, state);
  return python;
}

function runToEnd(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.slice(0, 3).join(' ')} ended with status ${status}`);
}
