export type { CountSource, SparseRows } from './sparse-rows';
