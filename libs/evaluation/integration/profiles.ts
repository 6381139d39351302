/**
 * Which version of the scIB metrics. They differ in how batch mixing inside labels is scored: `scib-2024` by the silhouette over batches
 * (scib-metrics before 0.5.6, what published tables mostly hold), `scib-2025` by BRAS (0.5.6, July 2025, and later).
 */
export type IntegrationProfile = 'scib-2024' | 'scib-2025';

export const integrationProfiles: readonly IntegrationProfile[] = ['scib-2024', 'scib-2025'];

/** What a metric judges: that biology was kept, or that batches were removed. */
export type MetricGroup = 'bio' | 'batch';

export type IntegrationMetricId =
  | 'isolated-labels'
  | 'kmeans-nmi'
  | 'kmeans-ari'
  | 'silhouette-label'
  | 'clisi'
  | 'silhouette-batch'
  | 'bras'
  | 'ilisi'
  | 'kbet'
  | 'graph-connectivity'
  | 'pcr-comparison';

/** Title, as scib-metrics prints it, and group of each metric. */
export const integrationMetrics: Readonly<Record<IntegrationMetricId, { readonly title: string; readonly group: MetricGroup }>> = {
  'isolated-labels': { title: 'Isolated labels', group: 'bio' },
  'kmeans-nmi': { title: 'KMeans NMI', group: 'bio' },
  'kmeans-ari': { title: 'KMeans ARI', group: 'bio' },
  'silhouette-label': { title: 'Silhouette label', group: 'bio' },
  clisi: { title: 'cLISI', group: 'bio' },
  'silhouette-batch': { title: 'Silhouette batch', group: 'batch' },
  bras: { title: 'BRAS', group: 'batch' },
  ilisi: { title: 'iLISI', group: 'batch' },
  kbet: { title: 'KBET', group: 'batch' },
  'graph-connectivity': { title: 'Graph connectivity', group: 'batch' },
  'pcr-comparison': { title: 'PCR comparison', group: 'batch' },
};

/** The metrics of a profile, in the order they are shown. */
export function metricsOf(profile: IntegrationProfile): IntegrationMetricId[] {
  const left = profile === 'scib-2024' ? 'bras' : 'silhouette-batch';
  return (Object.keys(integrationMetrics) as IntegrationMetricId[]).filter((id) => id !== left);
}
