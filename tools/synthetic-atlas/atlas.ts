import { randomKey, RandomStream, weightedSampler } from '@cfgen/math';
import { createH5adWriter } from '@cfgen/single-cell';
import { AliasTable } from './alias-table';
import { expressionProfiles, librarySpread } from './expression-profiles';

export interface AtlasOptions {
  readonly cells: number;
  readonly features: number;
  /** Share of non-zeros, above 0 and below 1. */
  readonly density: number;
  readonly labels: number;
  readonly batches: number;
  readonly seed: number;
  readonly out: string;
  readonly overwrite: boolean;
  /** Cells that are made and written at a time; changes no byte. */
  readonly block?: number;
  readonly onProgress?: (cells: number, nonZeros: number) => void;
}

/** Cells without a single count would be refused as empty: each has at least this many. */
const fewestCounts = 1;

/**
 * Writes an AnnData file of made-up cells: a label and a batch each, a log-normal library size, and counts that are Poisson
 * given the cell's place between the two states of its label. Cell i depends on the seed and i alone.
 * @returns the number of non-zeros.
 */
export async function writeAtlas(options: AtlasOptions): Promise<number> {
  const { cells, features, labels, batches, seed, block = 512 } = options;
  const profiles = expressionProfiles(options);
  const tables = profiles.probabilities.map((states) => states.map((perBatch) => perBatch.map((p) => new AliasTable(p))));
  const labelOf = weightedSampler(Float64Array.from({ length: labels }, (_, label) => (label + 1) ** -0.7));
  const stream = new RandomStream(randomKey(seed, 'synthetic-atlas/cells'));
  const rows = new CountRows(features);
  const labelCodes = new Int16Array(cells);
  const batchCodes = new Int16Array(cells);
  let nonZeros = 0;

  const writer = createH5adWriter(options.out, {
    features: { names: numbered('gene', features), columns: {} },
    overwrite: options.overwrite,
  });
  try {
    for (let first = 0; first < cells; first += block) {
      const end = Math.min(cells, first + block);
      rows.clear();
      for (let cell = first; cell < end; cell += 1) {
        stream.moveTo(cell, 0);
        const label = labelOf.draw(stream);
        const batch = stream.below(batches);
        const place = stream.uniform();
        const librarySize = profiles.medianLibrarySize * Math.exp(librarySpread * stream.normal());
        const counts = Math.max(fewestCounts, stream.poisson(librarySize));
        // A share of the counts comes from one end of the continuum, the rest from the other.
        const fromFirst = Math.round(counts * place);
        tables[label]?.forEach((perBatch, state) => {
          const table = perBatch[batch];
          const draws = state === 0 ? fromFirst : counts - fromFirst;
          if (table !== undefined) for (let draw = 0; draw < draws; draw += 1) rows.count(table.draw(stream));
        });
        rows.endRow();
        labelCodes[cell] = label;
        batchCodes[cell] = batch;
      }
      const made = rows.block();
      nonZeros += made.indptr[made.rows] ?? 0;
      await writer.append(made);
      options.onProgress?.(end, nonZeros);
    }
    await writer.finish({
      obs: {
        names: numbered('cell', cells),
        columns: {
          cell_type: { kind: 'categorical', codes: labelCodes, categories: numbered('type', labels) },
          batch: { kind: 'categorical', codes: batchCodes, categories: numbered('batch', batches) },
        },
      },
      uns: { synthetic_atlas: { seed, density: options.density, note: 'Made-up counts for tests of size and speed.' } },
    });
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return nonZeros;
}

/** Names with as many digits as the last needs, from 1. */
function numbered(prefix: string, count: number): string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, at) => `${prefix}_${String(at + 1).padStart(digits, '0')}`);
}

/** Sparse rows built count by count. A row of bits remembers which features were seen, so that they come out in order without a sort. */
class CountRows {
  readonly #columns: number;
  readonly #counts: Uint32Array;
  readonly #seen: Uint32Array;
  #indices = new Uint32Array(1 << 16);
  #values = new Float32Array(1 << 16);
  #starts: number[] = [0];
  #used = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#counts = new Uint32Array(columns);
    this.#seen = new Uint32Array(Math.ceil(columns / 32));
  }

  clear(): void {
    this.#starts = [0];
    this.#used = 0;
  }

  count(feature: number): void {
    const counts = this.#counts;
    if (counts[feature] === 0) {
      const word = feature >>> 5;
      this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (feature & 31));
    }
    counts[feature] = (counts[feature] ?? 0) + 1;
  }

  endRow(): void {
    this.#reserve(this.#used + this.#columns);
    const [counts, seen, indices, values] = [this.#counts, this.#seen, this.#indices, this.#values];
    let used = this.#used;
    for (let word = 0; word < seen.length; word += 1) {
      let bits = seen[word] ?? 0;
      if (bits === 0) continue;
      seen[word] = 0;
      while (bits !== 0) {
        const lowest = bits & -bits;
        const feature = word * 32 + (31 - Math.clz32(lowest));
        indices[used] = feature;
        values[used] = counts[feature] ?? 0;
        counts[feature] = 0;
        used += 1;
        bits ^= lowest;
      }
    }
    this.#used = used;
    this.#starts.push(used);
  }

  block(): { rows: number; columns: number; indptr: Uint32Array; indices: Uint32Array; values: Float32Array } {
    const indptr = Uint32Array.from(this.#starts);
    return { rows: indptr.length - 1, columns: this.#columns, indptr, indices: this.#indices, values: this.#values };
  }

  #reserve(length: number): void {
    if (length <= this.#indices.length) return;
    const size = Math.max(length, 2 * this.#indices.length);
    const indices = new Uint32Array(size);
    indices.set(this.#indices);
    this.#indices = indices;
    const values = new Float32Array(size);
    values.set(this.#values);
    this.#values = values;
  }
}
