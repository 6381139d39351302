import type { Engine } from '@cfgen/compute';
import { generateToFile } from '@cfgen/stages';
import { bytesOnDisk } from './files';
import { MemoryPeaks } from './memory-peaks';
import type { Measured, MeasureOptions } from './measurement';

/** Generates as `cfgen generate` does, streamed to a file. */
export async function measureGeneration(
  engine: Engine,
  { model, out, cells, zarrFormat }: { model: string; out: string; cells: number; zarrFormat?: 2 | 3 },
  options: MeasureOptions,
): Promise<Measured> {
  const peaks = new MemoryPeaks('open');
  const started = performance.now();
  let last = started;
  const nothing = new Map<string, never>();
  const summary = await generateToFile(
    {
      model,
      out,
      cells,
      seed: 0,
      where: nothing,
      guidance: nothing,
      librarySize: 'prior',
      means: false,
      latents: false,
      compression: 'gzip',
      overwrite: true,
      ...(zarrFormat === undefined ? {} : { zarrFormat }),
    },
    {
      engine,
      version: 'scale',
      memory: options.memory,
      tempFolder: options.work,
      onProgress: ({ stage, done, total }) => {
        last = performance.now();
        peaks.begin(done < total ? stage : 'finish');
      },
    },
  );
  return {
    seconds: { generate: (last - started) / 1000, finish: (performance.now() - last) / 1000, whole: (performance.now() - started) / 1000 },
    peaks: peaks.all(),
    facts: { cells, genes: summary.features, nonzeros: summary.nonzeros, total: summary.total, bytes: bytesOnDisk(out) },
  };
}
