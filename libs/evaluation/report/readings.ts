import type { SummaryRow } from '../evaluation/summary-row';
import { figure } from './number-format';

/** What each figure says and what is good, in plain words, by the part of its id before the protocol. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['auc.forest', 'A random forest, trained for it, tells generated from real cells. 0.5: it guesses. 1: it is always right.'],
  ['auc.logistic', 'The same with a linear classifier: 0.5 is a guess.'],
  ['agreement', 'Share of cells whose 15 nearest real cells mostly carry the label that was asked for.'],
  ['mmd2', 'Difference of the two distributions of cells (five Gaussian kernels). Depends on the number of cells: compare with the floor.'],
  ['mmd2-unbiased', 'The same without the part that comes from the number of cells: near 0 is good.'],
  ['w1', 'Mean distance between real cells and the generated cells that best match them.'],
  ['w2', 'The same with far misses weighing more.'],
  ['mmd2.label', 'MMD inside each label, then the plain mean over labels: rare labels count as much as common ones.'],
  ['w1.label', 'W1 inside each label, then the plain mean over labels.'],
  ['w2.label', 'W2 inside each label, then the plain mean over labels.'],
  ['gene-mean', 'Are the same genes high and low? 1 is perfect.'],
  ['gene-variance', 'Do the same genes vary? 1 is perfect.'],
  ['gene-variance.pearson', 'Do genes vary as much? 1 is perfect.'],
  ['sparsity', 'Difference in the number of genes without a count per cell, in genes. 0 is perfect.'],
  ['zero-fraction', 'Difference in the share of cells in which a gene is absent. 0 is perfect.'],
  ['library-size', 'Difference in total counts per cell, in powers of ten. 0 is perfect.'],
  ['markers.overlap', 'Share of the real markers of a label that are markers of its generated cells too.'],
  ['markers.fold-change', 'Do the same genes tell a label from the rest? Rank correlation over the variable genes; 1 is perfect.'],
  ['markers.fold-change.pearson', 'The same as plain correlation, which the strongest differences decide.'],
  ['markers.fold-change.markers', 'The same over the real markers alone.'],
  ['markers.sign', 'Share of the real markers that are higher in their label among generated cells too.'],
  ['markers.profile', 'Do the labels have the same mean expression of all markers? 1 is perfect.'],
  ['privacy.nearer', 'Chance that a generated cell is nearer to its training cell than a held-out cell is. 0.5 is expected.'],
  ['privacy.training-nearer', 'Share of generated cells that lie nearer to training than to held-out cells. 0.5 is expected.'],
  ['privacy.membership', 'How well an attacker tells training from held-out cells. 0.5: not at all.'],
  ['largest-count', 'The largest single count; one far above the floor is an artefact.'],
]);

/** What a row of the overall table says. */
export function meaningOf(row: SummaryRow): string {
  return meanings.get(row.id.replace(/\.(centred|paper)$/, '')) ?? '';
}

/**
 * How near a figure is to real cells: 1 at the floor or better, 0 at the baseline or worse, in between in proportion. `null` where a side is
 * missing or the floor is no better than the baseline.
 */
export function closeness({ better, mean, floor, baseline }: Pick<SummaryRow, 'better' | 'mean' | 'floor' | 'baseline'>): number | null {
  if (mean === null || floor === null || baseline === null) return null;
  const badness = (value: number): number => {
    if (better === 'half') return Math.abs(value - 0.5);
    if (better === 'real') return Math.abs(value - floor);
    return better === 'higher' ? -value : value;
  };
  const range = badness(baseline) - badness(floor);
  if (!(range > 0)) return null;
  return Math.min(1, Math.max(0, (badness(baseline) - badness(mean)) / range));
}

/** The one sentence at the top: can the cells be told apart? */
export function verdict(summary: readonly SummaryRow[]): string {
  const row = summary.find(({ id }) => id === 'auc.forest');
  if (row === undefined || row.mean === null) return 'There were too few cells to train a classifier that tells generated from real cells.';
  const distance = Math.abs(row.mean - 0.5);
  const pairs = Math.round(100 * (0.5 + distance));
  const beside = row.floor === null ? '' : ` Real cells in their place score ${figure(row.floor)}.`;
  const scored = `(AUC ${figure(row.mean)}; in ${pairs} of 100 pairs of one real and one generated cell it picks the right one, 50 would be guessing).`;
  if (distance < 0.06) return `A classifier trained to recognise generated cells does no better than guessing ${scored}${beside}`;
  if (distance < 0.2) return `A classifier trained to recognise generated cells finds only weak traces ${scored}${beside}`;
  if (distance < 0.35) return `A classifier trained to recognise generated cells often succeeds ${scored}${beside}`;
  if (distance < 0.45) return `A classifier trained to recognise generated cells usually succeeds ${scored}${beside}`;
  return `A classifier trained to recognise generated cells succeeds almost always ${scored}${beside}`;
}
