import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'tools/**/*.spec.ts'],
    // What needs real servers runs with `npm run test:distributed`, what needs TensorFlow with `npm run test:tensorflow`.
    exclude: ['**/node_modules/**', '**/*.distributed.spec.ts', '**/*.tensorflow.spec.ts'],
    // Names them at the end.
    globalSetup: ['tools/checks/left-to-distributed.ts'],
    benchmark: { include: ['libs/**/*.bench.ts', 'apps/**/*.bench.ts', 'tools/**/*.bench.ts'] },
    // Specs read real files and start worker threads: a process each keeps them apart, and two use both cores of a small machine.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
