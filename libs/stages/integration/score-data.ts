import { CfgenError } from '@cfgen/contracts';
import {
  minMaxScaled,
  scoreIntegration,
  unintegratedComponents,
  unintegratedEmbedding,
  type IntegrationResult,
  type IntegrationSettings,
} from '@cfgen/evaluation';
import { openCountSource, type Dataset } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import type { DataFile } from '../data/data-file';
import { openRna } from '../data/open-rna';
import { cellsToScore, labelsOf } from './cells-to-score';
import type { IntegrationReport, ScoredEmbedding } from './report';

/** The name that asks for principal components computed here, in the place of an entry of obsm. */
export const computedComponents = 'pca';

/** What to score. */
export interface IntegrationData {
  /** File with the cells, their labels and batches, and the embeddings in obsm. */
  readonly data: DataFile;
  readonly label: string;
  readonly batch: string;
  /** Entries of obsm, or `pca`: 50 principal components of the counts of the file. Several are compared. */
  readonly embeddings: readonly string[];
  /** The embedding before correction: an entry of obsm, or `pca`. */
  readonly before: string;
  /** Layer of the counts. */
  readonly layer?: string;
  /** Values by column whose cells are left out altogether. */
  readonly exclude?: Readonly<Record<string, readonly string[]>>;
  /** Labels that mean "not known": such cells count for the metrics that need no labels, and for no other. */
  readonly unlabelled?: readonly string[];
  /** Also stretch every metric over the embeddings compared. */
  readonly minMax?: boolean;
  readonly settings?: Partial<IntegrationSettings>;
}

type ScoringContext = Omit<StepContext, 'engine'>;

/** Scores how well the embeddings of a file mix its batches and keep its labels apart. */
export async function scoreData(request: IntegrationData, context: ScoringContext): Promise<IntegrationReport> {
  checkRequest(request);
  const dataset = await openRna(request.data, context, request.layer);
  try {
    const { rows, excluded } = cellsToScore(dataset, request, context.onProblem);
    const labels = labelsOf(dataset, request.label, rows, request.unlabelled ?? []);
    const batches = labelsOf(dataset, request.batch, rows, []);
    const embeddings = await readEmbeddings(dataset, rows, [...request.embeddings, request.before], context);
    const take = (name: string): StoredEmbedding => {
      const found = embeddings.get(name);
      if (found === undefined) throw new CfgenError('INTERNAL', `the embedding ${name} was not read`);
      return found;
    };
    const results: IntegrationResult[] = [];
    for (const [at, name] of request.embeddings.entries()) {
      const { values, dims } = take(name);
      const scored = await scoreIntegration(
        { embedding: values, cells: rows.length, dims, labels, batches, unintegrated: take(request.before) },
        {
          ...request.settings,
          unlabelled: (request.unlabelled ?? []).length > 0 ? 'batch-only' : 'refuse',
          ...(context.signal === undefined ? {} : { signal: context.signal }),
          onProgress: (part, share) =>
            context.onProgress?.({
              stage: `integration: ${name}, ${part}`,
              done: Math.round((100 * (at + share)) / request.embeddings.length),
              total: 100,
              unit: '%',
            }),
        },
      );
      results.push(scored);
    }
    for (const problem of dataset.problems) context.onProblem?.(problem);
    const scaled = request.minMax === true ? minMaxScaled(results) : null;
    return {
      format: 'cfgen-integration-report',
      formatVersion: 1,
      software: context.version,
      data: { name: dataset.name, cells: dataset.cells },
      label: request.label,
      batch: request.batch,
      before: request.before,
      excluded,
      unlabelled: request.unlabelled ?? [],
      embeddings: results.map((result, at): ScoredEmbedding => {
        return { name: request.embeddings[at] ?? '', result, scaled: scaled?.[at] ?? null };
      }),
    };
  } finally {
    dataset.close();
  }
}

interface StoredEmbedding {
  readonly values: Float64Array | Float32Array;
  readonly dims: number;
}

function checkRequest({ embeddings, label, batch }: IntegrationData): void {
  if (embeddings.length === 0)
    throw new CfgenError('REQUEST_INVALID', 'no embedding is given', { hint: 'Name an entry of obsm, or "pca".' });
  const twice = embeddings.find((name, at) => embeddings.indexOf(name) !== at);
  if (twice !== undefined) throw new CfgenError('REQUEST_INVALID', `the embedding ${twice} is given twice`);
  if (label === batch) {
    throw new CfgenError('REQUEST_INVALID', `${label} is both the label and the batch`, {
      hint: 'The label says what cells are, the batch where they come from.',
    });
  }
}

/** Each embedding asked for, the given cells of it. */
async function readEmbeddings(
  dataset: Dataset,
  rows: Uint32Array,
  names: readonly string[],
  context: ScoringContext,
): Promise<Map<string, StoredEmbedding>> {
  const found = new Map<string, StoredEmbedding>();
  for (const name of new Set(names)) {
    context.onProgress?.({ stage: `read: ${name}`, done: found.size, total: new Set(names).size, unit: 'embeddings' });
    if (name === computedComponents && !dataset.obsmNames.includes(name)) {
      const counts = openCountSource(dataset, { memory: context.memory / 2, cells: rows });
      try {
        found.set(name, unintegratedEmbedding(counts, unintegratedComponents));
      } finally {
        counts.close();
      }
      continue;
    }
    const { values, dims } = await dataset.embedding(name);
    const kept = new Float64Array(rows.length * dims);
    rows.forEach((row, at) => kept.set(values.subarray(row * dims, (row + 1) * dims), at * dims));
    found.set(name, { values: kept, dims });
  }
  return found;
}
