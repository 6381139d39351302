import type { DataFrame } from '../frames/column';

/** Features of one type, such as all genes or all peaks. */
export interface FeatureGroup {
  /** `rna`, `atac`, or the type in lower case with dashes. */
  readonly modality: string;
  /** The type as the file names it: `Gene Expression`, `Peaks`. */
  readonly featureType: string;
  /** Columns of the features, ascending. */
  readonly columns: Uint32Array;
}

const modalities: Readonly<Record<string, string>> = {
  rna: 'rna',
  'gene expression': 'rna',
  gex: 'rna',
  atac: 'atac',
  peaks: 'atac',
  'chromatin accessibility': 'atac',
};

/** What people call a modality or the type of its features, as the name used here: `rna`, `atac`, or the same in lower case with dashes. */
export function modalityName(called: string): string {
  return modalities[called.toLowerCase()] ?? called.toLowerCase().replace(/\s+/g, '-');
}

/**
 * Groups features by the var column `feature_types` (AnnData) or `feature_type` (10x); one group where there is none.
 * @param modality what the group is then
 */
export function featureGroups(frame: DataFrame, modality = 'rna'): readonly FeatureGroup[] {
  const column = frame.columns.find(
    ({ name, kind }) => (name === 'feature_types' || name === 'feature_type') && (kind === 'string' || kind === 'categorical'),
  );
  const values = column?.read();
  const everything: FeatureGroup = {
    modality,
    featureType: modality === 'rna' ? 'Gene Expression' : modality === 'atac' ? 'Peaks' : modality,
    columns: Uint32Array.from({ length: frame.length }, (_, i) => i),
  };
  if (!values || (values.kind !== 'string' && values.kind !== 'categorical')) return [everything];
  const groups = new Map<string, number[]>();
  for (let feature = 0; feature < frame.length; feature++) {
    const type = (values.kind === 'string' ? values.values[feature] : values.categories[values.codes[feature]]) ?? 'unknown';
    const group = groups.get(type);
    if (group) group.push(feature);
    else groups.set(type, [feature]);
  }
  // Atlases keep the biotype of a gene (protein_coding, lncRNA, ...) in a column of this name: all of one modality.
  if (![...groups.keys()].some((type) => type.toLowerCase() in modalities)) return [everything];
  return [...groups].map(([featureType, columns]) => ({
    modality: modalityName(featureType),
    featureType,
    columns: Uint32Array.from(columns),
  }));
}
