import type { Engine, RandomKey, RealArray, Tensor } from '@cfgen/compute';
import { randomKey } from '@cfgen/math';
import type { SparseRows } from '@cfgen/tensors';
import { loadAutoencoder } from '../autoencoder/load-network';
import type { AutoencoderNetwork } from '../autoencoder/network';
import { modelAutoencoderShape, type Model } from '../files/model';
import type { Conditions } from '../priors/draw-conditions';

/** Counts or means of consecutive cells. */
export interface DecodedCells {
  /** Drawn counts, when counts were asked for. */
  readonly counts: SparseRows | undefined;
  /** Means l softmax(decoder(z)) [cells, G], row-major, when means were asked for. */
  readonly means: RealArray | undefined;
}

/**
 * Turns latents into counts with the decoder of a model. The counts of a cell are a function of (seed, its index, its latent):
 * chunks of any size give the same counts. Release it when done.
 */
export class CellDecoder {
  private readonly network: AutoencoderNetwork;

  constructor(
    private readonly engine: Engine,
    model: Pick<Model, 'description' | 'autoencoder'>,
  ) {
    const { description, autoencoder } = model;
    this.network = loadAutoencoder(engine, modelAutoencoderShape(description), description.settings.autoencoder, autoencoder);
  }

  /** @param latents [cells, D] on this engine; only size factors and the first index of the conditions are used */
  async decode(
    latents: Tensor,
    conditions: Pick<Conditions, 'start' | 'cells' | 'sizeFactors'>,
    output: 'counts' | 'means',
    seed: number,
  ): Promise<DecodedCells> {
    const { engine, network } = this;
    const logits = network.decode(latents);
    const sizeFactors = engine.tensor([conditions.cells]);
    try {
      engine.upload(sizeFactors, conditions.sizeFactors);
      if (output === 'means') {
        engine.negativeBinomialMeans(logits, { logits, sizeFactors });
        return { counts: undefined, means: await engine.download(logits) };
      }
      const key: RandomKey = randomKey(seed, 'generate/counts');
      const { logTheta } = network;
      return {
        counts: await engine.sampleNegativeBinomial({ logits, logTheta, sizeFactors, key, rowStart: conditions.start }),
        means: undefined,
      };
    } finally {
      engine.release(sizeFactors);
    }
  }

  /** As {@link decode}, for latents that were drawn elsewhere [cells, D], row-major. */
  async decodeStored(
    latents: RealArray,
    conditions: Pick<Conditions, 'start' | 'cells' | 'sizeFactors'>,
    output: 'counts' | 'means',
    seed: number,
  ): Promise<DecodedCells> {
    const tensor = this.engine.tensor([conditions.cells, this.network.shape.latent]);
    try {
      this.engine.upload(tensor, latents);
      return await this.decode(tensor, conditions, output, seed);
    } finally {
      this.engine.release(tensor);
    }
  }

  release(): void {
    this.network.release();
  }
}
