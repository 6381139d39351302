import { describe, expect, it } from 'vitest';
import { createEngine } from '../index';
import { findPackage, gpuPackagesInstalled, packagesOf } from './packages';
import { createTensorflowEngine } from './tensorflow-engine';

const everyPackage = Object.values(packagesOf).flat();
const noneInstalled = everyPackage.every((name) => findPackage(name) === undefined);

// What holds where TensorFlow is not installed, which is everywhere unless somebody wants it.
describe.runIf(noneInstalled)('the tensorflow engine without its packages', () => {
  it('refuses by naming every package that is missing, and what to install', async () => {
    const refused = createTensorflowEngine();
    await expect(refused).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      hint: expect.stringContaining('docs/operations/engines.md'),
    });
    for (const name of everyPackage) await expect(refused).rejects.toThrow(name);
  });

  it('names only the packages of the device that was asked for', async () => {
    const refused = createTensorflowEngine({ devices: ['webgpu'] });
    await expect(refused).rejects.toThrow(/webgpu are not installed$/);
    await expect(refused).rejects.not.toThrow('tfjs-node');
  });

  it('says when a GPU was a must, and then looks for none of the packages for processors', async () => {
    const refused = createTensorflowEngine({ gpuOnly: true });
    await expect(refused).rejects.toThrow('cannot start on a GPU: @tensorflow/tfjs-node-gpu is not installed');
    await expect(refused).rejects.not.toThrow('@tensorflow/tfjs-node is');
  });

  it('offers no mixed precision', async () => {
    await expect(createTensorflowEngine({ precision: 'mixed' })).rejects.toThrow('mixed precision is not available: the tensorflow engine');
  });

  it('is refused by name, and left out of the automatic choice without a word', async () => {
    await expect(createEngine('tensorflow')).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(gpuPackagesInstalled()).toBe(false);
    const { engine, reason } = await createEngine('auto', { threads: 1 });
    expect(engine.name).not.toBe('tensorflow');
    expect(reason).not.toContain('tensorflow');
    await engine.close();
  });
});
