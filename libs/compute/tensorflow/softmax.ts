import type { DeviceOperations } from './device';
import type { Operations, Value } from './operations';

/** A softmax over the features of each row, in parts. */
export interface Softmax {
  /** exp(s - max s) [B, G]. */
  readonly terms: Value;
  /** Their sums [B, 1]. */
  readonly sums: Value;
  /** max s [B, 1]. */
  readonly top: Value;
}

export function softmaxOf(tf: Operations, own: DeviceOperations, logits: Value): Softmax {
  const top = tf.max(logits, 1, true);
  const terms = tf.exp(tf.sub(logits, top));
  return { terms, sums: own.rowSums(terms), top };
}

/** ln sum exp(s) [B, 1]. */
export function logSumOf(tf: Operations, { sums, top }: Softmax): Value {
  return tf.add(tf.log(sums), top);
}
