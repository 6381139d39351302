export { openDataset, type OpenOptions } from './opening/open-dataset';
export { Dataset, requireTrainable, type DatasetFormat, type RowBlock } from './dataset/dataset';
export type { Label, LabelOptions } from './dataset/label';
export type { FeatureGroup } from './dataset/feature-groups';
export { featuresSeenInAtLeast, type Scan } from './dataset/scan';
export type { Column, ColumnKind, ColumnValues } from './frames/column';
export { openCountSource, type CountSourceOptions } from './counts/open-count-source';
export type { OpenCountSource } from './counts/closable-count-source';
