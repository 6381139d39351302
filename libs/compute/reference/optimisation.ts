import type { Kernels } from '../port/kernels';
import { sameShape, shapeText } from '../port/contract';
import { argumentsOf } from './arguments';

type Optimisation = Pick<Kernels, 'adamw' | 'blendParameters'>;

const adamw: Kernels['adamw'] = (set, options) => {
  const { real, parameters, fail } = argumentsOf('adamw');
  const { groups, beta1, beta2, epsilon, clipNorm, step } = options;
  if (!Number.isInteger(step) || step < 1) throw fail(`step is ${step}, counts from 1`);
  const open = parameters('set', set);
  const items = open.specs.map(({ name, group }) => {
    const settings = groups[group];
    if (settings === undefined) throw fail(`no settings for group '${group}' of parameter '${name}'`);
    return {
      settings,
      value: real(name, open.value(name)),
      gradient: real(`gradient of ${name}`, open.gradient(name)),
      firstMoment: real(`first moment of ${name}`, open.firstMoment(name)),
      secondMoment: real(`second moment of ${name}`, open.secondMoment(name)),
    };
  });

  let squares = 0;
  for (const { gradient } of items) {
    for (const g of gradient) squares += g * g;
  }
  const norm = Math.sqrt(squares);
  real('norm', options.norm, [1])[0] = norm;

  const clip = Math.min(1, clipNorm / (norm + 1e-6));
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  for (const { settings, value, gradient, firstMoment, secondMoment } of items) {
    const { learningRate, weightDecay } = settings;
    for (let i = 0; i < value.length; i++) {
      const g = clip * gradient[i];
      firstMoment[i] = beta1 * firstMoment[i] + (1 - beta1) * g;
      secondMoment[i] = beta2 * secondMoment[i] + (1 - beta2) * g * g;
      const update = firstMoment[i] / correction1 / (Math.sqrt(secondMoment[i] / correction2) + epsilon);
      value[i] = value[i] * (1 - learningRate * weightDecay) - learningRate * update;
    }
  }
};

const blendParameters: Kernels['blendParameters'] = (target, source, decay) => {
  const { real, parameters, fail } = argumentsOf('blendParameters');
  const to = parameters('target', target);
  const from = parameters('source', source);
  if (to.specs.length !== from.specs.length) throw fail(`target has ${to.specs.length} parameters, source ${from.specs.length}`);
  for (const { name, shape } of to.specs) {
    const other = from.value(name);
    if (!sameShape(shape, other.shape)) {
      throw fail(`'${name}' has shape ${shapeText(shape)} in target, ${shapeText(other.shape)} in source`);
    }
    const t = real(name, to.value(name));
    const s = real(name, other);
    for (let i = 0; i < t.length; i++) t[i] = decay === 0 ? s[i] : decay * t[i] + (1 - decay) * s[i];
  }
};

export const optimisation: Optimisation = { adamw, blendParameters };
