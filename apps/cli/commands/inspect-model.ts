import type { ModelDescription } from '@cfgen/model';
import { count, counted, figure } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import type { Answer } from './session';

/** What a model folder holds, once it has been checked whole. */
export async function modelAnswer(folder: string): Promise<Answer> {
  const { latentSize, loadModel, modelHash } = await import('@cfgen/model');
  const { description } = loadModel(folder);
  return {
    lines: describeModel(folder, description, latentSize(description.settings)),
    json: {
      command: 'inspect',
      kind: 'model',
      model: folder,
      modelHash: modelHash(description),
      formatVersion: description.formatVersion,
      cells: description.training.cells,
      features: description.features.names.length,
      ...(description.atac === undefined ? {} : { modality: description.modality, peaks: description.atac.features.names.length }),
      attributes: description.attributes,
      covariates: description.covariates,
      combinations: description.combinations.length,
      settings: description.settings,
      provenance: description.provenance,
    },
  };
}

function describeModel(
  folder: string,
  { training, features, atac, settings, provenance, attributes, covariates, combinations }: ModelDescription,
  latent: number,
): string[] {
  return [
    `${folder}: model of CFGen ${provenance.version}, preset ${settings.preset}`,
    ...indented(
      table([
        ['trained on', `${counted(training.cells, 'cell')} of ${provenance.data.name} (${provenance.data.countsAt})`],
        ['genes', count(features.names.length)],
        ...(atac === undefined ? [] : [['peaks', `${count(atac.features.names.length)} (${atac.likelihood})`]]),
        ['latents', count(latent)],
        ['seed', String(provenance.seed)],
        ...provenance.notes.map((note, i) => [i === 0 ? 'notes' : '', note]),
      ]),
    ),
    ...attributes.flatMap(({ name, role, categories, counts }) => [
      '',
      `${name} (${role})`,
      ...indented(
        table(
          categories.map((value, code) => [value, count(counts[code] ?? 0)]),
          ['left', 'right'],
        ),
      ),
    ]),
    ...(covariates.length === 0 ? [] : ['', 'covariates']),
    ...indented(table(covariates.map(({ name, min, max }) => [name, `${figure(min)} to ${figure(max)}`]))),
    ...(attributes.length > 1 ? ['', `${counted(combinations.length, 'combination')} of these occur in the training cells`] : []),
  ];
}
