import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'cfgen-threads-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bundles a program the way the command line is bundled. */
async function bundle(name: string, program: string): Promise<string> {
  const file = path.join(folder, 'dist', 'cli', name);
  mkdirSync(path.dirname(file), { recursive: true });
  await build({
    stdin: { contents: program, resolveDir: root, loader: 'ts' },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return file;
}

const run = (file: string) =>
  execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'pipe'] });

const product = `
  import { createEngine } from './libs/compute/index';
  const { engine } = await createEngine('wasm', { threads: 3 });
  const [a, b, out] = [engine.tensor([300, 200]), engine.tensor([200, 400]), engine.tensor([300, 400])];
  engine.upload(a, new Float32Array(a.size).fill(2));
  engine.upload(b, new Float32Array(b.size).fill(3));
  for (let i = 0; i < 50; i++) engine.gemm(out, a, b);
  const values = await engine.download(out);
  console.log(values.every((value) => value === 1200));
`;

describe('threads in a bundled program', () => {
  it('find the kernels beside the bundle, compute, and let the process end without close', async () => {
    const file = await bundle('main.mjs', product);
    cpSync(path.join(root, 'dist/kernels'), path.join(folder, 'dist/kernels'), { recursive: true });
    expect(run(file).trim()).toBe('true');
  });

  it('end with close, which may be called twice', async () => {
    const file = await bundle('closing.mjs', `${product}\nawait engine.close();\nawait engine.close();\nconsole.log('closed');`);
    expect(run(file).trim().split('\n')).toEqual(['true', 'closed']);
  });

  it('are refused with a hint when the compiled kernels are missing', async () => {
    const file = await bundle(
      'nowhere.mjs',
      `import { createEngine } from './libs/compute/index';
       const auto = await createEngine('auto');
       console.log(auto.engine.name, auto.reason);
       await createEngine('wasm').catch(({ code, hint }) => console.log(code, hint));`,
    );
    const kernels = path.join(folder, 'dist', 'kernels');
    rmSync(kernels, { recursive: true, force: true });
    expect(existsSync(kernels)).toBe(false);
    const [auto, refusal] = run(file).trim().split('\n');
    expect(auto).toMatch(/^reference .*wasm is not available/);
    expect(refusal).toBe('ENGINE_UNAVAILABLE Run `npm run build` to compile them.');
  });
});
