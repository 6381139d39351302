import { modelFormatVersion, type ModelDescription } from './model-description';

/**
 * Versions of `model.json`.
 * - 1: RNA counts conditioned on labels and size factors.
 * - 2: also continuous covariates: `covariates` and `covariateSamples`; and a second modality: `modality` "rna+atac", `atac`, `atacTotals`; and `carried`
 *   columns of obs.
 *
 * A model that has nothing of a later version is written in the earliest that can tell it, so that older versions of CFGen read it, and
 * so that the same training gives the same bytes and the same hash in every version.
 */
type StoredDescription = Omit<ModelDescription, 'formatVersion' | 'covariates' | 'covariateSamples'> &
  ({ readonly formatVersion: 1 } | Pick<ModelDescription, 'formatVersion' | 'covariates' | 'covariateSamples'>);

/** The JSON of an older version as that of the newest. What is no description at all goes through, for the schema to refuse. */
export function upgradedDescription(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('formatVersion' in json) || json.formatVersion !== 1) return json;
  return { ...json, formatVersion: modelFormatVersion, covariates: [], covariateSamples: [] };
}

/** What is written and hashed. */
export function storedDescription(description: ModelDescription): StoredDescription {
  const { covariates, covariateSamples, formatVersion, ...rest } = description;
  if (covariates.length > 0 || rest.modality !== 'rna' || rest.carried !== undefined)
    return { ...rest, formatVersion, covariates, covariateSamples };
  const { format, ...others } = rest;
  return { format, formatVersion: 1, ...others };
}
