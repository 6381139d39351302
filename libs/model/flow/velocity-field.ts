import type { Engine, ParameterSet, Tensor } from '@cfgen/compute';
import { loadParameters, type StoredTensors } from '../training/state';
import { attributeTable, flowParameters, rowEmbedders, type FlowShape } from './architecture';
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

/** Weights below this do not count as guidance. */
const negligible = 1e-12;

/**
 * The guided velocity field for a chunk of R rows, inference only (paper, eq. 8):
 * `v = v(z,t) + sum_k w_k (v(z,t|y_k) - v(z,t))`, with the size factor and the covariates, where the model has them, shown
 * in every term.
 * Terms of weight 0 are not computed: one attribute at weight 1 costs one pass.
 *
 * At one time for all rows the time embedding is computed once; where rows are told no numbers of their own, the whole
 * condition path is computed once per (time, category) instead of once per row.
 */
export class VelocityField {
  private readonly parameters: ParameterSet;
  private readonly scratch: Scratch;
  private readonly terms: readonly { readonly attribute: number | null; readonly weight: number }[];
  private sharedTime: number | undefined;
  /** Passes of the network over the whole chunk so far. */
  evaluations = 0;

  constructor(
    private readonly engine: Engine,
    private readonly shape: FlowShape,
    tensors: StoredTensors,
    readonly rows: number,
    guidance: readonly number[],
  ) {
    this.parameters = engine.parameters(flowParameters(shape), { trainable: false });
    loadParameters(engine, this.parameters, tensors);
    this.terms = guidanceTerms(guidance);
    this.scratch = createScratch(engine, shape, rows, this.terms.length);
  }

  /** Conditions of the next rows. */
  load(conditions: FieldConditions): void {
    const { engine, scratch: s } = this;
    // Row c + 1 of a shared condition table is category c, row 0 is "not shown".
    conditions.codes.forEach((codes, k) => {
      engine.upload(s.codes[k], codes);
      engine.upload(
        s.tableRows[k],
        codes.map((code) => tableRow(this.shape, k, code)),
      );
    });
    if (s.numbersPart === undefined) return;
    const numbers = [...(this.shape.sizeFactorConditioning ? [conditions.rescaledSizes] : []), ...conditions.rescaledCovariates];
    for (const [i, name] of rowEmbedders(this.shape).entries()) {
      engine.upload(s.values, numbers[i]);
      this.embedder(name, s.waves, s.wide, s.numbersPart, s.values, i > 0);
    }
  }

  /** `out = v(z, t)`: out, z [R, D]; t one time for all rows, or one per row [R]. */
  evaluate(out: Tensor, t: number | Float64Array, z: Tensor): void {
    const { engine, scratch: s } = this;
    if (typeof t === 'number') this.shareTime(t);
    else {
      this.sharedTime = undefined;
      engine.upload(s.values, t);
      this.embedder('time', s.waves, s.wide, s.timePart, s.values);
    }
    const single = this.terms.length === 1 && this.terms[0].weight === 1;
    this.terms.forEach(({ attribute }, i) => this.pass(single ? out : s.velocities[i], attribute, z, typeof t === 'number'));
    if (!single)
      engine.combine(
        out,
        this.terms.map(({ weight }, i) => [weight, s.velocities[i]] as const),
      );
    this.evaluations += this.terms.length;
  }

  release(): void {
    const { codes, tableRows, tableCodes, velocities, tables, numbersPart, ...tensors } = this.scratch;
    this.engine.release(
      ...Object.values(tensors),
      ...codes,
      ...tableRows,
      ...tableCodes,
      ...velocities,
      ...tables,
      ...(numbersPart === undefined ? [] : [numbersPart]),
    );
    this.engine.releaseParameters(this.parameters);
  }

  /** The part of the condition that depends on one time for all rows; kept while the time stays. */
  private shareTime(t: number): void {
    if (this.sharedTime === t) return;
    this.sharedTime = t;
    const { engine, scratch: s, parameters: p, shape } = this;
    engine.upload(s.oneValue, Float64Array.of(t));
    this.embedder('time', s.oneWave, s.oneWide, s.oneTime, s.oneValue);
    if (s.numbersPart !== undefined) return;
    engine.gatherRows(s.tableEmbedding, s.oneTime, s.tableZeros);
    shape.categories.forEach((_, k) => {
      engine.gatherRows(s.tableEmbedding, p.value(attributeTable(k)), s.tableCodes[k], { accumulate: true });
    });
    engine.silu(s.tableEmbedding, s.tableEmbedding);
    s.tables.forEach((table, i) => {
      engine.gemm(table, s.tableEmbedding, p.value(`blocks.${i}.condition.weight`), { bias: p.value(`blocks.${i}.condition.bias`) });
    });
  }

  private embedder(name: string, waves: Tensor, hidden: Tensor, out: Tensor, values: Tensor, accumulate = false): void {
    const { engine, parameters: p } = this;
    engine.sinusoidalEmbedding(waves, values, sinusoidScale);
    engine.gemm(hidden, waves, p.value(`${name}.first.weight`), { bias: p.value(`${name}.first.bias`) });
    engine.silu(hidden, hidden);
    engine.gemm(out, hidden, p.value(`${name}.second.weight`), { bias: p.value(`${name}.second.bias`), accumulate });
  }

  private pass(out: Tensor, attribute: number | null, z: Tensor, oneTime: boolean): void {
    const { engine, scratch: s, parameters: p } = this;
    const fromTables = oneTime && s.numbersPart === undefined;
    if (!fromTables) this.rowConditions(attribute, oneTime);
    const linear = (target: Tensor, input: Tensor, prefix: string, accumulate = false): void => {
      engine.gemm(target, input, p.value(`${prefix}.weight`), { bias: p.value(`${prefix}.bias`), accumulate });
    };
    linear(s.h, z, 'in');
    for (let i = 0; i < this.shape.blocks; i++) {
      engine.silu(s.active, s.h);
      linear(s.u, s.active, `blocks.${i}.first`);
      if (fromTables) engine.gatherRows(s.u, s.tables[i], attribute === null ? s.zeros : s.tableRows[attribute], { accumulate: true });
      else linear(s.u, s.condition, `blocks.${i}.condition`, true);
      engine.silu(s.u, s.u);
      linear(s.h, s.u, `blocks.${i}.second`, true);
    }
    engine.silu(s.active, s.h);
    linear(out, s.active, 'out');
  }

  /** silu(emb) of every row. */
  private rowConditions(attribute: number | null, oneTime: boolean): void {
    const { engine, scratch: s, parameters: p } = this;
    if (oneTime) engine.gatherRows(s.condition, s.oneTime, s.zeros);
    else engine.combine(s.condition, [[1, s.timePart]]);
    if (s.numbersPart !== undefined) {
      engine.combine(s.condition, [
        [1, s.condition],
        [1, s.numbersPart],
      ]);
    }
    if (attribute !== null) engine.gatherRows(s.condition, p.value(attributeTable(attribute)), s.codes[attribute], { accumulate: true });
    engine.silu(s.condition, s.condition);
  }
}

/** Terms of eq. 8 that have to be computed: attribute null is the unconditional field. */
export function guidanceTerms(guidance: readonly number[]): { attribute: number | null; weight: number }[] {
  const shown = guidance.flatMap((weight, k) => (Math.abs(weight) > negligible ? [{ attribute: k, weight }] : []));
  const rest = 1 - shown.reduce((sum, term) => sum + term.weight, 0);
  return Math.abs(rest) > negligible || shown.length === 0 ? [{ attribute: null, weight: rest }, ...shown] : shown;
}

/** Row of the shared condition tables for category `code` of attribute k. */
function tableRow(shape: FlowShape, k: number, code: number): number {
  if (code < 0) return 0;
  let row = 1 + code;
  for (let i = 0; i < k; i++) row += shape.categories[i];
  return row;
}

type Scratch = ReturnType<typeof createScratch>;

function createScratch(engine: Engine, shape: FlowShape, rows: number, terms: number) {
  const { hidden, embedding, latent, blocks, categories } = shape;
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
    h: perRow(hidden),
    u: perRow(hidden),
    active: perRow(hidden),
    condition: perRow(embedding),
    waves: perRow(embedding),
    wide: perRow(embedding),
    timePart: perRow(embedding),
    numbersPart: rowEmbedders(shape).length > 0 ? perRow(embedding) : undefined,
    values: engine.tensor([rows]),
    zeros: index(new Int32Array(rows)),
    codes: categories.map(() => index(new Int32Array(rows))),
    tableRows: categories.map(() => index(new Int32Array(rows))),
    velocities: Array.from({ length: terms }, () => perRow(latent)),
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
