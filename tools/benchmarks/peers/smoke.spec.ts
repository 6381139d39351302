import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = (program: string, args: readonly string[]) => spawnSync(program, args, { cwd: root, encoding: 'utf8' });

describe('the benchmark in its smallest size', () => {
  // The largest case differs from generation in its size alone.
  it('measures the cases of CFGen and writes the page', { timeout: 600_000 }, () => {
    const { status, stdout, stderr } = run(process.execPath, [
      'tools/benchmarks/peers/run.mjs',
      '--smoke',
      '--engines',
      'wasm',
      '--only',
      'training,generation,whole',
    ]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('Run in its smallest size');
    const cases = ['a training step of 256 cells', 'an epoch, validation included', 'Generating 200 cells', 'From a data file'];
    for (const title of cases) expect(stdout).toContain(title);
    expect(stdout.match(/^\| CFGen, wasm[^|]*\| +[\d.]+ (ms|s) +\|$/gm)?.length).toBe(7);
    expect(stdout.match(/^\| CFGen, wasm[^|]*\| +\d+ MiB +\|$/gm)?.length).toBe(3);
    expect(stdout).toContain('The other sides were not run');
  });

  // PyTorch takes minutes to install, so only the grammar of the other sides is looked at here.
  it('has other sides that Python can read', ({ skip }) => {
    const python = run('python3', ['--version']);
    if (python.status !== 0) skip('no Python here');
    const source = 'import ast, pathlib; [ast.parse(file.read_text()) for file in pathlib.Path("tools/benchmarks/peers").glob("*.py")]';
    expect(run('python3', ['-c', source])).toMatchObject({ status: 0, stderr: '' });
  });
});
