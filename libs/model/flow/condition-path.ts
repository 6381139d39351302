import type { Tensor } from '@cfgen/compute';
import { attributeTable, rowEmbedders, type FlowShape } from './architecture';
import type { FieldWeights } from './field-weights';
import { sinusoidScale } from './network';

/** What a chunk of rows is conditioned on. */
export interface FieldConditions {
  /** Per attribute the category of each row [R], negative: unknown. */
  readonly codes: readonly Int32Array[];
  /** Rescaled size factor of each row [R]. */
  readonly rescaledSizes: Float64Array;
  /** Each rescaled covariate of each row [R]. */
  readonly rescaledCovariates: readonly Float64Array[];
}

/**
 * What times and conditions of R rows bring to the blocks of the velocity network: `Wc silu(emb) + b`, for every term of the guided field.
 *
 * It is computed when times change, and no oftener. At one time for all rows the time embedding is computed once; where rows are told no
 * numbers of their own, all of it is computed once per (time, category) instead of once per row.
 */
export class ConditionPath {
  private readonly scratch: Scratch;
  private codes: readonly Int32Array[] = [];
  /** The time, or times, that the scratch holds the conditions of. */
  private current: number | Float64Array | undefined;

  /** @param keep whether times are expected to come twice in a row: then the products are kept, too */
  constructor(
    private readonly weights: FieldWeights,
    rows: number,
    private readonly keep: boolean,
  ) {
    this.scratch = createScratch(weights, rows, keep);
  }

  /** Conditions of the next rows. */
  load(conditions: FieldConditions): void {
    const { weights, scratch: s } = this;
    this.show(conditions.codes);
    if (s.numbersPart === undefined) return;
    const { shape, engine } = weights;
    const numbers = [...(shape.sizeFactorConditioning ? [conditions.rescaledSizes] : []), ...conditions.rescaledCovariates];
    for (const [i, name] of rowEmbedders(shape).entries()) {
      engine.upload(s.values, numbers[i]);
      this.embedder(name, s.waves, s.wide, s.numbersPart, s.values, i > 0);
    }
  }

  /** Some of the rows of another path. */
  loadFrom(other: ConditionPath, rows: Int32Array): void {
    const { scratch: s, weights } = this;
    this.show(other.codes.map((codes) => rows.map((row) => codes[row])));
    if (s.numbersPart === undefined || other.scratch.numbersPart === undefined) return;
    weights.engine.upload(s.places, rows);
    weights.engine.gatherRows(s.numbersPart, other.scratch.numbersPart, s.places);
  }

  /** Makes ready for one time for all rows, or one for each [R]. */
  at(t: number | Float64Array): void {
    if (isSame(this.current, t)) return;
    this.current = typeof t === 'number' ? t : t.slice();
    const { scratch: s, weights } = this;
    if (typeof t !== 'number') {
      weights.engine.upload(s.values, t);
      this.embedder('time', s.waves, s.wide, s.timePart, s.values);
      this.rowConditions(false);
      return;
    }
    weights.engine.upload(s.oneValue, Float64Array.of(t));
    this.embedder('time', s.oneWave, s.oneWide, s.oneTime, s.oneValue);
    if (s.numbersPart === undefined) this.fillTables();
    else this.rowConditions(true);
  }

  /** `u += Wc silu(emb) + b` of a block, for a term of the guided field: u [R, H]. */
  addTo(u: Tensor, term: number, block: number): void {
    const { scratch: s, weights } = this;
    const { engine } = weights;
    if (typeof this.current === 'number' && s.numbersPart === undefined) {
      const { attribute } = weights.terms[term];
      engine.gatherRows(u, s.tables[block], attribute === null ? s.zeros : s.tableRows[attribute], { accumulate: true });
      return;
    }
    const own = s.perTerm[term];
    if (!this.keep) {
      weights.linear(u, own.condition, `blocks.${block}.condition`, true);
      return;
    }
    engine.combine(u, [
      [1, u],
      [1, own.products[block]],
    ]);
  }

  release(): void {
    const { codes, tableRows, tableCodes, perTerm, tables, numbersPart, ...tensors } = this.scratch;
    this.weights.engine.release(
      ...Object.values(tensors),
      ...codes,
      ...tableRows,
      ...tableCodes,
      ...perTerm.flatMap(({ condition, products }) => [condition, ...products]),
      ...tables,
      ...(numbersPart === undefined ? [] : [numbersPart]),
    );
  }

  private show(codes: readonly Int32Array[]): void {
    const { scratch: s, weights } = this;
    this.codes = codes;
    this.current = undefined;
    // Row c + 1 of a shared condition table is category c, row 0 is "not shown".
    codes.forEach((column, k) => {
      weights.engine.upload(s.codes[k], column);
      weights.engine.upload(
        s.tableRows[k],
        column.map((code) => tableRow(weights.shape, k, code)),
      );
    });
  }

  private embedder(name: string, waves: Tensor, hidden: Tensor, out: Tensor, values: Tensor, accumulate = false): void {
    const { weights } = this;
    weights.engine.sinusoidalEmbedding(waves, values, sinusoidScale);
    weights.linear(hidden, waves, `${name}.first`);
    weights.engine.silu(hidden, hidden);
    weights.linear(out, hidden, `${name}.second`, accumulate);
  }

  private fillTables(): void {
    const { scratch: s, weights } = this;
    const { engine } = weights;
    engine.gatherRows(s.tableEmbedding, s.oneTime, s.tableZeros);
    weights.shape.categories.forEach((_, k) => {
      engine.gatherRows(s.tableEmbedding, weights.value(attributeTable(k)), s.tableCodes[k], { accumulate: true });
    });
    engine.silu(s.tableEmbedding, s.tableEmbedding);
    s.tables.forEach((table, i) => weights.linear(table, s.tableEmbedding, `blocks.${i}.condition`));
  }

  /** silu(emb) of every row, for every term; what the terms share is added once. */
  private rowConditions(oneTime: boolean): void {
    const { scratch: s, weights } = this;
    const { engine } = weights;
    if (oneTime) engine.gatherRows(s.timePart, s.oneTime, s.zeros);
    if (s.numbersPart !== undefined) {
      engine.combine(s.timePart, [
        [1, s.timePart],
        [1, s.numbersPart],
      ]);
    }
    weights.terms.forEach(({ attribute }, i) => {
      const { condition, products } = s.perTerm[i];
      engine.combine(condition, [[1, s.timePart]]);
      if (attribute !== null)
        engine.gatherRows(condition, weights.value(attributeTable(attribute)), s.codes[attribute], { accumulate: true });
      engine.silu(condition, condition);
      products.forEach((product, block) => weights.linear(product, condition, `blocks.${block}.condition`));
    });
  }
}

function isSame(a: number | Float64Array | undefined, b: number | Float64Array): boolean {
  if (typeof a === 'number' || typeof b === 'number' || a === undefined) return a === b;
  return a.every((time, row) => time === b[row]);
}

/** Row of the shared condition tables for category `code` of attribute k. */
function tableRow(shape: FlowShape, k: number, code: number): number {
  if (code < 0) return 0;
  let row = 1 + code;
  for (let i = 0; i < k; i++) row += shape.categories[i];
  return row;
}

type Scratch = ReturnType<typeof createScratch>;

function createScratch({ engine, shape, terms }: FieldWeights, rows: number, keep: boolean) {
  const { hidden, embedding, blocks, categories } = shape;
  const perRow = (width: number): Tensor => engine.tensor([rows, width]);
  const index = (values: Int32Array): Tensor => {
    const tensor = engine.tensor([values.length], 'int32');
    engine.upload(tensor, values);
    return tensor;
  };
  const tableSize = 1 + categories.reduce((sum, count) => sum + count, 0);
  const tableCodes = categories.map((_, k) => {
    const codes = new Int32Array(tableSize).fill(-1);
    for (let c = 0; c < categories[k]; c++) codes[tableRow(shape, k, c)] = c;
    return codes;
  });
  return {
    perTerm: terms.map(() => ({
      condition: perRow(embedding),
      products: Array.from({ length: keep ? blocks : 0 }, () => perRow(hidden)),
    })),
    waves: perRow(embedding),
    wide: perRow(embedding),
    timePart: perRow(embedding),
    numbersPart: rowEmbedders(shape).length > 0 ? perRow(embedding) : undefined,
    values: engine.tensor([rows]),
    zeros: index(new Int32Array(rows)),
    places: index(new Int32Array(rows)),
    codes: categories.map(() => index(new Int32Array(rows))),
    tableRows: categories.map(() => index(new Int32Array(rows))),
    oneValue: engine.tensor([1]),
    oneWave: engine.tensor([1, embedding]),
    oneWide: engine.tensor([1, embedding]),
    oneTime: engine.tensor([1, embedding]),
    tableZeros: index(new Int32Array(tableSize)),
    tableCodes: tableCodes.map(index),
    tableEmbedding: engine.tensor([tableSize, embedding]),
    tables: Array.from({ length: blocks }, () => engine.tensor([tableSize, hidden])),
  };
}
