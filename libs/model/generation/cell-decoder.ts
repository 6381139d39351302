import type { Engine, RandomKey, RealArray, Tensor } from '@cfgen/compute';
import { randomKey } from '@cfgen/math';
import { loadAutoencoder } from '../autoencoder/load-network';
import type { AutoencoderNetwork } from '../autoencoder/network';
import { modelAutoencoderShape, type Model } from '../files/model';
import type { ModelDescription } from '../files/model-description';
import type { Conditions } from '../priors/draw-conditions';
import { drawPeakTotals } from '../priors/peak-totals';
import type { DecodedCells, DecodedCounts } from './decoded-cells';
import { joinedCells } from './joined-cells';

/** What the decoder has to know of the cells; their labels only where counts of peaks are drawn. */
type DecodingConditions = Pick<Conditions, 'start' | 'cells' | 'sizeFactors'> & Partial<Pick<Conditions, 'codes'>>;

/**
 * Cells decoded at once: their means [cells, features] are all that there ever is of the dense matrix, and lie in the cache until the counts are
 * drawn.
 */
const decodedAtOnce = 128;

/**
 * Turns latents into counts with the decoder of a model. The counts of a cell are a function of (seed, its index, its latent):
 * chunks of any size give the same counts. Release it when done.
 */
export class CellDecoder {
  private readonly network: AutoencoderNetwork;
  private readonly description: ModelDescription;

  constructor(
    private readonly engine: Engine,
    model: Pick<Model, 'description' | 'autoencoder'>,
  ) {
    const { description, autoencoder } = model;
    this.description = description;
    this.network = loadAutoencoder(engine, modelAutoencoderShape(description), description.settings.autoencoder, autoencoder);
  }

  /** @param latents [cells, D] on this engine */
  async decode(latents: Tensor, conditions: DecodingConditions, output: 'counts' | 'means', seed: number): Promise<DecodedCells> {
    if (conditions.cells <= decodedAtOnce) return this.block(latents, conditions, output, seed);
    const { engine } = this;
    return this.inBlocks(conditions, output, seed, (block, from) => {
      const [cells] = block.shape;
      const places = engine.tensor([cells], 'int32');
      engine.upload(
        places,
        Int32Array.from({ length: cells }, (_, i) => from + i),
      );
      engine.gatherRows(block, latents, places);
      engine.release(places);
    });
  }

  /** As {@link decode}, for latents that were drawn elsewhere [cells, D], row-major. */
  decodeStored(latents: RealArray, conditions: DecodingConditions, output: 'counts' | 'means', seed: number): Promise<DecodedCells> {
    const { latent } = this.network.shape;
    return this.inBlocks(conditions, output, seed, (block, from) => {
      this.engine.upload(block, latents.subarray(from * latent, from * latent + block.size));
    });
  }

  /** @param fill puts the latents of the cells from a place on into a block */
  private async inBlocks(
    conditions: DecodingConditions,
    output: 'counts' | 'means',
    seed: number,
    fill: (block: Tensor, from: number) => void,
  ): Promise<DecodedCells> {
    const { engine, network } = this;
    const parts: DecodedCells[] = [];
    for (let from = 0; from < conditions.cells; from += decodedAtOnce) {
      const part = partOf(conditions, from, Math.min(conditions.cells, from + decodedAtOnce));
      const block = engine.tensor([part.cells, network.shape.latent]);
      try {
        fill(block, from);
        parts.push(await this.block(block, part, output, seed));
      } finally {
        engine.release(block);
      }
    }
    return joinedCells(parts);
  }

  private async block(latents: Tensor, conditions: DecodingConditions, output: 'counts' | 'means', seed: number): Promise<DecodedCells> {
    const { engine, network } = this;
    const sizeFactors = engine.tensor([conditions.cells]);
    try {
      engine.upload(sizeFactors, conditions.sizeFactors);
      const rna = await this.genes(network.decode(latents), sizeFactors, conditions, output, seed);
      if (this.description.atac === undefined) return rna;
      return { ...rna, atac: await this.peaks(network.decode(latents, 'atac'), sizeFactors, conditions, output, seed) };
    } finally {
      engine.release(sizeFactors);
    }
  }

  private async genes(
    logits: Tensor,
    sizeFactors: Tensor,
    { start }: DecodingConditions,
    output: 'counts' | 'means',
    seed: number,
  ): Promise<DecodedCounts> {
    const { engine, network } = this;
    if (output === 'means') {
      engine.negativeBinomialMeans(logits, { logits, sizeFactors });
      return { counts: undefined, means: await engine.download(logits) };
    }
    const key: RandomKey = randomKey(seed, 'generate/counts');
    const { logTheta } = network;
    return { counts: await engine.sampleNegativeBinomial({ logits, logTheta, sizeFactors, key, rowStart: start }), means: undefined };
  }

  private async peaks(
    logits: Tensor,
    sizeFactors: Tensor,
    conditions: DecodingConditions,
    output: 'counts' | 'means',
    seed: number,
  ): Promise<DecodedCounts> {
    const { engine } = this;
    const { atacTotals } = this.description;
    const drawn = { logits, key: randomKey(seed, 'generate/peaks'), rowStart: conditions.start };
    if (atacTotals === undefined) {
      if (output === 'counts') return { counts: await engine.sampleBernoulli(drawn), means: undefined };
      engine.bernoulliMeans(logits, { logits });
    } else {
      engine.upload(sizeFactors, drawPeakTotals(atacTotals, conditions, seed));
      if (output === 'counts') return { counts: await engine.samplePoisson({ ...drawn, sizeFactors }), means: undefined };
      engine.negativeBinomialMeans(logits, { logits, sizeFactors });
    }
    return { counts: undefined, means: await engine.download(logits) };
  }

  release(): void {
    this.network.release();
  }
}

/** Cells `from` .. `to` (exclusive) of consecutive ones. */
function partOf({ start, sizeFactors, codes }: DecodingConditions, from: number, to: number): DecodingConditions {
  return {
    start: start + from,
    cells: to - from,
    sizeFactors: sizeFactors.subarray(from, to),
    ...(codes === undefined ? {} : { codes: codes.map((column) => column.subarray(from, to)) }),
  };
}
