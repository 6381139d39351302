import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { outputError, writeWhole } from '@cfgen/tensors';
import type { StepContext } from '../context';
import { reportText, scoresText, type IntegrationReport } from './report';
import { scoreData, type IntegrationData } from './score-data';

export interface ScoreIntegrationOptions extends IntegrationData {
  /** Folder for `integration.json` and `integration.tsv`. */
  readonly out: string;
  readonly overwrite: boolean;
}

export interface ScoreIntegrationSummary {
  readonly scores: string;
  readonly table: string;
  readonly report: IntegrationReport;
}

/** Scores the embeddings of a file; writes all figures and a table. */
export async function scoreIntegrationOfFile(
  { out, overwrite, ...data }: ScoreIntegrationOptions,
  context: Omit<StepContext, 'engine'>,
): Promise<ScoreIntegrationSummary> {
  const scores = join(out, 'integration.json');
  const table = join(out, 'integration.tsv');
  if (!overwrite && [scores, table].some((path) => existsSync(path))) {
    throw new CfgenError('OUTPUT_EXISTS', `${out} already holds scores of an integration`, {
      hint: 'Choose another folder, or replace them with --overwrite.',
    });
  }
  const report = await scoreData(data, context);
  try {
    mkdirSync(out, { recursive: true });
    writeWhole(scores, reportText(report));
    writeWhole(table, scoresText(report));
  } catch (cause) {
    throw outputError(out, cause);
  }
  return { scores, table, report };
}
