import { CfgenError } from '@cfgen/contracts';

/** Real cells of one label, within one stratum (a donor, say) when the plan has any. */
export interface LabelCells {
  readonly label: string;
  /** Value of the column that strata are made of; null: one stratum. */
  readonly stratum: string | null;
  readonly real: number;
  /** Why no cells of it can be generated, as far as the model is concerned. */
  readonly obstacle?: string;
}

export interface AllocationRequest {
  /** Real and generated cells together. */
  readonly target: number;
  /** Generated cells of a label are at most this many times its real ones. */
  readonly maxFactor: number;
  /** Labels with fewer real cells are left as they are. */
  readonly minSupport: number;
}

/** How many cells of one label will be generated. */
export interface Allocation extends LabelCells {
  /** Share of the real cells of its stratum, f_c. */
  readonly frequency: number;
  /** Cells to generate. */
  readonly generated: number;
  /** Its ceiling was reached. */
  readonly capped: boolean;
  /** Why none are generated. */
  readonly skipped: string | null;
}

/**
 * Shares out the cells that are missing up to the target: strata by their size, labels within a stratum by 1/f_c (CFGen paper, augmentation
 * of rare cell types). What a label may not get because of its ceiling goes to the others in the same proportion. Whole cells by largest
 * remainder; ties go to the earlier label.
 */
export function allocateCells(labels: readonly LabelCells[], request: AllocationRequest): Allocation[] {
  const real = labels.reduce((sum, label) => sum + label.real, 0);
  const budget = request.target - real;
  if (!(budget >= 1)) {
    throw new CfgenError('REQUEST_INVALID', `the target is ${request.target} cells, and there are ${real} already`, {
      hint: 'Ask for more cells than there are: the target counts real and generated ones together.',
      details: { target: request.target, real },
    });
  }
  const strata = [...new Set(labels.map(({ stratum }) => stratum))];
  const sizes = strata.map((stratum) => labels.reduce((sum, label) => sum + (label.stratum === stratum ? label.real : 0), 0));
  const budgets = wholeNumbers(
    sizes.map((size) => (budget * size) / real),
    budget,
    sizes.map(() => budget),
  );
  const byStratum = strata.map((stratum, s) => {
    const own = labels.filter((label) => label.stratum === stratum);
    return allocateStratum(own, sizes[s] ?? 0, budgets[s] ?? 0, request);
  });
  const allocated = new Map(byStratum.flat().map((row) => [keyOf(row), row]));
  return labels.flatMap((label) => allocated.get(keyOf(label)) ?? []);
}

function keyOf({ label, stratum }: LabelCells): string {
  return JSON.stringify([stratum, label]);
}

function allocateStratum(labels: readonly LabelCells[], size: number, budget: number, request: AllocationRequest): Allocation[] {
  const reasons = labels.map((label) => skipReason(label, request.minSupport));
  const ceilings = labels.map(({ real }, i) => (reasons[i] === null ? Math.floor(request.maxFactor * real) : 0));
  const weights = labels.map(({ real }, i) => (reasons[i] === null ? 1 / real : 0));
  const amounts = filled(weights, ceilings, budget);
  const whole = wholeNumbers(amounts, Math.min(budget, sum(ceilings)), ceilings);
  return labels.map((label, i) => ({
    ...label,
    frequency: size === 0 ? 0 : label.real / size,
    generated: whole[i] ?? 0,
    capped: reasons[i] === null && whole[i] === ceilings[i],
    skipped: reasons[i] ?? null,
  }));
}

function skipReason({ real, obstacle }: LabelCells, minSupport: number): string | null {
  if (obstacle !== undefined) return obstacle;
  return real < Math.max(1, minSupport) ? `${real} real cells, fewer than ${minSupport}` : null;
}

/** Amounts in proportion to the weights, none above its ceiling, as much of the budget as there is room for. */
function filled(weights: readonly number[], ceilings: readonly number[], budget: number): number[] {
  const full = new Set<number>();
  for (;;) {
    const left = budget - [...full].reduce((total, i) => total + (ceilings[i] ?? 0), 0);
    const open = sum(weights.filter((_, i) => !full.has(i)));
    const amounts = weights.map((weight, i) => (full.has(i) ? (ceilings[i] ?? 0) : open > 0 ? (left * weight) / open : 0));
    const over = amounts.flatMap((amount, i) => (!full.has(i) && amount > (ceilings[i] ?? 0) ? [i] : []));
    if (over.length === 0) return amounts;
    for (const i of over) full.add(i);
  }
}

/** Whole numbers near the amounts that add up to the total, none above its ceiling: the largest remainders are rounded up. */
function wholeNumbers(amounts: readonly number[], total: number, ceilings: readonly number[]): number[] {
  const whole = amounts.map((amount, i) => Math.min(ceilings[i] ?? 0, Math.floor(amount + 1e-9)));
  const order = amounts.map((_, i) => i).sort((a, b) => remainder(amounts, whole, b) - remainder(amounts, whole, a) || a - b);
  let missing = total - sum(whole);
  for (const i of order) {
    if (missing <= 0) break;
    if ((whole[i] ?? 0) >= (ceilings[i] ?? 0)) continue;
    whole[i] = (whole[i] ?? 0) + 1;
    missing--;
  }
  return whole;
}

function remainder(amounts: readonly number[], whole: readonly number[], i: number): number {
  return (amounts[i] ?? 0) - (whole[i] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
