import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Watches how much memory of buffers is in use, garbage not counted: what the process holds says more about its collector than about us. */
export function watchLiveMemory(): { /** Stops, and answers the most bytes above those at the start. */ stop(): number } {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const live = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = live();
  let highest = 0;
  const timer = setInterval(() => (highest = Math.max(highest, live() - before)), 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(highest, live() - before);
    },
  };
}
