import type { Interval } from '../intervals/interval';

/** Which way a figure is good. */
export type Direction = 'lower' | 'higher' | 'half' | 'real';

/** One figure of the overall table. */
export interface SummaryRow {
  /** Stable name for machines, e.g. `w2.centred`. */
  readonly id: string;
  readonly title: string;
  /** `lower`, `higher`: better; `half`: 0.5 is best; `real`: the floor's value is best. */
  readonly better: Direction;
  /** Mean over the replicates; `null` where no replicate has the figure. */
  readonly mean: number | null;
  /** Standard error of that mean, sd (ddof 1) / sqrt(replicates); `null` with fewer than two. */
  readonly sem: number | null;
  readonly replicates: number;
  /** 95 % interval of the mean; `null` where there is none. */
  readonly interval: Interval | null;
  readonly floor: number | null;
  /** 95 % interval of the floor. */
  readonly floorInterval: Interval | null;
  readonly baseline: number | null;
}
