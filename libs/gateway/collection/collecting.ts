import type { GatewayOptions } from '../gateway-options';
import { collectBlobs } from './collect-blobs';

const everyMs = 6 * 3_600_000;
const firstAfterMs = 600_000;

/**
 * Deletes, every few hours, what nothing leads to any more, and what broken-off uploads left behind. Replicas may do it at the same time.
 *
 * @returns stops it
 */
export function startCollecting({ database, blobs, now, log }: GatewayOptions, olderThanMs: number): () => void {
  let busy = false;
  const collect = async (): Promise<void> => {
    const collected = await collectBlobs({ database, blobs, olderThanMs, now: now() });
    const swept = await blobs.sweep(olderThanMs);
    if (collected.deleted + swept > 0) log.info({ ...collected, swept }, 'deleted what nothing leads to any more');
  };
  const tick = (): void => {
    if (busy) return;
    busy = true;
    collect()
      .catch((error: unknown) => log.warn({ error }, 'blobs could not be collected; the next try is in some hours'))
      .finally(() => (busy = false));
  };
  const first = setTimeout(tick, firstAfterMs);
  const timer = setInterval(tick, everyMs);
  first.unref();
  timer.unref();
  return () => {
    clearTimeout(first);
    clearInterval(timer);
  };
}
