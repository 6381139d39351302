import { ranks } from '../statistics/correlation';

/**
 * Area under the ROC curve: the chance that a random positive scores higher than a random negative, ties counting half.
 *
 * @param positive 1 for positives, 0 for negatives
 * @returns `null` when one of the two classes is empty
 */
export function areaUnderCurve(scores: Float64Array, positive: Uint8Array): number | null {
  const rank = ranks(scores);
  let positives = 0;
  let rankSum = 0;
  positive.forEach((flag, i) => {
    if (flag !== 1) return;
    positives++;
    rankSum += rank[i];
  });
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * What each row adds to the area when it counts more: the share of the other class that it is ordered rightly against, less the area, over the
 * size of its class. DeLong et al., Comparing the areas under two or more correlated receiver operating characteristic curves, Biometrics
 * 44:837-845, 1988. Zeros when a class is empty.
 */
export function areaEffects(scores: Float64Array, positive: Uint8Array): Float64Array {
  const area = areaUnderCurve(scores, positive);
  const effects = new Float64Array(scores.length);
  if (area === null) return effects;
  const overall = ranks(scores);
  for (const flag of [0, 1]) {
    const rows = Uint32Array.from(positive.keys()).filter((i) => positive[i] === flag);
    const others = scores.length - rows.length;
    const within = ranks(Float64Array.from(rows, (i) => scores[i]));
    rows.forEach((i, at) => {
      const below = (overall[i] - within[at]) / others;
      effects[i] = ((flag === 1 ? below : 1 - below) - area) / rows.length;
    });
  }
  return effects;
}
