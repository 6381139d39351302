import type { Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import type { Variables } from './device';
import { misuse, shapeText } from '../port/contract';
import type { Value } from './operations';
import type { DeviceTensor } from './storage';

type Optimisation = Pick<Kernels, 'adamw' | 'blendParameters'>;

/** One parameter in one step. */
interface Item {
  readonly value: DeviceTensor;
  readonly gradient: DeviceTensor;
  readonly firstMoment: DeviceTensor;
  readonly secondMoment: DeviceTensor;
  readonly learningRate: number;
  readonly weightDecay: number;
}

interface Step {
  readonly beta1: number;
  readonly beta2: number;
  /** Epsilon with the second bias correction in it, and what learning rates are multiplied by for both. */
  readonly epsilon: number;
  readonly correction: number;
  /** What gradients are multiplied by, a scalar; undefined without clipping. */
  readonly clip: Value | undefined;
}

export function optimisation(args: KernelArguments): Optimisation {
  const { tf, own } = args;
  const scalar = (value: number) => tf.scalar(value);
  const clipped = ({ gradient }: Item, { clip }: Step) => (clip === undefined ? gradient.value : tf.mul(gradient.value, clip));

  /** Decay as one product, then TensorFlow's own step, which changes value and moments in place. */
  const fused = (variables: Variables, items: readonly Item[], step: Step): void => {
    for (const item of items) {
      const { value, firstMoment, secondMoment, learningRate, weightDecay } = item;
      const decay = learningRate * weightDecay;
      if (decay !== 0) args.write([value], () => [tf.mul(value.value, scalar(1 - decay))]);
      tf.tidy(() => {
        variables.applyAdam({
          variable: value.asVariable(),
          firstMoment: firstMoment.asVariable(),
          secondMoment: secondMoment.asVariable(),
          gradient: clipped(item, step),
          rate: scalar(learningRate * step.correction),
          beta1: scalar(step.beta1),
          beta2: scalar(step.beta2),
          epsilon: scalar(step.epsilon),
          zero: scalar(0),
        });
      });
    }
  };

  const composed = (items: readonly Item[], step: Step): void => {
    const { beta1, beta2 } = step;
    for (const item of items) {
      const { value, firstMoment, secondMoment, learningRate, weightDecay } = item;
      args.write([value, firstMoment, secondMoment], () => {
        const g = clipped(item, step);
        const m = tf.add(tf.mul(firstMoment.value, scalar(beta1)), tf.mul(g, scalar(1 - beta1)));
        const v = tf.add(tf.mul(secondMoment.value, scalar(beta2)), tf.mul(tf.square(g), scalar(1 - beta2)));
        const update = tf.div(tf.mul(m, scalar(learningRate * step.correction)), tf.add(tf.sqrt(v), scalar(step.epsilon)));
        return [tf.sub(tf.mul(value.value, scalar(1 - learningRate * weightDecay)), update), m, v];
      });
    }
  };

  return {
    adamw(set, { groups, beta1, beta2, epsilon, clipNorm, step, norm }) {
      if (!Number.isInteger(step) || step < 1) throw misuse('adamw', `step is ${step}, counts from 1`);
      const open = args.parameters('adamw', 'set', set);
      const items = open.specs.map(({ name, group }): Item => {
        const settings = groups[group];
        if (settings === undefined) throw misuse('adamw', `no settings for group '${group}' of parameter '${name}'`);
        return {
          value: open.value(name),
          gradient: open.gradient(name),
          firstMoment: open.firstMoment(name),
          secondMoment: open.secondMoment(name),
          ...settings,
        };
      });
      const length = args.real('adamw', 'norm', norm, [1]);
      args.write([length], () => {
        const squares = items.map(({ gradient }) => tf.sum(tf.square(gradient.value)));
        return [tf.reshape(tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square))), [1])];
      });
      const clip = Number.isFinite(clipNorm)
        ? tf.tidy(() => tf.minimum(tf.div(scalar(clipNorm), tf.add(tf.reshape(length.value, []), scalar(1e-6))), scalar(1)))
        : undefined;
      // m/c1 / (sqrt(v/c2) + e) = m sqrt(c2)/c1 / (sqrt(v) + e sqrt(c2)), c1 = 1 - beta1^step, c2 = 1 - beta2^step.
      const root = Math.sqrt(1 - beta2 ** step);
      const shared: Step = { beta1, beta2, epsilon: epsilon * root, correction: root / (1 - beta1 ** step), clip };
      if (own.variables === undefined) composed(items, shared);
      else fused(own.variables, items, shared);
      clip?.dispose();
    },

    blendParameters(target, source, decay) {
      const to = args.parameters('blendParameters', 'target', target);
      const from = args.parameters('blendParameters', 'source', source);
      if (to.specs.length !== from.specs.length) {
        throw misuse('blendParameters', `target has ${to.specs.length} parameters, source ${from.specs.length}`);
      }
      for (const { name, shape } of to.specs) {
        const [old, other] = [to.value(name), from.value(name)];
        if (other.shape.length !== shape.length || other.shape.some((length, i) => length !== shape[i])) {
          throw misuse('blendParameters', `'${name}' has shape ${shapeText(shape)} in target, ${shapeText(other.shape)} in source`);
        }
        args.write([old], () => [
          decay === 0 ? tf.clone(other.value) : tf.add(tf.mul(old.value, scalar(decay)), tf.mul(other.value, scalar(1 - decay))),
        ]);
      }
    },
  };
}
