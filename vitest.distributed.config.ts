import { defineConfig } from 'vitest/config';

/** Specs on the real servers (`npm run test:distributed` starts and stops them): Kafka, MinIO, PostgreSQL, and services as processes. */
export default defineConfig({
  test: {
    include: ['libs/**/*.distributed.spec.ts', 'apps/**/*.distributed.spec.ts', 'tools/**/*.distributed.spec.ts'],
    pool: 'forks',
    // One after the other: they stop servers under each other's feet otherwise, and two cores carry one platform.
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
