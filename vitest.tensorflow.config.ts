import { defineConfig } from 'vitest/config';

/** The specs of the tensorflow engine on real devices: `node tools/tensorflow/conformance.mjs` starts them with the packages they need. */
export default defineConfig({
  test: {
    include: ['libs/**/*.tensorflow.spec.ts', 'apps/**/*.tensorflow.spec.ts'],
    // TensorFlow.js has one backend a process.
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
