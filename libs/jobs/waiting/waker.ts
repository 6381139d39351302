/**
 * Lets one loop wait for a time or for a call, whichever comes first. A call that comes while nobody waits is kept for the next wait, so that
 * none is missed.
 */
export class Waker {
  private called = false;
  private waiting: (() => void) | null = null;

  wake(): void {
    this.called = true;
    this.waiting?.();
  }

  /** Resolves after `ms`, or at once when `wake` is or was called. */
  async wait(ms: number): Promise<void> {
    if (!this.called) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.waiting = null;
    }
    this.called = false;
  }
}
