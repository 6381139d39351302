import { Worker } from 'node:worker_threads';
import type { SparseRows } from '@cfgen/tensors';
import { CellMaker } from './cell-maker';
import { CountRows } from './count-rows';
import type { ProfileOptions } from './expression-profiles';

/** Consecutive made-up cells. */
export interface MadeBlock {
  readonly rows: SparseRows;
  /** Label and batch of each cell. */
  readonly labels: Int16Array;
  readonly batches: Int16Array;
}

export interface BlockOptions extends ProfileOptions {
  readonly cells: number;
  /** Cells of a block. */
  readonly block: number;
  /** Worker threads; 0: the calling thread makes the cells. Blocks are the same either way. */
  readonly threads: number;
}

/** Makes blocks, one at a time. A block belongs to the caller until the next. */
export class BlockMaker {
  readonly #maker: CellMaker;
  readonly #rows: CountRows;

  constructor(options: ProfileOptions) {
    this.#maker = new CellMaker(options);
    this.#rows = new CountRows(options.features);
  }

  make(first: number, end: number): MadeBlock {
    const labels = new Int16Array(end - first);
    const batches = new Int16Array(end - first);
    this.#rows.clear();
    for (let cell = first; cell < end; cell += 1) {
      const made = this.#maker.make(cell, this.#rows);
      labels[cell - first] = made.label;
      batches[cell - first] = made.batch;
    }
    return { rows: this.#rows.block(), labels, batches };
  }
}

/** All blocks in order. */
export async function* madeBlocks(options: BlockOptions): AsyncGenerator<MadeBlock> {
  const { cells, block, threads } = options;
  if (threads === 0) {
    const maker = new BlockMaker(options);
    for (let first = 0; first < cells; first += block) yield maker.make(first, Math.min(cells, first + block));
    return;
  }
  const workers = Array.from({ length: threads }, () => new BlockWorker(options));
  try {
    // Each worker is one block ahead of what is being written.
    const ahead: Promise<MadeBlock>[] = [];
    let next = 0;
    const ask = (): void => {
      const first = next * block;
      const worker = workers[next % threads];
      if (first >= cells || worker === undefined) return;
      next += 1;
      const made = worker.make(first, Math.min(cells, first + block));
      // A failure shows when the block's turn comes.
      made.catch(() => undefined);
      ahead.push(made);
    };
    for (let k = 0; k < 2 * threads; k += 1) ask();
    for (let made = ahead.shift(); made !== undefined; made = ahead.shift()) {
      yield await made;
      ask();
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** A thread does not inherit the loader of TypeScript: it registers its own before the worker's module. */
function startWorker(): string {
  const loader = import.meta.resolve('tsx/esm/api');
  const module = new URL('block-worker.ts', import.meta.url).href;
  return `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(module)}); });`;
}

/** A thread that makes blocks, in the order they are asked for. */
class BlockWorker {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (block: MadeBlock) => void; reject: (error: unknown) => void }[] = [];

  constructor(options: ProfileOptions) {
    const { features, labels, batches, density, seed } = options;
    const workerData: ProfileOptions = { features, labels, batches, density, seed };
    this.#worker = new Worker(startWorker(), { eval: true, workerData });
    this.#worker.on('message', (block: MadeBlock) => this.#waiting.shift()?.resolve(block));
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  make(first: number, end: number): Promise<MadeBlock> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage({ first, end });
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
