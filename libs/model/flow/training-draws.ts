import { RandomStream, randomKey, shuffle, weightedSampler, type WeightedSampler } from '@cfgen/math';
import type { RandomKey } from '@cfgen/compute';
import type { FlowSettings } from '../settings/model-settings';
import type { Attribute } from '../training/cells';

/** Which cells a step of the flow sees, and what it is told about them. */
export interface StepDraw {
  /** Cell of each row [B]. */
  readonly rows: Int32Array;
  /** Time of each row [B]. */
  readonly times: Float64Array;
  /** Per attribute the category shown for each row [B], -1: not shown. */
  readonly categories: readonly Int32Array[];
}

/**
 * Draws of the flow's training, each a function of (seed, step) alone.
 *
 * Times are antithetic: t_i = (u0 + i)/B with one u0 a step, so that every step covers [0, 1].
 * `per-batch`: cells by epoch in shuffled order; with `conditionProbability` ONE attribute, drawn uniformly, is shown for the whole batch.
 * `per-cell`: each row is shown one attribute, drawn uniformly, with `conditionProbability`; a shown row is a cell drawn with weight
 * n_category^power, a row without condition is a cell drawn uniformly. Same expectation as per batch at power 0, less variance.
 */
export class TrainingDraws {
  private readonly samplers: WeightedSampler[];
  private readonly orderKey: RandomKey;
  private readonly drawKey: RandomKey;
  private order: { epoch: number; cells: Uint32Array } | undefined;
  readonly batch: number;
  readonly stepsPerEpoch: number;

  constructor(
    private readonly settings: FlowSettings,
    private readonly cells: number,
    private readonly attributes: readonly Attribute[],
    seed: number,
  ) {
    this.batch = Math.min(settings.batch, cells);
    this.stepsPerEpoch = Math.floor(cells / this.batch);
    this.samplers = attributes.map((attribute) => categorySampler(attribute, settings.labelWeightPower));
    this.orderKey = randomKey(seed, 'flow/order');
    this.drawKey = randomKey(seed, 'flow/draws');
  }

  /** Steps of the whole training. */
  get steps(): number {
    const { duration } = this.settings;
    return duration.unit === 'steps' ? duration.steps : duration.epochs * this.stepsPerEpoch;
  }

  at(step: number): StepDraw {
    const random = new RandomStream(this.drawKey, step);
    const start = random.uniform();
    const times = new Float64Array(this.batch);
    for (let i = 0; i < this.batch; i++) times[i] = (start + i) / this.batch;
    const categories = this.attributes.map(() => new Int32Array(this.batch).fill(-1));
    const rows = this.settings.conditionDraws === 'per-batch' ? this.perBatch(step, random, categories) : this.perCell(random, categories);
    return { rows, times, categories };
  }

  private perBatch(step: number, random: RandomStream, categories: Int32Array[]): Int32Array {
    const order = this.orderOf(Math.floor(step / this.stepsPerEpoch));
    const first = (step % this.stepsPerEpoch) * this.batch;
    const rows = new Int32Array(this.batch);
    rows.set(order.subarray(first, first + this.batch));
    if (this.attributes.length > 0 && random.uniform() < this.settings.conditionProbability) {
      const k = random.below(this.attributes.length);
      const { codes } = this.attributes[k];
      for (let i = 0; i < this.batch; i++) categories[k][i] = codes[rows[i]];
    }
    return rows;
  }

  private perCell(random: RandomStream, categories: Int32Array[]): Int32Array {
    const rows = new Int32Array(this.batch);
    for (let i = 0; i < this.batch; i++) {
      if (this.attributes.length > 0 && random.uniform() < this.settings.conditionProbability) {
        const k = this.attributes.length === 1 ? 0 : random.below(this.attributes.length);
        rows[i] = this.samplers[k].draw(random);
        categories[k][i] = this.attributes[k].codes[rows[i]];
      } else {
        rows[i] = random.below(this.cells);
      }
    }
    return rows;
  }

  private orderOf(epoch: number): Uint32Array {
    if (this.order?.epoch !== epoch) {
      const cells = new Uint32Array(this.cells);
      for (let i = 0; i < this.cells; i++) cells[i] = i;
      shuffle(cells, new RandomStream(this.orderKey, epoch));
      this.order = { epoch, cells };
    }
    return this.order.cells;
  }
}

/** Draws cells with weight n_category^power each. */
function categorySampler(attribute: Attribute, power: number): WeightedSampler {
  const counts = new Float64Array(attribute.categories.length);
  for (const code of attribute.codes) counts[code] += 1;
  return weightedSampler(Float64Array.from(attribute.codes, (code) => counts[code] ** power));
}
