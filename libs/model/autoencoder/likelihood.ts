import type { CountsBatch, Engine, ParameterSet } from '@cfgen/compute';
import type { AutoencoderShape } from './architecture';
import type { ModalityState } from './workspace';

/**
 * -ln p of each cell's counts of one modality into `state.rowLoss`: negative binomial for RNA, Bernoulli or Poisson for ATAC. With
 * `gradient` the logits are overwritten by `scale` times their gradient, and that of ln theta is left in the parameters.
 */
export function measureLoss(
  engine: Engine,
  shape: AutoencoderShape,
  parameters: ParameterSet,
  state: ModalityState,
  counts: CountsBatch,
  { scale, gradient }: { readonly scale: number; readonly gradient: boolean },
): void {
  const { sizeFactors, rowLoss } = state;
  const args = { logits: state.decoder.out, counts, rowLoss, scale };
  if (state.modality === 'rna') {
    engine.negativeBinomialLoss({
      ...args,
      logTheta: parameters.value('log_theta'),
      sizeFactors,
      ...(gradient ? { dLogTheta: parameters.gradient('log_theta') } : {}),
    });
  } else if (shape.atac?.likelihood === 'poisson') {
    engine.poissonLoss({ ...args, sizeFactors, gradient });
  } else {
    engine.bernoulliLoss({ ...args, gradient });
  }
}
