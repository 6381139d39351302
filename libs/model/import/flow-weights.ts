import { attributeTable } from '../flow/architecture';
import type { StoredTensor, StoredTensors } from '../training/state';
import { unsupported } from './autoencoder-weights';
import type { CheckpointFacts } from './checkpoint-facts';
import type { CheckpointTensors } from './checkpoint-tensors';

/** A velocity network under our names, and the sizes that its tensors show. */
export interface ImportedFlow {
  readonly tensors: StoredTensors;
  readonly hidden: number;
  readonly embedding: number;
  readonly blocks: number;
  readonly sizeFactorConditioning: boolean;
  /** Categories of each covariate, in the order of the checkpoint. */
  readonly categories: readonly number[];
}

/**
 * Takes the velocity network out of a checkpoint: `MLPTimeStep` of the authors with `normalization: none`, and the embeddings of its
 * covariates, which lie beside the network.
 */
export function importFlow(tensors: CheckpointTensors, facts: CheckpointFacts, latent: number): ImportedFlow {
  requireKnownConditioning(facts);
  requireNoNormalisation(tensors);
  const embedding = tensors.shape('time_embedder.0.weight')?.[0] ?? 0;
  const sizeFactorConditioning = tensors.named('size_factor_embedder.').length > 0;
  const taken: [string, StoredTensor][] = [...takeEmbedder(tensors, 'time_embedder', 'time', embedding)];
  if (sizeFactorConditioning) taken.push(...takeEmbedder(tensors, 'size_factor_embedder', 'size', embedding));
  const categories = facts.covariate_list.map((name, k) => {
    const table = tensors.take(`feature_embeddings.${name}.embeddings.weight`, [null, embedding]);
    taken.push([attributeTable(k), table]);
    return table.shape[0];
  });
  const first = tensors.linear('net_in', 'in', latent, null);
  const hidden = first[0][1].shape[1];
  taken.push(...first);
  let blocks = 0;
  while (tensors.named(`blocks.${blocks}.`).length > 0) taken.push(...takeBlock(tensors, blocks++, hidden, embedding));
  if (blocks === 0) throw unsupported('the velocity network has no blocks', 'A model needs at least one.');
  taken.push(...tensors.linear('net_out.1', 'out', hidden, latent));
  return { tensors: new Map(taken), hidden, embedding, blocks, sizeFactorConditioning, categories };
}

function requireKnownConditioning({ flow, covariate_list: covariates }: CheckpointFacts): void {
  if (!flow.conditional && covariates.length > 0) {
    throw unsupported(
      `the flow knows ${covariates.join(', ')}, but was trained not to look at it (conditional: False)`,
      'Export it without covariates, to draw cells from the whole population.',
    );
  }
  if (!flow.guided_conditioning && covariates.length > 1) {
    throw unsupported(
      `the flow was always shown ${covariates.join(' and ')} together (guided_conditioning: False)`,
      'A model here is guided by one column at a time: train with guided_conditioning: True.',
    );
  }
}

/** With layer or batch norm the first module of a block is that norm, and has a vector for weight. */
function requireNoNormalisation(tensors: CheckpointTensors): void {
  const norm = tensors.shape('net_out.0.weight') ?? tensors.shape('blocks.0.net1.0.weight');
  if (norm === undefined) return;
  const kind = tensors.shape('net_out.0.running_mean') === undefined ? 'layer' : 'batch';
  throw unsupported(`the velocity network normalises between its layers (normalization: ${kind})`, 'Train with normalization: none.');
}

function takeEmbedder(tensors: CheckpointTensors, from: string, to: string, size: number): [string, StoredTensor][] {
  return [...tensors.linear(`${from}.0`, `${to}.first`, size, size), ...tensors.linear(`${from}.2`, `${to}.second`, size, size)];
}

function takeBlock(tensors: CheckpointTensors, i: number, hidden: number, embedding: number): [string, StoredTensor][] {
  const from = `blocks.${i}`;
  // Dropout, which does nothing once trained, stands between SiLU and Linear and moves the place of the latter.
  const second = tensors.shape(`${from}.net2.2.weight`) === undefined ? 1 : 2;
  return [
    ...tensors.linear(`${from}.net1.1`, `${from}.first`, hidden, hidden),
    ...tensors.linear(`${from}.cond_proj.1`, `${from}.condition`, embedding, hidden),
    ...tensors.linear(`${from}.net2.${second}`, `${from}.second`, hidden, hidden),
  ];
}
