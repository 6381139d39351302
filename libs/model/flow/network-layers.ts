import type { ParameterSet, Tensor } from '@cfgen/compute';
import { attributeTable, embedders, type FlowShape } from './architecture';

/** A parameter and, in training, its gradient. */
export interface Trained {
  readonly value: Tensor;
  readonly gradient: Tensor | undefined;
}

/** `x W + b`. */
export interface Linear {
  readonly weight: Trained;
  readonly bias: Trained;
}

/** Parameters of the velocity network by place. Looked up once: a small step has some sixty uses of them. */
export interface NetworkLayers {
  /** In the order of {@link embedders}. */
  readonly embedders: readonly { readonly first: Linear; readonly second: Linear }[];
  /** Embedding table of each attribute. */
  readonly tables: readonly Trained[];
  readonly in: Linear;
  readonly blocks: readonly { readonly first: Linear; readonly condition: Linear; readonly second: Linear }[];
  readonly out: Linear;
}

export function networkLayers(shape: FlowShape, parameters: ParameterSet, trainable: boolean): NetworkLayers {
  const trained = (name: string): Trained => ({
    value: parameters.value(name),
    gradient: trainable ? parameters.gradient(name) : undefined,
  });
  const linear = (prefix: string): Linear => ({ weight: trained(`${prefix}.weight`), bias: trained(`${prefix}.bias`) });
  return {
    embedders: embedders(shape).map((name) => ({ first: linear(`${name}.first`), second: linear(`${name}.second`) })),
    tables: shape.categories.map((_, k) => trained(attributeTable(k))),
    in: linear('in'),
    blocks: Array.from({ length: shape.blocks }, (_, i) => ({
      first: linear(`blocks.${i}.first`),
      condition: linear(`blocks.${i}.condition`),
      second: linear(`blocks.${i}.second`),
    })),
    out: linear('out'),
  };
}

/** The gradient of a parameter of a network that is trained. */
export function gradientOf({ gradient }: Trained): Tensor {
  if (gradient === undefined) throw new Error('this velocity network was not made for training');
  return gradient;
}
