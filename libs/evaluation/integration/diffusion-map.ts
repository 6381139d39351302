import { denseMatrix, leadingEigenpairsOf, strongComponents, type DenseMatrix, type EigenPairs, type SymmetricOperator } from '@cfgen/math';
import { subgraph, type WeightedGraph } from './fuzzy-connectivities';

/** Coordinates of a diffusion map at most. */
const mostComponents = 100;
/** An eigenvalue this near 1 counts as 1: without that, e / (1 - e) would turn its rounding error into the scale of a coordinate. */
const nearOne = 1e-6;
/** Residual of the eigenpairs as a share of the largest eigenvalue. */
const tolerance = 1e-10;

/**
 * Diffusion map of a symmetric graph: coordinates are eigenvectors of the density-normalised transition matrix, scaled by e / (1 - e) (by e where
 * e is 1). Haghverdi et al., Nature Methods 13:845-848, 2016; as scib-metrics prepares kBET, in float64.
 *
 * @throws RangeError when the eigenpairs are not found
 */
export function diffusionMap(graph: WeightedGraph): DenseMatrix {
  const { nodes } = graph;
  const count = Math.min(mostComponents, nodes - 1);
  const transitions = normalised(graph);
  const { values, vectors } = leadingPairs(transitions, count);
  const coordinates = denseMatrix(nodes, values.length);
  values.forEach((value, k) => {
    const e = value + 1e-8;
    const scale = Math.abs(1 - e) < nearOne ? e : e / (1 - e);
    for (let i = 0; i < nodes; i++) coordinates.values[i * values.length + k] = scale * vectors.values[k * nodes + i];
  });
  return coordinates;
}

/** K / (q q^T) by the column sums q, then divided by z z^T with z the square roots of the column sums that leaves. */
function normalised(graph: WeightedGraph): WeightedGraph {
  const density = columnSums(graph);
  const evened = scaled(graph, density);
  return scaled(evened, columnSums(evened).map(Math.sqrt));
}

function columnSums({ nodes, starts, weights }: WeightedGraph): Float64Array {
  const sums = new Float64Array(nodes);
  // Symmetric: the sum of a column is that of the row.
  for (let i = 0; i < nodes; i++) for (let edge = starts[i]; edge < starts[i + 1]; edge++) sums[i] += weights[edge];
  return sums;
}

function scaled(graph: WeightedGraph, divisors: Float64Array): WeightedGraph {
  const { nodes, starts, targets } = graph;
  const weights = graph.weights.slice();
  for (let i = 0; i < nodes; i++) {
    for (let edge = starts[i]; edge < starts[i + 1]; edge++) weights[edge] /= divisors[i] * divisors[targets[edge]];
  }
  return { ...graph, weights };
}

/**
 * The eigenpairs furthest from 0, component by component: the eigenvalue 1 occurs once in each, and a search over the whole would find it once.
 */
function leadingPairs(graph: WeightedGraph, count: number): EigenPairs {
  const { nodes } = graph;
  const components = strongComponents(graph);
  const found: { value: number; members: Int32Array; vector: Float64Array }[] = [];
  for (let component = 0; component < components.count; component++) {
    const members = Int32Array.from(components.of.keys()).filter((node) => components.of[node] === component);
    const { values, vectors } = leadingEigenpairsOf(operatorOf(subgraph(graph, members)), count, { by: 'magnitude', tolerance });
    values.forEach((value, k) => {
      found.push({ value, members, vector: vectors.values.subarray(k * members.length, (k + 1) * members.length) });
    });
  }
  found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const kept = found.slice(0, count);
  const vectors = denseMatrix(kept.length, nodes);
  kept.forEach(({ members, vector }, k) => members.forEach((node, at) => (vectors.values[k * nodes + node] = vector[at])));
  return { values: Float64Array.from(kept, ({ value }) => value), vectors };
}

function operatorOf({ nodes, starts, targets, weights }: WeightedGraph): SymmetricOperator {
  return {
    size: nodes,
    multiply(x, out) {
      for (let i = 0; i < nodes; i++) {
        let sum = 0;
        for (let edge = starts[i]; edge < starts[i + 1]; edge++) sum += weights[edge] * x[targets[edge]];
        out[i] = sum;
      }
    },
  };
}
