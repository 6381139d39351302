import type { Engine, ParameterSet, Tensor } from '@cfgen/compute';
import { loadParameters, type StoredTensors } from '../training/state';
import { flowParameters, type FlowShape } from './architecture';

/** A pass of the network that the guided field needs. */
export interface GuidanceTerm {
  /** The attribute that is shown; null: none. */
  readonly attribute: number | null;
  readonly weight: number;
}

/** Weights below this do not count as guidance. */
const negligible = 1e-12;

/** The trained velocity network on an engine, for inference, and the terms of its guided field. One for chunks of all sizes. */
export class FieldWeights {
  readonly terms: readonly GuidanceTerm[];
  private readonly parameters: ParameterSet;

  /** @param guidance weight w_k of each attribute, in the model's order */
  constructor(
    readonly engine: Engine,
    readonly shape: FlowShape,
    tensors: StoredTensors,
    guidance: readonly number[],
  ) {
    this.terms = guidanceTerms(guidance);
    this.parameters = engine.parameters(flowParameters(shape), { trainable: false });
    loadParameters(engine, this.parameters, tensors);
  }

  value(name: string): Tensor {
    return this.parameters.value(name);
  }

  /** `out = x W + b` (`+ out`) of the layer called so. */
  linear(out: Tensor, x: Tensor, name: string, accumulate = false): void {
    this.engine.gemm(out, x, this.value(`${name}.weight`), { bias: this.value(`${name}.bias`), accumulate });
  }

  release(): void {
    this.engine.releaseParameters(this.parameters);
  }
}

/** Terms of eq. 8 that have to be computed: attribute null is the unconditional field. */
export function guidanceTerms(guidance: readonly number[]): GuidanceTerm[] {
  const shown = guidance.flatMap((weight, k) => (Math.abs(weight) > negligible ? [{ attribute: k, weight }] : []));
  const rest = 1 - shown.reduce((sum, term) => sum + term.weight, 0);
  return Math.abs(rest) > negligible || shown.length === 0 ? [{ attribute: null, weight: rest }, ...shown] : shown;
}
