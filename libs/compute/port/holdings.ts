import { misuse } from './contract';

export interface Releasable {
  release(): void;
}

/** What an engine has handed out and not got back: it goes with the engine. */
export class Holdings {
  readonly #live = new Set<Releasable>();
  #closed = false;

  /** @throws CfgenError INTERNAL once closed */
  keep<Storage extends Releasable>(make: () => Storage): Storage {
    if (this.#closed) throw misuse('engine', 'used after close');
    const storage = make();
    this.#live.add(storage);
    return storage;
  }

  drop(storage: Releasable): void {
    storage.release();
    this.#live.delete(storage);
  }

  /** Releases everything. Answers whether it was open before. */
  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    for (const storage of [...this.#live]) this.drop(storage);
    return true;
  }
}
