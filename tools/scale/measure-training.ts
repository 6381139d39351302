import type { Engine } from '@cfgen/compute';
import { preset } from '@cfgen/model';
import { trainFromFile } from '@cfgen/stages';
import { MemoryPeaks } from './memory-peaks';
import type { Measured, MeasureOptions } from './measurement';

/** Steps of the flow, which do not depend on the number of cells: enough to time one. */
const flowSteps = 200;

/** Trains as `cfgen train` does, on all cells of a file, with fewer epochs and steps. */
export async function measureTraining(engine: Engine, data: string, model: string, options: MeasureOptions): Promise<Measured> {
  const settings = preset('best');
  const times = new StageTimes();
  const peaks = new MemoryPeaks('read');
  const { description } = await trainFromFile(
    {
      data,
      labels: ['cell_type'],
      batches: ['batch'],
      // All genes, so that sizes differ in their cells alone.
      minCells: 0,
      missingLabels: 'refuse',
      out: model,
      settings: {
        ...settings,
        autoencoder: { ...settings.autoencoder, epochs: options.epochs },
        flow: { ...settings.flow, duration: { unit: 'steps', steps: flowSteps } },
      },
      seed: 0,
      overwrite: true,
      resume: false,
      // One of each, when what they hold is largest; the last epoch is over before.
      checkpointEvery: { epochs: options.epochs, steps: flowSteps },
    },
    {
      engine,
      version: 'scale',
      memory: options.memory,
      tempFolder: options.work,
      onProgress: ({ stage, done }) => {
        peaks.begin(stage);
        times.report(stage, done);
      },
    },
  );
  const { cells, autoencoder } = description.training;
  return {
    seconds: times.seconds(),
    peaks: peaks.all(),
    facts: {
      cells,
      genes: description.features.names.length,
      loss: autoencoder.history.at(-1)?.training ?? NaN,
    },
  };
}

/** Seconds of the parts of a training from its progress. */
class StageTimes {
  readonly #started = performance.now();
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, number>();
  /** Cells that were encoded when the first report came. */
  #firstEncoded = 0;
  #encoded = 0;
  readonly #epochs: number[] = [];
  #done = 0;
  #flowSteps = 0;

  report(stage: string, done: number): void {
    const now = (performance.now() - this.#started) / 1000;
    // An epoch ends with a report of the count that its last step had, when the validation is over.
    if (stage === 'autoencoder' && this.#last.has(stage) && done === this.#done) this.#epochs.push(now);
    if (!this.#first.has(stage)) this.#first.set(stage, now);
    this.#last.set(stage, now);
    if (stage === 'flow') this.#flowSteps = done;
    if (stage === 'encode') {
      if (this.#encoded === 0) this.#firstEncoded = done;
      this.#encoded = done;
    }
    this.#done = done;
  }

  seconds(): Record<string, number> {
    const at = (times: ReadonlyMap<string, number>, stage: string): number => times.get(stage) ?? NaN;
    const epochs = this.#epochs.slice(1).map((end, k) => end - (this.#epochs[k] ?? NaN));
    const share = (this.#encoded - this.#firstEncoded) / this.#encoded;
    const encoding = share > 0 ? (at(this.#last, 'encode') - at(this.#first, 'encode')) / share : NaN;
    const flow = at(this.#last, 'flow') - at(this.#first, 'flow');
    return {
      // The first step comes after the pass over all cells for the start values.
      read: at(this.#last, 'read'),
      start: at(this.#first, 'autoencoder') - at(this.#last, 'read'),
      epoch: median(epochs),
      encode: encoding,
      flowStep: flow / Math.max(1, this.#flowSteps - 1),
      whole: (performance.now() - this.#started) / 1000,
    };
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
