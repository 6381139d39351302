import type { Interval } from '../intervals/interval';
import type { PrivacyAudit, PrivacyOfSet } from '../privacy/result';
import type { ShareWithInterval } from '../privacy/nearness';
import { meanAndError } from './summary';
import type { SummaryRow } from './summary-row';

const shares: readonly (readonly [id: string, title: string, of: (set: PrivacyOfSet) => ShareWithInterval | null])[] = [
  ['privacy.nearer', 'Nearer to training cells than held-out cells are', (set) => set.nearerThanHeldOut],
  ['privacy.training-nearer', 'Training cells nearer than held-out cells', (set) => set.trainingNearer],
  ['privacy.membership', 'Membership attack, AUC', (set) => set.membership],
];

/** The shares of the privacy audit as rows of the overall table: 0.5 when nothing is copied. */
export function privacyRows({ sets, floor }: PrivacyAudit): SummaryRow[] {
  return shares.map(([id, title, of]) => {
    const found = sets.map(of).filter((share) => share !== null);
    const { mean, sem } = meanAndError(found.map(({ value }) => value));
    const ofFloor = floor === null ? null : of(floor);
    return {
      ...{ id, title, better: 'half', mean, sem, replicates: found.length },
      interval: meanInterval(found.map(({ interval }) => interval)),
      floor: ofFloor?.value ?? null,
      floorInterval: ofFloor?.interval ?? null,
      baseline: null,
    };
  });
}

/** Sets share their held-out and training cells, so the mean over sets is hardly surer than one of them. */
function meanInterval(intervals: readonly (Interval | null)[]): Interval | null {
  const known = intervals.filter((interval) => interval !== null);
  if (known.length === 0 || known.length < intervals.length) return null;
  const mean = (end: 0 | 1): number => known.reduce((sum, interval) => sum + interval[end], 0) / known.length;
  return [mean(0), mean(1)];
}
