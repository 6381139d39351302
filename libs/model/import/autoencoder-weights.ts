import { CfgenError } from '@cfgen/contracts';
import type { StoredTensor, StoredTensors } from '../training/state';
import type { CheckpointFacts } from './checkpoint-facts';
import type { CheckpointTensors } from './checkpoint-tensors';

/** An autoencoder under our names, and the sizes that its tensors show. */
export interface ImportedAutoencoder {
  readonly tensors: StoredTensors;
  readonly features: number;
  readonly hidden: readonly number[];
  readonly latent: number;
}

/** Of PyTorch's BatchNorm1d. */
const epsilon = 1e-5;

/**
 * Takes the RNA autoencoder out of a checkpoint: `EncoderModel` of the authors, whose encoder and decoder are stacks of Linear,
 * BatchNorm1d, ELU that end in a Linear, and whose `theta` is ln theta.
 *
 * A network without batch norm gets one that changes nothing. Whatever has no counterpart is refused.
 */
export function importAutoencoder(tensors: CheckpointTensors, facts: CheckpointFacts): ImportedAutoencoder {
  requireKnownKind(tensors, facts);
  const encoder = takeStack(tensors, stackOf(tensors, 'encoder'), 'encoder', null);
  const [features, ...rest] = encoder.widths;
  const latent = rest[rest.length - 1];
  const hidden = rest.slice(0, -1);
  if (hidden.length === 0) {
    throw unsupported('the autoencoder has no hidden layer', 'A model needs at least one.');
  }
  const decoder = takeStack(tensors, stackOf(tensors, 'decoder'), 'decoder', latent);
  const mirrored = [...encoder.widths].reverse();
  if (decoder.widths.join() !== mirrored.join()) {
    throw unsupported(
      `the decoder has the widths ${decoder.widths.join('-')}, the encoder ${encoder.widths.join('-')}`,
      `Needed for the decoder: ${mirrored.join('-')}.`,
    );
  }
  return {
    features,
    hidden,
    latent,
    tensors: new Map([...encoder.tensors, ...decoder.tensors, ['log_theta', tensors.take('theta', [features])]]),
  };
}

function requireKnownKind(tensors: CheckpointTensors, { modality_list: modalities, encoder }: CheckpointFacts): void {
  if (modalities.join() !== 'rna' || tensors.named('encoder_joint.').length > 0) {
    throw unsupported(
      `the checkpoint was trained on ${modalities.join(' and ')}`,
      'Checkpoints of RNA alone can be imported; train RNA and ATAC together with cfgen train.',
    );
  }
  if (encoder.covariate_specific_theta || tensors.shape('theta')?.length === 2) {
    throw unsupported(
      'the checkpoint has an inverse dispersion for each category and gene',
      'A model here has one for each gene: train with covariate_specific_theta: False.',
    );
  }
  if (encoder.activation !== 'ELU' || encoder.final_activation !== null) {
    const found =
      encoder.final_activation === null ? encoder.activation : `${encoder.activation}, and ${encoder.final_activation} at its end`;
    throw unsupported(`the autoencoder uses ${found}`, 'Needed: ELU between layers and nothing at the end.');
  }
}

/** Where the layers of one half lie: under the name of its modality, as since July 2024, or directly. */
function stackOf(tensors: CheckpointTensors, half: 'encoder' | 'decoder'): string {
  return tensors.named(`${half}.net.`).length > 0 ? `${half}.net` : `${half}.rna.net`;
}

/** Layers of one half under our names; widths from input to output. */
function takeStack(
  tensors: CheckpointTensors,
  from: string,
  to: 'encoder' | 'decoder',
  inputs: number | null,
): { readonly tensors: [string, StoredTensor][]; readonly widths: number[] } {
  const taken: [string, StoredTensor][] = [];
  const widths: number[] = [];
  let width = inputs;
  for (let layer = 0; tensors.shape(`${from}.${layer}.weight`) === undefined; layer++) {
    const linear = tensors.linear(`${from}.${layer}.0`, `${to}.${layer}`, width, null);
    const [size, outputs] = linear[0][1].shape;
    taken.push(...linear, ...takeBatchNorm(tensors, `${from}.${layer}.1`, `${to}.${layer}`, outputs));
    widths.push(size);
    width = outputs;
  }
  const last = tensors.linear(`${from}.${widths.length}`, `${to}.out`, width, null);
  return { tensors: [...taken, ...last], widths: [...widths, ...last[0][1].shape] };
}

function takeBatchNorm(tensors: CheckpointTensors, from: string, to: string, size: number): [string, StoredTensor][] {
  if (tensors.shape(`${from}.weight`) === undefined && tensors.shape(`${from}.running_mean`) === undefined) {
    const all = (value: number): StoredTensor => ({ shape: [size], data: new Float64Array(size).fill(value) });
    return [
      [`${to}.gamma`, all(1)],
      [`${to}.beta`, all(0)],
      [`${to}.running_mean`, all(0)],
      [`${to}.running_variance`, all(1 - epsilon)],
    ];
  }
  return [
    [`${to}.gamma`, tensors.take(`${from}.weight`, [size])],
    [`${to}.beta`, tensors.take(`${from}.bias`, [size])],
    [`${to}.running_mean`, tensors.take(`${from}.running_mean`, [size])],
    [`${to}.running_variance`, tensors.take(`${from}.running_var`, [size])],
  ];
}

export function unsupported(message: string, hint: string): CfgenError {
  return new CfgenError('INPUT_UNSUPPORTED', `the checkpoint cannot be imported: ${message}`, { hint });
}
