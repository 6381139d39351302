import { Worker } from 'node:worker_threads';

/**
 * Runs beside the main thread, which may be deep in a kernel for minutes and then hears nothing of its parent's end. Kept as text, so that it
 * is there whatever way this file was bundled or loaded.
 */
const watch = `
const { workerData } = require('node:worker_threads');
const { parentPid, everyMs } = workerData;
const alive = () => {
  if (process.ppid !== parentPid) return false;
  try { process.kill(parentPid, 0); return true; } catch (error) { return error.code === 'EPERM'; }
};
setInterval(() => { if (!alive()) process.kill(process.pid, 'SIGKILL'); }, everyMs);
`;

/** Ends this process soon after its parent is gone, even while its main thread computes. */
export function dieWithParent(parentPid: number, everyMs: number): void {
  const worker = new Worker(watch, {
    eval: true,
    workerData: { parentPid, everyMs },
    // None of the loaders of the main thread: the watch is plain JavaScript, and it is to stay small.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  worker.unref();
}
