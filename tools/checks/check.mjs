// All checks of the tree, one after the other, with a summary at the end. What CI runs, and what to run before a commit.
//
//   node tools/checks/check.mjs [--only step,...] [--except step,...]
import { installProblems } from './install.mjs';
import { runTool, workspaceRoot } from './run-tool.mjs';

const steps = {
  install: () => report(installProblems(workspaceRoot)),
  format: () => runTool('prettier', ['--check', '--log-level', 'warn', '.']).status,
  types: () => runTool('tsc', ['-b']).status,
  boundaries: () => runTool('depcruise', ['libs', 'apps', 'tools']).status,
  // The boundary rule of Nx is skipped where no project graph is cached: the first command caches it.
  lint: () =>
    runTool('nx', ['show', 'projects'], 'pipe').status || runTool('eslint', ['.', '--max-warnings', '0', '--no-warn-ignored']).status,
  // What is made from the declared contracts is up to date, and breaks nobody.
  contracts: () => runTool('tsx', ['tools/contracts/main.ts', '--check']).status,
  tests: () => runTool('build', []).status || runTool('vitest', ['run']).status,
};

const chosen = choose(process.argv.slice(2));
const results = chosen.map((name) => {
  process.stdout.write(`\n== ${name}\n`);
  const started = performance.now();
  const passed = steps[name]() === 0;
  return { name, passed, seconds: (performance.now() - started) / 1000 };
});

process.stdout.write('\n');
for (const { name, passed, seconds } of results) {
  process.stdout.write(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(12)}${seconds.toFixed(1).padStart(6)} s\n`);
}
const failed = results.filter(({ passed }) => !passed).map(({ name }) => name);
if (failed.length > 0) {
  process.stdout.write(`\nTo repeat what failed: npm run check -- --only ${failed.join(',')}\n`);
  process.exit(1);
}

function report(problems) {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length;
}

/** The steps that the words of the command line ask for, in their usual order; an unknown name ends the program. */
function choose(words) {
  const listed = (option) => (words.includes(option) ? (words[words.indexOf(option) + 1] ?? '').split(',') : undefined);
  const only = listed('--only');
  const except = listed('--except') ?? [];
  const unknown = [...(only ?? []), ...except].filter((name) => !(name in steps));
  if (unknown.length > 0) {
    process.stderr.write(`error: there is no check '${unknown[0]}'\nhint: the checks are ${Object.keys(steps).join(', ')}\n`);
    process.exit(2);
  }
  return Object.keys(steps).filter((name) => (only?.includes(name) ?? true) && !except.includes(name));
}
