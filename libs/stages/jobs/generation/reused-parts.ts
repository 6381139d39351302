import type { Engine } from '@cfgen/compute';
import type { CellDecoder, LatentSampler, ModelDescription } from '@cfgen/model';

/** Something on an engine that is costly to make, with what it was made from. */
export interface EnginePart {
  readonly part: { release(): void };
  readonly description: ModelDescription;
  readonly modelSha256: string;
}

/**
 * Keeps the last few parts that are not in use, so that the next chunk of the same run finds its network loaded. A part is used by one at a
 * time; after an error it is not used again.
 */
export class ReusedParts<T extends EnginePart> {
  private readonly idle = new Map<string, T>();

  constructor(private readonly limit: number) {}

  async use<R>(key: string, create: () => Promise<T>, work: (entry: T) => Promise<R>): Promise<R> {
    const kept = this.idle.get(key);
    this.idle.delete(key);
    const entry = kept ?? (await create());
    try {
      const result = await work(entry);
      this.keep(key, entry);
      return result;
    } catch (error) {
      entry.part.release();
      throw error;
    }
  }

  private keep(key: string, entry: T): void {
    this.idle.get(key)?.part.release();
    this.idle.delete(key);
    this.idle.set(key, entry);
    for (const [oldest, { part }] of this.idle) {
      if (this.idle.size <= this.limit) return;
      this.idle.delete(oldest);
      part.release();
    }
  }
}

export interface SamplerEntry extends EnginePart {
  readonly part: LatentSampler;
}
export interface DecoderEntry extends EnginePart {
  readonly part: CellDecoder;
}

const keptParts = 3;
const samplersByEngine = new WeakMap<Engine, ReusedParts<SamplerEntry>>();
const decodersByEngine = new WeakMap<Engine, ReusedParts<DecoderEntry>>();

/** Samplers that are loaded on an engine. */
export function samplersOf(engine: Engine): ReusedParts<SamplerEntry> {
  return partsOf(samplersByEngine, engine);
}

/** Decoders that are loaded on an engine. */
export function decodersOf(engine: Engine): ReusedParts<DecoderEntry> {
  return partsOf(decodersByEngine, engine);
}

function partsOf<T extends EnginePart>(all: WeakMap<Engine, ReusedParts<T>>, engine: Engine): ReusedParts<T> {
  let parts = all.get(engine);
  if (parts === undefined) {
    parts = new ReusedParts<T>(keptParts);
    all.set(engine, parts);
  }
  return parts;
}
