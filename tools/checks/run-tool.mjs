import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: every tool runs there. */
export const workspaceRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Where each tool's program lies, so that it starts without a shell and on the Node that runs this file. */
const programs = {
  build: 'tools/build/build.mjs',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  eslint: 'node_modules/eslint/bin/eslint.js',
  nx: 'node_modules/nx/dist/bin/nx.js',
  prettier: 'node_modules/prettier/bin/prettier.cjs',
  tsx: 'node_modules/tsx/dist/cli.mjs',
  tsc: 'node_modules/typescript/bin/tsc',
  vitest: 'node_modules/vitest/vitest.mjs',
};

/**
 * Runs a tool of the workspace to its end.
 *
 * @param {keyof typeof programs} tool name of the tool
 * @param {string[]} args its arguments
 * @param {'inherit' | 'pipe'} stdio `inherit` shows the output, `pipe` returns it
 * @returns {{ status: number, stdout: string, stderr: string }} a tool killed by a signal counts as status 1
 */
export function runTool(tool, args, stdio = 'inherit') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [programs[tool], ...args], {
    cwd: workspaceRoot,
    stdio,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NX_DAEMON: 'false', ...(stdio === 'pipe' && { FORCE_COLOR: '0' }) },
  });
  return { status: status ?? 1, stdout: stdout ?? '', stderr: stderr ?? '' };
}
