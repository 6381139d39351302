import { expect, it } from 'vitest';
import { engineConformance } from '../conformance/engine-conformance';
import { createTensorflowEngine } from './tensorflow-engine';
import { webGpuTolerances } from '../conformance/tensorflow-tolerances';
import { trainingCases } from '../conformance/tensorflow-training-cases';

engineConformance(
  'tensorflow engine on WebGPU',
  (options) => createTensorflowEngine({ ...options, devices: ['webgpu'] }),
  webGpuTolerances,
  // A WebGPU in software takes some 3 s for one product of this shape, and the suite takes 100 of them.
  ({ title }) => !title.includes('300x517x129'),
);

trainingCases('webgpu');

// Last: a device that failed is not used again in this process.
it('gives out no numbers once the device has failed, and says why', async () => {
  const engine = await createTensorflowEngine({ threads: 1, devices: ['webgpu'] });
  const tooLarge = engine.tensor([2 ** 15, 2 ** 15]);
  engine.silu(tooLarge, tooLarge);
  await expect(engine.download(tooLarge, 0, 1)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('WebGPU'),
    hint: expect.stringContaining('smaller batches'),
  });
  await engine.close();
});
