export { openDataset } from './opening/open-dataset';
export type { OpenOptions } from './opening/open-source';
export { openMultimodal, type MultimodalDataset, type MultimodalOptions } from './multimodal/open-multimodal';
export { modalitiesOf, multimodalKind, type MultimodalKind } from './multimodal/multimodal-kind';
export { Dataset, requireTrainable, type DatasetFormat, type RowBlock } from './dataset/dataset';
export type { Embedding } from './anndata/embeddings';
export type { Label, LabelOptions } from './dataset/label';
export type { FeatureGroup } from './dataset/feature-groups';
export { featuresSeenInAtLeast, type Scan } from './dataset/scan';
export { matchFeatures, type FeatureMatch, type NamedFeatures } from './dataset/match-features';
export { readSplit, type Split } from './dataset/read-split';
export { inspectDataset, type InspectOptions, type Inspection, type Quantiles } from './inspection/inspect-dataset';
export type { ColumnSummary } from './inspection/describe-columns';
export { trainingNeeds, type TrainingNeeds } from './inspection/training-needs';
export type { Column, ColumnKind, ColumnValues } from './frames/column';
export { openCountSource, type CountSourceOptions } from './counts/open-count-source';
export type { OpenCountSource } from './counts/closable-count-source';
export { createH5adWriter, type H5adWriterOptions } from './writing/h5ad-writer';
export { createH5muWriter, type H5muWriterOptions } from './writing/h5mu-writer';
export type { ModalityOptions, ModalityRest, MuDataRest, MuDataWriter } from './writing/mudata-writer';
export type { ModalityRows } from './writing/append-in-turns';
export { createZarrWriter, type ZarrWriterOptions } from './zarr/writing/zarr-writer';
export type { AnnDataWriter } from './writing/anndata-writer';
export type { AnnDataRest, H5adColumn, H5adTable, UnsValue } from './writing/h5ad-content';
export { checkCellxgene } from './cellxgene/check-cellxgene';
export {
  cellxgeneColumns,
  cellxgeneSchemaVersion,
  isGeneId,
  organismName,
  reservedObs,
  reservedVar,
  withoutVersion,
} from './cellxgene/schema';
export { vitessceView, type ViewOptions } from './vitessce/view-config';
