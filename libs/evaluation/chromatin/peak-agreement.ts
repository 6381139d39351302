import { wassersteinOnLine } from '../distances/wasserstein';
import { pearson } from '../statistics/correlation';
import type { OpenPeakProfile, OpenPeaks } from './open-peaks';
import { mean, meanOfKnown } from '../statistics/averages';

/** How well the shares of cells in which peaks are open match. */
export interface PeakAgreement {
  /** Correlation over peaks of the share of all cells in which each is open. 1 is perfect; `null` where a side is constant. */
  readonly correlation: number | null;
  /** Mean over peaks of the difference of that share, absolute. 0 is perfect. */
  readonly meanDifference: number;
  /** The correlation inside each label that both sides have more than one cell of. */
  readonly labels: readonly PeakAgreementOfLabel[];
  /** Plain mean over the labels that have a correlation; `null` without any. */
  readonly meanOverLabels: number | null;
  /** W1 between the numbers of open peaks per cell, in peaks. 0 is perfect. */
  readonly openPeaksW1: number;
  /** Mean number of open peaks per cell. */
  readonly meanOpenPeaks: number;
}

export interface PeakAgreementOfLabel {
  readonly label: string;
  readonly realCells: number;
  readonly generatedCells: number;
  readonly correlation: number | null;
}

/** Compares two profiles over the same peaks. */
export function peakAgreement(real: OpenPeakProfile, generated: OpenPeakProfile): PeakAgreement {
  const labels = [...real.labels.keys()].sort().flatMap((label) => {
    const [ofReal, ofGenerated] = [real.labels.get(label), generated.labels.get(label)];
    return ofReal === undefined || ofGenerated === undefined ? [] : agreementOfLabel(label, ofReal, ofGenerated);
  });
  let difference = 0;
  real.all.shares.forEach((share, j) => (difference += Math.abs(share - generated.all.shares[j])));
  return {
    correlation: pearson(real.all.shares, generated.all.shares),
    meanDifference: difference / real.all.shares.length,
    labels,
    meanOverLabels: meanOfKnown(labels.map(({ correlation }) => correlation)),
    openPeaksW1: wassersteinOnLine(real.openInCell, generated.openInCell),
    meanOpenPeaks: mean(generated.openInCell),
  };
}

function agreementOfLabel(label: string, real: OpenPeaks, generated: OpenPeaks): PeakAgreementOfLabel[] {
  if (real.cells < 2 || generated.cells < 2) return [];
  return [{ label, realCells: real.cells, generatedCells: generated.cells, correlation: pearson(real.shares, generated.shares) }];
}
