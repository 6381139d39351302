import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { EvaluationResult } from '@cfgen/evaluation';
import { loadModel } from '@cfgen/model';
import { outputError, writeWhole } from '@cfgen/tensors';
import type { StepContext } from '../context';
import { evaluateData, type EvaluationData } from './evaluate-data';

export interface EvaluateOptions extends Omit<EvaluationData, 'model'> {
  /** Model folder: its loss curves go into the report. */
  readonly model?: string;
  /** Folder for `metrics.json` and `report.html`. */
  readonly out: string;
  readonly overwrite: boolean;
}

export interface EvaluateSummary {
  readonly metrics: string;
  readonly report: string;
  readonly result: EvaluationResult;
}

const metricsFile = 'metrics.json';
const reportFile = 'report.html';

/** Compares generated files with real cells; writes figures and a report. */
export async function evaluateFiles(options: EvaluateOptions, context: StepContext): Promise<EvaluateSummary> {
  const metrics = join(options.out, metricsFile);
  const report = join(options.out, reportFile);
  if (!options.overwrite && [metrics, report].some((path) => existsSync(path))) {
    throw new CfgenError('OUTPUT_EXISTS', `${options.out} already holds a report`, {
      hint: 'Choose another folder, or replace it with --overwrite.',
    });
  }
  const { model, ...data } = options;
  const description = model === undefined ? {} : { model: loadModel(model).description };
  const evaluated = await evaluateData({ ...data, ...description }, context);
  writeOutputs(options.out, { [metrics]: evaluated.metrics, [report]: evaluated.report });
  return { metrics, report, result: evaluated.result };
}

function writeOutputs(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) writeWhole(path, content);
  } catch (cause) {
    throw outputError(folder, cause);
  }
}
