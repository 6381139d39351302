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
