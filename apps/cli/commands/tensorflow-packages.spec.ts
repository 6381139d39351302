import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCfgen, startCfgen, temporaryFolder, type Ended } from '../testing/run-cfgen';

const folder = temporaryFolder();
/** In a folder of one's own, and without other folders of packages. */
const run = (...words: string[]): Promise<Ended> => startCfgen(words, folder.path, { NODE_PATH: '' }).ended;

interface Engines {
  readonly automatic: { readonly name: string };
  readonly engines: readonly { readonly name: string; readonly available: boolean; readonly detail: string }[];
}

beforeAll(() => buildCfgen(), 120_000);
afterAll(() => folder.remove());

describe('a package of TensorFlow that is there and cannot be loaded', () => {
  beforeAll(() => {
    const place = join(folder.path, 'node_modules/@tensorflow/tfjs-node');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', version: '4.22.0', main: 'index.js' }));
    writeFileSync(join(place, 'index.js'), "throw new Error('The Node.js native addon module could not be found.\\nsecond line');");
  });

  it('is told by doctor with its own reason, is no problem, and leaves the automatic choice alone', async () => {
    const { status, stdout } = await run('doctor', '--json');
    expect(status).toBe(0);
    const { engines, automatic } = JSON.parse(stdout) as Engines;
    expect(automatic.name).not.toBe('tensorflow');
    expect(engines.find(({ name }) => name === 'tensorflow')).toMatchObject({
      available: false,
      detail: expect.stringMatching(
        /@tensorflow\/tfjs-node-gpu is not installed; .*@tensorflow\/tfjs-node is installed but cannot be loaded: The Node.js native addon module could not be found\.$/,
      ),
    });
  });

  it('ends a command that asks for the engine by name, with what to do', async () => {
    const { status, stderr } = await run('encode', 'model', 'cells.h5ad', '--out', 'latents.h5ad', '--engine', 'tensorflow');
    expect(status).not.toBe(0);
    expect(stderr).toContain('error ENGINE_UNAVAILABLE');
    expect(stderr).toContain('docs/operations/engines.md');
  });
});
