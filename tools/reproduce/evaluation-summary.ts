import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A figure of `cfgen evaluate` over replicates, as it stands in `metrics.json`. */
export interface SummaryRow {
  readonly id: string;
  readonly mean: number | null;
  readonly sem: number | null;
  readonly replicates: number;
  readonly floor: number | null;
}

/** The overall table of a report folder. */
export function readSummary(folder: string): readonly SummaryRow[] {
  return (JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as { summary: readonly SummaryRow[] }).summary;
}

/** The table of open chromatin in a report folder; empty where the files had none. Its ids begin with `atac.`. */
export function readChromatin(folder: string): readonly SummaryRow[] {
  const { chromatin } = JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as {
    chromatin?: { summary: readonly SummaryRow[] } | null;
  };
  return chromatin?.summary ?? [];
}
