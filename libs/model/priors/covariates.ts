import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription } from '../files/model-description';
import type { Attribute, Covariate } from '../training/cells';
import { compareCodes } from './attribute-table';

/** A covariate as a finished model knows it. */
export type ModelCovariate = ModelDescription['covariates'][number];

/** Size factors and covariates of training cells that share a combination of categories. */
export type CovariateSample = ModelDescription['covariateSamples'][number];

/** Cells kept of a combination; of larger ones so many are taken, evenly spaced in the order of the data. */
const largestSample = 2000;

export function describeCovariate({ name, values }: Covariate): ModelCovariate {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return {
    name,
    min: values.reduce((least, x) => Math.min(least, x), Infinity),
    max: values.reduce((most, x) => Math.max(most, x), -Infinity),
    mean,
    deviation: Math.sqrt(squares / Math.max(1, values.length - 1)),
  };
}

/** What covariates of generated cells are drawn from; nothing without covariates. Sorted by codes. */
export function covariateSamples(
  attributes: readonly Attribute[],
  sizeFactors: Float64Array,
  covariates: readonly Covariate[],
): CovariateSample[] {
  if (covariates.length === 0) return [];
  const cellsOf = new Map<string, number[]>();
  sizeFactors.forEach((_, cell) => {
    const key = attributes.map(({ codes }) => codes[cell]).join(' ');
    const cells = cellsOf.get(key);
    if (cells === undefined) cellsOf.set(key, [cell]);
    else cells.push(cell);
  });
  return [...cellsOf]
    .map(([key, all]) => {
      const n = Math.min(all.length, largestSample);
      const cells = Array.from({ length: n }, (_, i) => all[Math.floor((i * all.length) / n)]);
      return {
        codes: key === '' ? [] : key.split(' ').map(Number),
        logSizes: cells.map((cell) => short(Math.log(sizeFactors[cell]))),
        values: covariates.map(({ values }) => cells.map((cell) => short(values[cell]))),
      };
    })
    .sort((a, b) => compareCodes(a.codes, b.codes));
}

/** Where the covariates of drawn cells come from: training cells of the same combination, and values that were asked for. */
export interface CovariateChoice {
  readonly samples: readonly CovariateSample[];
  /** Per covariate the value of every cell, where one was asked for. */
  readonly fixed: readonly (number | undefined)[];
}

/**
 * Covariates as somebody asks for them, by name; for others they are drawn.
 *
 * @throws CfgenError REQUEST_UNKNOWN_VALUE for a covariate that the model does not have, REQUEST_INVALID for a value that is no number
 */
export function covariateChoice(
  description: Pick<ModelDescription, 'covariates' | 'covariateSamples'>,
  values: ReadonlyMap<string, number>,
): CovariateChoice {
  const { covariates, covariateSamples: samples } = description;
  for (const [name, value] of values) {
    if (!covariates.some((covariate) => covariate.name === name)) {
      const known = covariates.map((covariate) => covariate.name);
      throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the model was not trained with a covariate "${name}"`, {
        hint: known.length > 0 ? `It was trained with: ${known.join(', ')}.` : 'It was trained without covariates.',
        details: { covariate: name, known },
      });
    }
    if (!Number.isFinite(value)) {
      throw new CfgenError('REQUEST_INVALID', `the covariate ${name} is to be ${value}`, {
        hint: 'Give a number, such as 0.5.',
        details: { covariate: name, value: String(value) },
      });
    }
  }
  return { samples, fixed: covariates.map(({ name }) => values.get(name)) };
}

/** Finds the sample of a combination: its own, or of the cells that share most of its categories when it was never seen. */
export function sampleOf(samples: readonly CovariateSample[], codes: readonly number[]): CovariateSample | undefined {
  let best: CovariateSample | undefined;
  let mostShared = -1;
  for (const sample of samples) {
    const shared = codes.filter((code, k) => sample.codes[k] === code).length;
    if (shared <= mostShared) continue;
    best = sample;
    mostShared = shared;
  }
  return best;
}

/** float32 is fine enough for what is drawn, and keeps model.json small. */
function short(value: number): number {
  return Number(value.toPrecision(7));
}
