import { openDataset } from '@cfgen/single-cell';
import { bytesOnDisk } from './files';
import { MemoryPeaks } from './memory-peaks';
import type { Measured, MeasureOptions } from './measurement';

/** Opens a file and sums all of its counts. */
export async function measureReading(data: string, options: MeasureOptions): Promise<Measured> {
  const peaks = new MemoryPeaks('open');
  const started = performance.now();
  const dataset = await openDataset(data, { memory: options.memory, tempFolder: options.work });
  try {
    const opened = performance.now();
    peaks.begin('scan');
    const { nonzeros, total } = dataset.scan({ memory: options.memory / 4 });
    const scanned = performance.now();
    return {
      seconds: { open: (opened - started) / 1000, scan: (scanned - opened) / 1000, whole: (scanned - started) / 1000 },
      peaks: peaks.all(),
      facts: { cells: dataset.cells, genes: dataset.features, nonzeros, total, bytes: bytesOnDisk(data) },
    };
  } finally {
    dataset.close();
  }
}
