import type { JobContext } from '../job-context';

const everyMs = 15_000;

/**
 * Waits for bytes on their way to or from the store, and says from time to time that the job is alive: large files take minutes, and the
 * store itself gives up on a connection that is dead.
 */
export async function whileMoving<T>(context: JobContext, stage: string, bytes: number, moved: Promise<T>): Promise<T> {
  const tell = (): void => context.progress({ stage, done: 0, total: bytes, unit: 'bytes' });
  const timer = setInterval(tell, everyMs);
  try {
    return await moved;
  } finally {
    clearInterval(timer);
  }
}
