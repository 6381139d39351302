import type { Tensor } from '@cfgen/compute';
import { ConditionPath, type FieldConditions } from './condition-path';
import type { FieldWeights } from './field-weights';

/**
 * The guided velocity field for a chunk of R rows, inference only (paper, eq. 8):
 * `v = v(z,t) + sum_k w_k (v(z,t|y_k) - v(z,t))`, with the size factor and the covariates, where the model has them, shown
 * in every term.
 * Terms of weight 0 are not computed: one attribute at weight 1 costs one pass. What comes before the first condition is computed once for all
 * terms.
 */
export class VelocityField {
  private readonly conditions: ConditionPath;
  private readonly scratch: Scratch;
  /** Passes of the network over the whole chunk so far. */
  evaluations = 0;

  /** @param keep whether the field will often be asked for the same times twice in a row, as solvers do that have such stages */
  constructor(
    private readonly weights: FieldWeights,
    readonly rows: number,
    private readonly keep = false,
  ) {
    this.conditions = new ConditionPath(weights, rows, keep);
    this.scratch = createScratch(weights, rows);
  }

  /** Conditions of the next rows. */
  load(conditions: FieldConditions): void {
    this.conditions.load(conditions);
  }

  /** The field of some of the rows, under the conditions they have here. Release it when done. */
  only(rows: Int32Array): VelocityField {
    const part = new VelocityField(this.weights, rows.length, this.keep);
    part.conditions.loadFrom(this.conditions, rows);
    return part;
  }

  /** `out = v(z, t)`: out, z [R, D]; t one time for all rows, or one per row [R]. */
  evaluate(out: Tensor, t: number | Float64Array, z: Tensor): void {
    const { scratch: s, weights, conditions } = this;
    const { engine, terms } = weights;
    conditions.at(t);
    weights.linear(s.h, z, 'in');
    engine.silu(s.active, s.h);
    weights.linear(s.u, s.active, 'blocks.0.first');
    const single = terms.length === 1 && terms[0].weight === 1;
    terms.forEach((_, i) => this.pass(single ? out : s.velocities[i], i));
    if (!single) {
      engine.combine(
        out,
        terms.map(({ weight }, i) => [weight, s.velocities[i]] as const),
      );
    }
    this.evaluations += terms.length;
  }

  release(): void {
    const { velocities, own, ...tensors } = this.scratch;
    this.weights.engine.release(...Object.values(tensors), ...velocities, ...(own === undefined ? [] : [own.h, own.u]));
    this.conditions.release();
  }

  /** One term, from the input of the first block and its first product on; the last term uses these up. */
  private pass(out: Tensor, term: number): void {
    const { scratch: s, weights, conditions } = this;
    const { engine, shape, terms } = weights;
    const { h, u } = s.own === undefined || term === terms.length - 1 ? s : s.own;
    if (h !== s.h) {
      engine.combine(h, [[1, s.h]]);
      engine.combine(u, [[1, s.u]]);
    }
    for (let i = 0; i < shape.blocks; i++) {
      if (i > 0) {
        engine.silu(s.active, h);
        weights.linear(u, s.active, `blocks.${i}.first`);
      }
      conditions.addTo(u, term, i);
      engine.silu(u, u);
      weights.linear(h, u, `blocks.${i}.second`, true);
    }
    engine.silu(s.active, h);
    weights.linear(out, s.active, 'out');
  }
}

type Scratch = ReturnType<typeof createScratch>;

function createScratch({ engine, shape, terms }: FieldWeights, rows: number) {
  const perRow = (width: number): Tensor => engine.tensor([rows, width]);
  return {
    h: perRow(shape.hidden),
    u: perRow(shape.hidden),
    active: perRow(shape.hidden),
    /** Of a term that is not the last. */
    own: terms.length > 1 ? { h: perRow(shape.hidden), u: perRow(shape.hidden) } : undefined,
    velocities: terms.map(() => perRow(shape.latent)),
  };
}
