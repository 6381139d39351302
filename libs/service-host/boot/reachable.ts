import { CfgenError } from '@cfgen/contracts';
import type { Logger } from '@cfgen/observability';

const firstPauseMs = 250;
const longestPauseMs = 5000;

/**
 * Tries something that needs a server again and again while the server is away: services and servers are often started together.
 *
 * @throws the last error after `patienceMs`, or at once what trying again cannot mend
 */
export async function whenReachable<T>(what: string, log: Logger, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CfgenError) || !error.retryable || Date.now() + pause > deadline) throw error;
      log.warn({ error, retryInMs: pause }, `waiting for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
