/** Softmax of one row of logits into `proportions`, and its logarithm, which stays finite where the softmax itself falls to 0. */
export function softmax(logits: Float64Array, proportions: Float64Array, logProportions: Float64Array): void {
  let largest = -Infinity;
  for (const s of logits) largest = Math.max(largest, s);
  let sum = 0;
  for (const s of logits) sum += Math.exp(s - largest);
  const logSum = Math.log(sum);
  for (let i = 0; i < logits.length; i++) {
    logProportions[i] = logits[i] - largest - logSum;
    proportions[i] = Math.exp(logits[i] - largest) / sum;
  }
}
