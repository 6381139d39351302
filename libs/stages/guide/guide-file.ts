import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { GuidanceResult } from '@cfgen/evaluation';
import { loadModel } from '@cfgen/model';
import { outputError, writeWhole } from '@cfgen/tensors';
import type { StepContext } from '../context';
import { guidanceTexts } from './guidance-texts';
import { sweepGuidance, type SweepRequest } from './sweep-guidance';

export interface GuideOptions extends SweepRequest {
  /** Model folder. */
  readonly model: string;
  /** Folder for `guidance.json`, `guidance.tsv` and `guidance.svg`. */
  readonly out: string;
  readonly overwrite: boolean;
}

export interface GuideSummary {
  readonly result: GuidanceResult;
  /** Paths of the files written. */
  readonly files: readonly string[];
}

/** Tries guidance weights on a model; writes all figures, a table and a plot. */
export async function guideFromFile({ model, out, overwrite, ...request }: GuideOptions, context: StepContext): Promise<GuideSummary> {
  const names = ['guidance.json', 'guidance.tsv', 'guidance.svg'] as const;
  if (!overwrite && names.some((name) => existsSync(join(out, name)))) {
    throw new CfgenError('OUTPUT_EXISTS', `${out} already holds a sweep over guidance weights`, {
      hint: 'Choose another folder, or replace it with --overwrite.',
    });
  }
  const result = await sweepGuidance(loadModel(model), request, context);
  const texts = guidanceTexts(result);
  try {
    mkdirSync(out, { recursive: true });
    for (const name of names) writeWhole(join(out, name), texts[name]);
  } catch (cause) {
    throw outputError(out, cause);
  }
  return { result, files: names.map((name) => join(out, name)) };
}
