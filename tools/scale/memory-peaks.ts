import { readFileSync, writeFileSync } from 'node:fs';

const statusFile = '/proc/self/status';
/** Writing 5 to it sets the peak of the resident memory back to what is resident now; see proc(5). */
const resetFile = '/proc/self/clear_refs';

/** Largest resident memory of this process, by the part of its work in which it was met. */
export class MemoryPeaks {
  readonly #peaks: Record<string, number> = {};
  #part: string;
  #resettable = true;

  /** @param part what begins now */
  constructor(part: string) {
    this.#part = part;
  }

  /** Another part begins; nothing happens where it is the present one. */
  begin(part: string): void {
    if (part === this.#part) return;
    this.#note();
    this.#part = part;
    try {
      writeFileSync(resetFile, '5');
    } catch {
      // Outside Linux only the peak of the whole process is known.
      this.#resettable = false;
    }
  }

  /** Bytes by part, and of the whole. */
  all(): Readonly<Record<string, number>> {
    this.#note();
    const whole = Math.max(process.resourceUsage().maxRSS * 1024, ...Object.values(this.#peaks));
    return this.#resettable ? { ...this.#peaks, whole } : { whole };
  }

  #note(): void {
    this.#peaks[this.#part] = Math.max(this.#peaks[this.#part] ?? 0, highWaterMark());
  }
}

function highWaterMark(): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(statusFile, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
