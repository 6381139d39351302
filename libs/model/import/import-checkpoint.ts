import { CfgenError, type Problem } from '@cfgen/contracts';
import { describeModel } from '../files/describe-model';
import type { UnsavedModel } from '../files/encode-model';
import type { ModelDescription } from '../files/model-description';
import { sizeRange, type SizeRange } from '../flow/size-range';
import { fitPriors } from '../priors/fit-priors';
import type { ModelSettings } from '../settings/model-settings';
import { preset } from '../settings/presets';
import { biologicalLabel, type TrainingCells } from '../training/cells';
import type { StoredTensors } from '../training/state';
import { importAutoencoder, type ImportedAutoencoder } from './autoencoder-weights';
import type { CheckpointFacts } from './checkpoint-facts';
import { CheckpointTensors } from './checkpoint-tensors';
import { importFlow, type ImportedFlow } from './flow-weights';

/** A checkpoint of the authors' code, and the cells it was trained on. */
export interface CheckpointImport {
  /** Tensors of the flow checkpoint, which holds the autoencoder too. */
  readonly tensors: StoredTensors;
  /** Tensors of an autoencoder checkpoint to use instead. */
  readonly autoencoder?: StoredTensors;
  readonly facts: CheckpointFacts;
  /** What the tensors come from, for messages. */
  readonly source: string;
  readonly features: ModelDescription['features'];
  /** Labels (in the order of `covariate_list`, categories in the order of their codes) and size factors of the training cells. */
  readonly cells: Pick<TrainingCells, 'attributes' | 'sizeFactors'>;
  readonly provenance: Pick<ModelDescription['provenance'], 'version' | 'data' | 'notes'>;
}

export interface ImportedModel {
  readonly model: UnsavedModel;
  /** What the user has to be told. */
  readonly problems: readonly Problem[];
}

/** Name under which the settings of an imported model go: those that show in its tensors, and the paper's for the rest. */
export const importedPreset = 'imported';

/** Prefixes of a Lightning checkpoint of the flow; those of an autoencoder checkpoint have none. */
const autoencoderPrefix = 'encoder_model.';
const flowPrefix = 'denoising_model.';
const tablePrefix = 'feature_embeddings.';

/**
 * Turns a checkpoint of the authors into a model. The weights are taken as they are, so both compute the same; labels, library sizes and
 * gene names, which no checkpoint holds, come from the cells.
 *
 * @throws CfgenError INPUT_INCOMPLETE, FEATURES_MISMATCH, INPUT_UNSUPPORTED naming the tensor or the choice that has no counterpart here
 */
export function importCheckpoint(request: CheckpointImport): ImportedModel {
  const { facts, features, cells, source } = request;
  const own = request.autoencoder === undefined ? request.tensors : request.autoencoder;
  const encoderTensors = new CheckpointTensors(autoencoderPart(own), source);
  const autoencoder = importAutoencoder(encoderTensors, facts);
  encoderTensors.requireAllTaken();
  const flowTensors = new CheckpointTensors(flowPart(request.tensors), source);
  const flow = importFlow(flowTensors, facts, autoencoder.latent);
  flowTensors.requireAllTaken();
  requireFit(request, autoencoder, flow);

  const settings = settingsOf(facts, cells, autoencoder, flow);
  const priors = fitPriors({ ...cells, covariates: [] }, settings.priors);
  const found = sizeRange(cells.sizeFactors);
  const range = trainedRange(facts, flow, found);
  const description = describeModel({
    settings,
    features,
    priors: { ...priors, sizeRange: range },
    latentScale: { mean: new Float64Array(autoencoder.latent), deviation: new Float64Array(autoencoder.latent).fill(1) },
    cells: cells.sizeFactors.length,
    autoencoder: { history: [], bestEpoch: 0, stoppedEarly: false },
    flow: { history: [], steps: 0 },
    provenance: { ...request.provenance, seed: 0, engine: 'PyTorch (theislab/CFGen)' },
  });
  return { model: { description, autoencoder: autoencoder.tensors, flow: flow.tensors }, problems: problemsOf(facts, cells, range, found) };
}

function autoencoderPart(tensors: StoredTensors): StoredTensors {
  const inFlow = [...tensors].filter(([name]) => name.startsWith(autoencoderPrefix));
  if (inFlow.length > 0) return new Map(inFlow.map(([name, tensor]) => [name.slice(autoencoderPrefix.length), tensor]));
  return new Map([...tensors].filter(([name]) => !name.startsWith(flowPrefix) && !name.startsWith(tablePrefix)));
}

function flowPart(tensors: StoredTensors): StoredTensors {
  const kept = [...tensors].filter(([name]) => name.startsWith(flowPrefix) || name.startsWith(tablePrefix));
  return new Map(kept.map(([name, tensor]) => [name.startsWith(flowPrefix) ? name.slice(flowPrefix.length) : name, tensor]));
}

function requireFit({ facts, features, cells, source }: CheckpointImport, autoencoder: ImportedAutoencoder, flow: ImportedFlow): void {
  if (features.names.length !== autoencoder.features) {
    throw new CfgenError('FEATURES_MISMATCH', `${source} is of ${autoencoder.features} genes, the data has ${features.names.length}`, {
      hint: 'Give the file the checkpoint was trained on, or export the checkpoint together with it, so that the names of its genes are known.',
      details: { checkpoint: autoencoder.features, data: features.names.length },
    });
  }
  facts.covariate_list.forEach((name, k) => {
    const found = cells.attributes[k].categories.length;
    if (found === flow.categories[k]) return;
    throw new CfgenError('FEATURES_MISMATCH', `${source} knows ${flow.categories[k]} values of ${name}, the data has ${found}`, {
      hint: 'Give the file the checkpoint was trained on, or export the checkpoint together with it, so that its values are known.',
      details: { column: name, checkpoint: flow.categories[k], data: found, values: cells.attributes[k].categories },
    });
  });
}

const inputs = { log_gexp: 'log1p', proportions: 'proportion', log_gexp_scaled: 'log1p-proportion' } as const;

function settingsOf(
  facts: CheckpointFacts,
  cells: Pick<TrainingCells, 'attributes'>,
  autoencoder: ImportedAutoencoder,
  flow: ImportedFlow,
): ModelSettings {
  const paper = preset('paper');
  const label = biologicalLabel(cells.attributes)?.name;
  return {
    ...paper,
    preset: importedPreset,
    autoencoder: {
      ...paper.autoencoder,
      latent: autoencoder.latent,
      hidden: [...autoencoder.hidden],
      input: inputs[facts.normalization_type],
    },
    flow: {
      ...paper.flow,
      hidden: flow.hidden,
      embedding: flow.embedding,
      blocks: flow.blocks,
      sizeFactorConditioning: flow.sizeFactorConditioning,
      conditionProbability: facts.flow.guided_conditioning ? facts.flow.conditioning_probability : 1,
      coupling: facts.flow.use_ot ? 'optimal-transport' : 'independent',
      sigmaMin: facts.flow.sigma,
    },
    guidance: (label === undefined ? undefined : facts.guidance_weights?.[label]) ?? 1,
  };
}

/** What size factors are rescaled by before they condition the flow: only the checkpoint knows, unless the flow does not look at them. */
function trainedRange(
  { flow: { size_factor_min: min, size_factor_max: max } }: CheckpointFacts,
  flow: ImportedFlow,
  found: SizeRange,
): SizeRange {
  if (min !== null && max !== null) return { min, max };
  if (!flow.sizeFactorConditioning) return found;
  throw new CfgenError(
    'INPUT_INCOMPLETE',
    'the flow is conditioned on the library size, and the description does not say how it was scaled',
    {
      hint: 'Needed: flow.size_factor_min and flow.size_factor_max, the range of the logarithm of the counts of a cell in training.',
    },
  );
}

/** ln l that differ by more than this are no rounding of float32. */
const sameLogarithm = 1e-3;

function problemsOf(facts: CheckpointFacts, cells: Pick<TrainingCells, 'attributes'>, trained: SizeRange, found: SizeRange): Problem[] {
  const problems: Problem[] = [];
  if (Math.abs(trained.min - found.min) > sameLogarithm || Math.abs(trained.max - found.max) > sameLogarithm) {
    const counts = (range: SizeRange): string => `${Math.round(Math.exp(range.min))} to ${Math.round(Math.exp(range.max))}`;
    problems.push({
      severity: 'warning',
      code: 'import-other-cells',
      message: `the checkpoint was trained on cells of ${counts(trained)} counts, the data has cells of ${counts(found)}: not the same cells`,
      hint: 'Labels and library sizes are drawn as they are in the data: give the file, and the part of it, that the checkpoint was trained on.',
      details: { trained, found },
    });
  }
  const unlike = cells.attributes.slice(1).filter(({ name }) => (facts.guidance_weights?.[name] ?? 1) !== 1);
  if (unlike.length > 0) {
    const weights = unlike.map(({ name }) => `--guidance ${name}=${facts.guidance_weights?.[name] ?? 1}`).join(' ');
    problems.push({
      severity: 'note',
      code: 'import-guidance',
      message: 'the checkpoint names guidance weights for several columns; a model keeps that of the first',
      hint: `To generate as the checkpoint would: ${weights}`,
    });
  }
  if (!facts.flow.guided_conditioning && cells.attributes.length > 0) {
    problems.push({
      severity: 'note',
      code: 'import-always-conditioned',
      message: `the flow never learned to draw cells without ${cells.attributes[0].name} (guided_conditioning: False)`,
      hint: 'Generate with a guidance weight of 1, the default of this model.',
    });
  }
  return problems;
}
