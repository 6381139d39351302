import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { AugmentationResult, AugmentationSettings } from '@cfgen/evaluation';
import { loadModel } from '@cfgen/model';
import { outputError, writeWhole } from '@cfgen/tensors';
import type { StepContext } from '../context';
import type { DataFile } from '../data/data-file';
import { augmentToFile, type AugmentOptions, type AugmentSummary } from './augment-to-file';
import { evaluateAugmentationData } from './evaluate-augmentation-data';

export interface AugmentAndEvaluateOptions extends Omit<AugmentOptions, 'split'> {
  readonly split: DataFile;
  /** Augmentations with the seeds after the first, to tell chance from gain. */
  readonly replicates: number;
  /** Folder for `augmentation.json` and `augmentation.html`. */
  readonly report: string;
  readonly settings?: Partial<AugmentationSettings>;
}

export interface AugmentationEvaluationSummary {
  readonly augmentation: AugmentSummary;
  readonly result: AugmentationResult;
  readonly metrics: string;
  readonly report: string;
}

export const augmentationFiles = { metrics: 'augmentation.json', report: 'augmentation.html' } as const;

/** Augments the `train` cells of a file, as often as there are replicates, and judges each by the `test` cells. The first is kept. */
export async function evaluateAugmentationFiles(
  options: AugmentAndEvaluateOptions,
  context: StepContext,
): Promise<AugmentationEvaluationSummary> {
  const metrics = join(options.report, augmentationFiles.metrics);
  const report = join(options.report, augmentationFiles.report);
  if (!options.overwrite && [metrics, report].some((path) => existsSync(path))) {
    throw new CfgenError('OUTPUT_EXISTS', `${options.report} already holds a report`, {
      hint: 'Choose another folder, or replace it with --overwrite.',
    });
  }
  const folder = mkdtempSync(join(context.tempFolder ?? tmpdir(), 'cfgen-augmented-'));
  try {
    const augmentation = await augmentToFile(options, context);
    const augmented: DataFile[] = [{ path: options.out, name: replicateName(0) }];
    for (let r = 1; r < options.replicates; r++) {
      const path = join(folder, replicateName(r));
      await augmentToFile(
        { ...options, out: path, seed: options.seed + r, overwrite: true, compression: 'none' },
        { ...context, onProblem: () => undefined },
      );
      augmented.push({ path, name: replicateName(r) });
    }
    const { data, layer, split, label, settings } = options;
    const evaluated = await evaluateAugmentationData(
      {
        ...{ data, split, label, augmented, model: loadModel(options.model).description },
        ...(layer === undefined ? {} : { layer }),
        settings: { seed: options.seed, ...settings },
      },
      context,
    );
    try {
      mkdirSync(options.report, { recursive: true });
      writeWhole(metrics, evaluated.metrics);
      writeWhole(report, evaluated.report);
    } catch (cause) {
      throw outputError(options.report, cause);
    }
    return { augmentation, result: evaluated.result, metrics, report };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How messages and the report call a replicate, wherever its file lies. */
export function replicateName(r: number): string {
  return `augmented-${r}.h5ad`;
}
