import type { ParameterSpec } from '../index';
import { normals } from './inputs';
import { read, type KernelCase, type Outputs } from './kernel-case';
import type { TensorScope } from './tensor-scope';

const specs: readonly ParameterSpec[] = [
  { name: 'weight', shape: [33, 17], group: 'network' },
  { name: 'bias', shape: [17], group: 'network' },
  { name: 'one', shape: [1], group: 'network' },
  { name: 'log-theta', shape: [3, 101], group: 'dispersion' },
];

const sizeOf = (spec: ParameterSpec) => spec.shape.reduce((product, length) => product * length, 1);

function filled(scope: TensorScope, trainable: boolean, seed: number) {
  const set = scope.parameters(specs, { trainable });
  specs.forEach((spec, i) => scope.engine.upload(set.value(spec.name), normals(sizeOf(spec), seed + i)));
  return set;
}

function adamwCases(): KernelCase[] {
  return [
    { title: 'clipped', clipNorm: 1 },
    { title: 'below the clipping norm', clipNorm: 1e4 },
    { title: 'no clipping', clipNorm: Infinity },
  ].map(({ title, clipNorm }) => ({
    kernel: 'adamw',
    title: `4 steps, two groups, ${title}`,
    magnitude: { norm: 10 },
    async run(scope) {
      const set = filled(scope, true, 700);
      const norm = scope.dirty([1]);
      for (let step = 1; step <= 4; step++) {
        specs.forEach((spec, i) => scope.engine.upload(set.gradient(spec.name), normals(sizeOf(spec), 710 + 10 * step + i)));
        scope.engine.adamw(set, {
          groups: { network: { learningRate: 1e-2, weightDecay: 0.1 }, dispersion: { learningRate: 3e-3, weightDecay: 0 } },
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          clipNorm,
          step,
          norm,
        });
      }
      const outputs: Record<string, ArrayLike<number>> = { ...(await read(scope, { norm })) };
      for (const { name } of specs) {
        const { engine } = scope;
        outputs[name] = await engine.download(set.value(name));
        outputs[`${name}, gradient`] = await engine.download(set.gradient(name));
        outputs[`${name}, first moment`] = await engine.download(set.firstMoment(name));
        outputs[`${name}, second moment`] = await engine.download(set.secondMoment(name));
      }
      return outputs;
    },
  }));
}

function blendCases(): KernelCase[] {
  return [0, 0.5, 0.999].map((decay) => ({
    kernel: 'blendParameters',
    title: `decay ${decay}`,
    async run(scope): Promise<Outputs> {
      const target = filled(scope, false, 760);
      const source = filled(scope, true, 770);
      scope.engine.blendParameters(target, source, decay);
      const outputs: Record<string, ArrayLike<number>> = {};
      for (const { name } of specs) outputs[name] = await scope.engine.download(target.value(name));
      return outputs;
    },
  }));
}

export const optimisationCases: readonly KernelCase[] = [...adamwCases(), ...blendCases()];
