export type { CellSet, Labels } from './cells/cell-set';
export { storedCounts } from './cells/stored-counts';
export type { ChromatinRequest } from './chromatin/evaluate-chromatin';
export type { ChromatinFigure, ChromatinResult, ChromatinScores } from './chromatin/result';
export { defaultChromatinSettings, type ChromatinSettings } from './chromatin/settings';
export { peakWeights, tfIdf, type PeakWeights, type TfIdfOptions } from './chromatin/tf-idf';
export type { LabelAgreement } from './classification/label-agreement';
export type { RealOrGenerated } from './classification/real-or-generated';
export type { ConditionalDistances, LabelDistances, SkippedLabel } from './distances/conditional-distances';
export type { SetDistances } from './distances/set-distances';
export { evaluateCells, type Evaluation, type EvaluationRequest } from './evaluation/evaluate-cells';
export * from './guidance';
export type { RequestAgreement } from './requests/request-agreement';
export { sizeFactorAgreement, type SizeFactorAgreement } from './requests/size-factor-agreement';
export * from './integration';
export {
  isScored,
  type EvaluationResult,
  type FloorScores,
  type NotScored,
  type SetDescription,
  type SetScores,
} from './evaluation/result';
export { defaultSettings, type EvaluationSettings } from './evaluation/settings';
export type { Interval } from './intervals/interval';
export type { MarkerAgreement, MarkerFigures, MarkersOfLabel } from './markers/marker-agreement';
export type { Direction, SummaryRow } from './evaluation/summary-row';
export type { Protocol } from './preprocessing/real-space';
export type {
  PrivacyAudit,
  PrivacyByDonor,
  PrivacyOfDonor,
  PrivacyOfLabel,
  PrivacyOfSet,
  PrivacyRemark,
  PrivacySign,
  ShareOfCells,
} from './privacy/result';
export type { QuantileShare, ShareWithInterval } from './privacy/nearness';
export { privacyVerdict } from './privacy/verdict';
export type { Realism } from './realism/realism';
export type { MapPoints, PlotData } from './report/plot-data';
export type { LossCurve } from './report/loss-chart';
export { chart, valueAxis } from './report/chart';
export { labelColours } from './report/palette';
export { renderReport } from './report/render-report';
export type { ReportOptions } from './report/report-options';
export { evaluateAugmentation, type AugmentationRequest } from './augmentation/evaluate-augmentation';
export { renderAugmentation } from './augmentation/render-augmentation';
export type { AugmentationResult, ClassifierRecall, Estimate, LabelRecall } from './augmentation/result';
export { defaultAugmentationSettings, type AugmentationSettings } from './augmentation/settings';
