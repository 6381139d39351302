import type { IntegrationMetric, IntegrationResult } from '@cfgen/evaluation';

/** Scores of one embedding of a file. */
export interface ScoredEmbedding {
  /** Entry of obsm, or `pca`. */
  readonly name: string;
  readonly result: IntegrationResult;
  /** The metrics stretched over the embeddings compared, where that was asked for and there are several. */
  readonly scaled: { readonly metrics: readonly IntegrationMetric[]; readonly aggregates: IntegrationResult['aggregates'] } | null;
}

/** Scores of the embeddings of a file; `integration.json` is its serialisation. */
export interface IntegrationReport {
  readonly format: 'cfgen-integration-report';
  readonly formatVersion: 1;
  /** Version of the software that computed it. */
  readonly software: string;
  readonly data: { readonly name: string; readonly cells: number };
  readonly label: string;
  readonly batch: string;
  /** The embedding before correction. */
  readonly before: string;
  /** Cells left out, by the value they were left out for. */
  readonly excluded: readonly { readonly column: string; readonly value: string; readonly cells: number }[];
  /** Labels that mean "not known". */
  readonly unlabelled: readonly string[];
  readonly embeddings: readonly ScoredEmbedding[];
}

/** The report as `integration.json`. */
export function reportText(report: IntegrationReport): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** The scores as tab-separated text: a line for each metric and mean, a column for each embedding; empty where there is no value. */
export function scoresText({ embeddings }: IntegrationReport): string {
  const first = embeddings[0]?.result.metrics ?? [];
  const valueText = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));
  const rows = [
    ['metric', 'group', ...embeddings.map(({ name }) => name)],
    ...first.map(({ id, title, group }) => [
      title,
      group,
      ...embeddings.map(({ result }) => valueText(result.metrics.find((metric) => metric.id === id)?.value)),
    ]),
    ['Batch correction', 'mean', ...embeddings.map(({ result }) => valueText(result.aggregates.batch.value))],
    ['Bio conservation', 'mean', ...embeddings.map(({ result }) => valueText(result.aggregates.bio.value))],
    ['Total', 'mean', ...embeddings.map(({ result }) => valueText(result.aggregates.total))],
  ];
  return rows.map((row) => `${row.join('\t')}\n`).join('');
}
