import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * How many bytes of buffers are in use, garbage not counted: what the process holds says more about its collector than about us. Slow.
 *
 * A collection leaves the dead buffers to a thread of its own, which may still be at it when the bytes are read. The next one waits for it.
 */
export function liveBufferBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
