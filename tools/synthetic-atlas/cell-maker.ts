import { randomKey, RandomStream, weightedSampler } from '@cfgen/math';
import { AliasTable } from './alias-table';
import type { CountRows } from './count-rows';
import { eventsPerCount, expressionProfiles, librarySpread, statesPerLabel, type ProfileOptions } from './expression-profiles';
import { LogarithmicDraws } from './logarithmic';

/** What a made-up cell is, besides its counts. */
export interface MadeCell {
  readonly label: number;
  readonly batch: number;
}

/** Where the counts of a cell come from: so much of each state of its label. */
interface Source {
  readonly label: number;
  readonly batch: number;
  /** Share that comes from the first state, 0 to 1. */
  readonly place: number;
  /** Expected sum of counts. */
  readonly librarySize: number;
}

/** Features that events fall on. */
interface EventTable {
  readonly table: AliasTable;
  /** Expected events for each expected count. */
  readonly eventsPerCount: number;
}

/**
 * Draws cells: a label, a batch, a log-normal library size l, a place between the two states of the label, and for each feature a negative
 * binomial of mean l p and Fano factor F. Cell i depends on the seed and i alone.
 *
 * Counts are made event by event (a Poisson number of them, of one or more counts each), so that a cell costs what it counts, not its features.
 */
export class CellMaker {
  readonly #tables: readonly (readonly (readonly EventTable[])[])[];
  readonly #sizes: LogarithmicDraws;
  readonly #medianLibrarySize: number;
  readonly #labels: ReturnType<typeof weightedSampler>;
  readonly #batches: number;
  readonly #stream: RandomStream;

  constructor(options: ProfileOptions) {
    const { probabilities, fanoFactors, medianLibrarySize } = expressionProfiles(options);
    const events = fanoFactors.map(eventsPerCount);
    this.#tables = probabilities.map((states) => states.map((perBatch) => perBatch.map((p) => eventTable(p, events))));
    this.#sizes = new LogarithmicDraws(fanoFactors);
    this.#medianLibrarySize = medianLibrarySize;
    this.#labels = weightedSampler(Float64Array.from({ length: options.labels }, (_, label) => (label + 1) ** -0.7));
    this.#batches = options.batches;
    this.#stream = new RandomStream(randomKey(options.seed, 'synthetic-atlas/cells'));
  }

  /** Adds the counts of a cell as a row. */
  make(cell: number, rows: CountRows): MadeCell {
    const stream = this.#stream;
    stream.moveTo(cell, 0);
    const label = this.#labels.draw(stream);
    const batch = stream.below(this.#batches);
    const place = stream.uniform();
    const librarySize = this.#medianLibrarySize * Math.exp(librarySpread * stream.normal());
    this.draw({ label, batch, place, librarySize }, stream, rows);
    return { label, batch };
  }

  /** Adds one draw of the counts of such a cell as a row. Without a count it would be refused as empty: there is at least one event. */
  draw({ label, batch, place, librarySize }: Source, source: RandomStream, rows: CountRows): void {
    let drawn = 0;
    this.#tables[label]?.forEach((perBatch, state) => {
      const entry = perBatch[batch];
      if (entry === undefined) return;
      const expected = librarySize * (state === 0 ? place : 1 - place) * entry.eventsPerCount;
      const last = state === statesPerLabel - 1;
      const events = Math.max(last && drawn === 0 ? 1 : 0, source.poisson(expected));
      drawn += events;
      for (let event = 0; event < events; event += 1) {
        const feature = entry.table.draw(source);
        rows.add(feature, this.#sizes.draw(feature, source));
      }
    });
    rows.endRow();
  }
}

function eventTable(probabilities: Float64Array, events: Float64Array): EventTable {
  const weights = probabilities.map((p, feature) => p * (events[feature] ?? 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { table: new AliasTable(weights.map((weight) => weight / total)), eventsPerCount: total };
}
