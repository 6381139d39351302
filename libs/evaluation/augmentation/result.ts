import type { AugmentationSettings } from './settings';

/** An estimate with a 95 % interval. */
export interface Estimate {
  readonly value: number | null;
  /** `null` where it cannot be given: one label, say, has no correlation. */
  readonly low: number | null;
  readonly high: number | null;
}

/** Recall of the cells of one label, and what augmentation did to it. */
export interface LabelRecall {
  readonly label: string;
  /** Real cells trained on, and their share of all, f_c. */
  readonly training: number;
  readonly frequency: number;
  /** Generated cells trained on too, in each replicate. */
  readonly generated: readonly number[];
  readonly heldOut: number;
  /** Recall of a classifier trained on the real cells alone, TP/(TP + FN). */
  readonly before: number;
  /** Of one trained on real and generated cells, in each replicate. */
  readonly after: readonly number[];
  /** Mean of `after` less `before`. */
  readonly gain: Estimate;
}

/** One classifier, before and after. */
export interface ClassifierRecall {
  readonly id: 'neighbours' | 'celltypist';
  readonly name: string;
  readonly labels: readonly LabelRecall[];
  /** Plain mean of the recall over labels. */
  readonly macroBefore: number;
  readonly macroAfter: readonly number[];
  readonly macroGain: Estimate;
  /** Of the gain of a label with its frequency; negative: rare labels gain more. */
  readonly pearson: Estimate;
  readonly spearman: Estimate;
}

export interface AugmentationResult {
  readonly software: string;
  readonly settings: AugmentationSettings;
  readonly training: { readonly name: string; readonly cells: number };
  readonly heldOut: { readonly name: string; readonly cells: number };
  readonly generated: readonly { readonly name: string; readonly cells: number }[];
  readonly genes: number;
  readonly classifiers: readonly ClassifierRecall[];
  /** Labels of held-out cells that no training cell has, and so nobody can recall. */
  readonly unknown: readonly { readonly label: string; readonly heldOut: number }[];
  /** What the reader has to know. */
  readonly notes: readonly string[];
}
