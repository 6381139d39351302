import type { AugmentationResult, ClassifierRecall, Estimate } from '@cfgen/stages';
import { count } from '../terminal/quantities';
import { table } from '../terminal/tables';

/** Recall before and after, of each classifier and label, rarest first. */
export function recallTable({ classifiers }: Pick<AugmentationResult, 'classifiers'>): string[] {
  return classifiers.flatMap((classifier) => ['', `${classifier.name}:`, ...rowsOf(classifier), ...correlation(classifier)]);
}

function rowsOf({ labels, macroBefore, macroAfter, macroGain }: ClassifierRecall): string[] {
  const heads = ['label', 'training', 'held out', 'recall before', 'after', 'gain (95 %)'];
  const lines = [...labels]
    .sort((a, b) => a.training - b.training)
    .map((one) => [one.label, count(one.training), count(one.heldOut), one.before.toFixed(3), mean(one.after).toFixed(3), shown(one.gain)]);
  const all = ['mean over labels', '', '', macroBefore.toFixed(3), mean(macroAfter).toFixed(3), shown(macroGain)];
  return table([heads, ...lines, all], ['left', 'right', 'right', 'right', 'right', 'right']);
}

function correlation({ pearson, spearman }: ClassifierRecall): string[] {
  return [`gain and frequency of the label: Pearson ${shown(pearson)}, Spearman ${shown(spearman)}`];
}

function shown({ value, low, high }: Estimate): string {
  if (value === null) return 'not defined';
  const signed = (number: number): string => `${number > 0 ? '+' : ''}${number.toFixed(3)}`;
  return low === null || high === null ? signed(value) : `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
