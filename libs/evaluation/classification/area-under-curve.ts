import { ranks } from '../realism/correlation';

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
