import { gatherRows, type DenseMatrix } from '@cfgen/math';
import { labelNames, type Labels } from '../cells/cell-set';
import type { Interval } from '../intervals/interval';
import { nearestNeighbourVote } from './nearest-neighbour-vote';

/** How many real neighbours vote on a cell. */
export const votingNeighbours = 15;

/** Share of cells whose real neighbours carry the label that was asked for. */
export interface LabelAgreement {
  /** Over all labelled cells; `null` when there are none. */
  readonly overall: number | null;
  readonly labels: readonly AgreementOfLabel[];
}

export interface AgreementOfLabel {
  readonly label: string;
  readonly cells: number;
  readonly agreement: number;
  /** Absent when nothing was resampled. */
  readonly interval?: Interval | null;
}

/** The shares, and the outcome for each cell. */
export interface AgreementOfCells {
  readonly agreement: LabelAgreement;
  /** 1 for a cell whose neighbours carry its label, 0 for one whose do not, -1 for one without a label. */
  readonly agrees: Int8Array;
}

/**
 * Share of generated cells whose k = 15 nearest real cells, by majority vote, have the generated cell's own label.
 * Labels with fewer than eight real cells cannot win such a vote.
 */
export function labelAgreement(real: DenseMatrix, realLabels: Labels, generated: DenseMatrix, generatedLabels: Labels): AgreementOfCells {
  const realNames = labelNames(realLabels);
  const names = labelNames(generatedLabels);
  const classes = [...new Set(realNames.filter((name) => name !== undefined))].sort();
  const classNumber = new Map(classes.map((name, at) => [name, at]));
  const known = Uint32Array.from(realNames.keys()).filter((i) => realNames[i] !== undefined);
  const asked = Uint32Array.from(names.keys()).filter((i) => names[i] !== undefined);
  const agrees = new Int8Array(names.length).fill(-1);
  if (known.length === 0 || asked.length === 0) return { agreement: { overall: null, labels: [] }, agrees };
  const classOf = Int32Array.from(known, (i) => classNumber.get(realNames[i] ?? '') ?? -1);
  const votes = nearestNeighbourVote(gatherRows(generated, asked), gatherRows(real, known), classOf, classes.length, votingNeighbours);
  const tally = new Map<string, { cells: number; agreeing: number }>();
  let agreeing = 0;
  asked.forEach((cell, at) => {
    const name = names[cell] ?? '';
    const entry = tally.get(name) ?? { cells: 0, agreeing: 0 };
    tally.set(name, entry);
    entry.cells++;
    agrees[cell] = classes[votes[at]] === name ? 1 : 0;
    if (agrees[cell] === 0) return;
    entry.agreeing++;
    agreeing++;
  });
  const labels = [...tally]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, { cells, agreeing: n }]) => ({ label, cells, agreement: n / cells }));
  return { agreement: { overall: agreeing / asked.length, labels }, agrees };
}
