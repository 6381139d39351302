import type { BusLog } from '../port/bus-log';
import type { IncomingMessage, Subscription } from '../port/message-bus';

/** Hands every new message to a listener, in order, never inside a publish. */
export class TopicListener implements Subscription {
  readonly #listener: (message: IncomingMessage) => void;
  readonly #log: BusLog;
  readonly #forget: (listener: TopicListener) => void;
  #waiting: IncomingMessage[] = [];
  #turn: NodeJS.Immediate | undefined;
  #paused = false;

  constructor(
    readonly topics: ReadonlySet<string>,
    listener: (message: IncomingMessage) => void,
    log: BusLog,
    forget: (listener: TopicListener) => void,
  ) {
    this.#listener = listener;
    this.#log = log;
    this.#forget = forget;
  }

  add(message: IncomingMessage): void {
    this.#waiting.push(message);
    this.#schedule();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#forget(this);
    this.#waiting = [];
    clearImmediate(this.#turn);
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      while (!this.#paused) {
        const message = this.#waiting.shift();
        if (message === undefined) return;
        try {
          this.#listener({ ...message, headers: { ...message.headers } });
        } catch (error) {
          this.#log('warn', 'a listener failed', { topic: message.topic, error: String(error) });
        }
      }
    });
  }
}
