// Runs the tests on another version of Node, taken from npm's `node` package.
//
//   node tools/checks/test-on-node.mjs <version> [arguments of vitest run]
import { spawnSync } from 'node:child_process';
import { runTool, workspaceRoot } from './run-tool.mjs';

const [version, ...rest] = process.argv.slice(2);
if (version === undefined || !/^\d+(\.\d+){0,2}$/.test(version)) {
  process.stderr.write('error: which version of Node?\nhint: npm run test:node -- 22\n');
  process.exit(2);
}
if (runTool('build', []).status !== 0) process.exit(1);

const onThatNode = ['--yes', '--package', `node@${version}`, '--', 'node'];
const run = (...args) =>
  spawnSync('npx', [...onThatNode, ...args], { cwd: workspaceRoot, stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1;

// Says which Node it is: a wrong one on the path would pass every test and prove nothing.
const check = `if (!process.version.startsWith('v${version}')) throw new Error('this is Node ' + process.version); console.log('Node', process.version)`;
process.exitCode = run('-e', check) || run('node_modules/vitest/vitest.mjs', 'run', ...rest);
