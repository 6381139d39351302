export * from './random';
export * from './distributions';
export * from './special';
export { columnMeans, denseMatrix, gatherRows, leadingRows, type DenseMatrix } from './linear-algebra/dense-matrix';
export { principalComponents, project, type PrincipalComponents } from './linear-algebra/principal-components';
export { projectSparse, type SparseMatrix } from './linear-algebra/sparse-matrix';
export { sparsePrincipalComponents } from './linear-algebra/sparse-principal-components';
export type { EigenPairs } from './linear-algebra/eigen-pairs';
export { leadingEigenpairs, symmetricEigen } from './linear-algebra/symmetric-eigen';
export { leadingEigenpairsOf, type OperatorEigenOptions, type SymmetricOperator } from './linear-algebra/operator-eigen';
export { kMeans, type KMeans } from './clustering/k-means';
export { strongComponents, type Components, type DirectedGraph } from './graphs/strong-components';
export { loess, type LoessOptions } from './loess/loess';
export { nearestNeighbours, type NearestNeighbours, type NearestNeighboursOptions } from './nearest-neighbours/nearest-neighbours';
export { innerProducts, squaredNorms, type RowRange } from './nearest-neighbours/distance-tiles';
export {
  approximateNeighbours,
  type ApproximateNeighbours,
  type ApproximateNeighboursOptions,
} from './nearest-neighbours/approximate-neighbours';
export { squaredDistances, squaredDistancesOfRow } from './nearest-neighbours/squared-distances';
export { assignment, type Assignment } from './optimal-transport/assignment';
export { uniformTransport } from './optimal-transport/transport-plan';
export type { UniformTransport } from './optimal-transport/uniform-transport';
export * from './ode';
