import type { Operations, Value } from './operations';

/** Sum of the rows of [B, H] as [H]. TensorFlow adds one row after the other, which loses digits with many: groups of rows first, then the groups. */
export function sumOfRows(tf: Operations, a: Value): Value {
  const [rows = 0, columns = 0] = a.shape;
  const groups = Math.floor(Math.sqrt(rows));
  if (groups < 8) return tf.sum(a, 0);
  const size = Math.floor(rows / groups);
  const grouped = groups * size;
  const main = grouped === rows ? a : tf.slice(a, [0, 0], [grouped, columns]);
  const sum = tf.sum(tf.sum(tf.reshape(main, [groups, size, columns]), 1), 0);
  return grouped === rows ? sum : tf.add(sum, tf.sum(tf.slice(a, [grouped, 0], [rows - grouped, columns]), 0));
}
