import { misuse } from './contract';
import type { ParameterSet, ParameterSpec, Tensor } from './tensor';

/** What belongs to one parameter; all but the value only when the set is trainable. */
export interface Parameter<T extends Tensor> {
  readonly value: T;
  readonly gradient: T | undefined;
  readonly firstMoment: T | undefined;
  readonly secondMoment: T | undefined;
}

/** A parameter set whose tensors are found by name: what the sets of all engines have in common. */
export abstract class NamedParameters<T extends Tensor> implements ParameterSet {
  readonly #parameters = new Map<string, Parameter<T>>();

  constructor(
    readonly specs: readonly ParameterSpec[],
    readonly trainable: boolean,
  ) {}

  value(name: string): T {
    return this.#parameter(name).value;
  }

  gradient(name: string): T {
    return trainableOnly(this.#parameter(name).gradient, name);
  }

  firstMoment(name: string): T {
    return trainableOnly(this.#parameter(name).firstMoment, name);
  }

  secondMoment(name: string): T {
    return trainableOnly(this.#parameter(name).secondMoment, name);
  }

  protected add(name: string, parameter: Parameter<T>): void {
    if (this.#parameters.has(name)) throw misuse('parameters', `name '${name}' occurs twice`);
    this.#parameters.set(name, parameter);
  }

  /** Every tensor of the set. */
  protected *tensors(): Generator<T> {
    for (const { value, gradient, firstMoment, secondMoment } of this.#parameters.values()) {
      for (const tensor of [value, gradient, firstMoment, secondMoment]) if (tensor !== undefined) yield tensor;
    }
  }

  #parameter(name: string): Parameter<T> {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) {
      throw misuse('parameters', `no parameter '${name}'; there are ${this.specs.map((spec) => `'${spec.name}'`).join(', ')}`);
    }
    return parameter;
  }
}

function trainableOnly<T>(tensor: T | undefined, name: string): T {
  if (tensor === undefined) throw misuse('parameters', `'${name}' has no gradient or moments: the set is not trainable`);
  return tensor;
}
