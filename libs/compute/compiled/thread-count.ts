import os from 'node:os';
import type { EngineOptions } from '../port/engine';

/** What a pool has room for (kernels/pool.h). */
const mostThreads = 256;

/** Threads to compute with. */
export function threadsFor({ threads }: EngineOptions): number {
  return Math.max(1, Math.min(mostThreads, Math.floor(threads ?? os.availableParallelism())));
}
