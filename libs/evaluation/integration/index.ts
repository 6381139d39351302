export { minMaxScaled } from './aggregates';
export {
  integrationMetrics,
  integrationProfiles,
  metricsOf,
  type IntegrationMetricId,
  type IntegrationProfile,
  type MetricGroup,
} from './profiles';
export type {
  IntegrationAggregate,
  IntegrationLabel,
  IntegrationMetric,
  IntegrationResult,
  IntegrationSettings,
  LabelFigure,
} from './result';
export { scoreIntegration, type IntegrationInput } from './score-integration';
export { unintegratedComponents, unintegratedEmbedding } from './unintegrated';
export { completeIntegrationSettings, defaultIntegrationSettings, type IntegrationOptions } from './settings';
