import type { Operations, Value } from './operations';

/** 1/(1 + exp(-x)) with all its digits however small it is: exp(x)/(1 + exp(x)) below 0. */
export function sigmoid(tf: Operations, x: Value): Value {
  return tf.tidy(() => {
    const small = tf.exp(tf.neg(tf.abs(x)));
    const larger = tf.reciprocal(tf.add(small, tf.scalar(1)));
    return tf.where(tf.greaterEqual(x, tf.scalar(0)), larger, tf.mul(small, larger));
  });
}

/** sigmoid(x) and its slope sigmoid(x) (1 - sigmoid(x)), which is small to the last digit on both sides. */
export function sigmoidAndSlope(tf: Operations, x: Value): { value: Value; slope: Value } {
  return tf.tidy(() => {
    const small = tf.exp(tf.neg(tf.abs(x)));
    const larger = tf.reciprocal(tf.add(small, tf.scalar(1)));
    const smaller = tf.mul(small, larger);
    return { value: tf.where(tf.greaterEqual(x, tf.scalar(0)), larger, smaller), slope: tf.mul(smaller, larger) };
  });
}
