/** Cells and genes of a synthetic atlas. */
export interface AtlasSize {
  readonly cells: number;
  readonly genes: number;
}

export type AtlasFormat = 'h5ad' | 'zarr';

/** One measurement; each runs in a process of its own. */
export type Task =
  | ({ readonly kind: 'train'; readonly format: AtlasFormat; readonly engine: string; readonly threads: number } & AtlasSize)
  | ({ readonly kind: 'read'; readonly format: AtlasFormat } & AtlasSize)
  | {
      readonly kind: 'generate';
      readonly format: AtlasFormat;
      readonly engine: string;
      readonly threads: number;
      readonly cells: number;
      readonly genes: number;
    }
  | { readonly kind: 'limits'; readonly limit: 'entries' | 'bytes' };

export type TaskKind = Task['kind'];

export interface PlanOptions {
  /** Sizes of atlases at the largest number of genes. */
  readonly cells: readonly number[];
  /** Numbers of genes at `middleCells`. */
  readonly genes: readonly number[];
  /** Numbers of threads at `middleCells` and the largest number of genes; all else runs with the largest. */
  readonly threads: readonly number[];
  readonly engines: readonly string[];
  /** Numbers of cells that are generated, by the first engine. */
  readonly generate: readonly number[];
  readonly kinds: readonly TaskKind[];
}

/** Where genes and threads are varied: the third size, or the last of fewer. */
export function middleCells({ cells }: Pick<PlanOptions, 'cells'>): number {
  return cells[Math.min(2, cells.length - 1)] ?? 0;
}

/** All measurements, those of one atlas together and small ones first; each once. */
export function planTasks(options: PlanOptions): Task[] {
  const { engines, kinds, generate } = options;
  const [mostGenes, mostThreads, mostCells] = [Math.max(...options.genes), Math.max(...options.threads), Math.max(...options.cells)];
  const middle = middleCells(options);
  const tasks: Task[] = [];
  const train = (cells: number, genes: number, threads: number, format: AtlasFormat = 'h5ad'): void => {
    for (const engine of format === 'h5ad' ? engines : engines.slice(0, 1))
      tasks.push({ kind: 'train', format, engine, threads, cells, genes });
  };
  for (const genes of options.genes) if (genes !== mostGenes) train(middle, genes, mostThreads);
  for (const cells of options.cells) {
    train(cells, mostGenes, mostThreads);
    if (cells === middle) for (const threads of options.threads) if (threads !== mostThreads) train(cells, mostGenes, threads);
  }
  // Shards: the same cells from a sharded store.
  train(mostCells, mostGenes, mostThreads, 'zarr');
  for (const format of ['h5ad', 'zarr'] as const) tasks.push({ kind: 'read', format, cells: mostCells, genes: mostGenes });
  const [engine] = engines;
  if (engine !== undefined) {
    for (const format of ['h5ad', 'zarr'] as const)
      for (const cells of generate) tasks.push({ kind: 'generate', format, engine, threads: mostThreads, cells, genes: mostGenes });
  }
  for (const limit of ['entries', 'bytes'] as const) tasks.push({ kind: 'limits', limit });
  return tasks.filter(({ kind }) => kinds.includes(kind));
}

/** A name of a measurement that tells it from all others; also that of the file with its answer. */
export function nameOf(task: Task): string {
  if (task.kind === 'limits') return `limits-${task.limit}`;
  const size = `${task.cells}x${task.genes}-${task.format}`;
  return task.kind === 'read' ? `read-${size}` : `${task.kind}-${size}-${task.engine}-${task.threads}`;
}

/** The file that a measurement reads; none for those that make their own. */
export function atlasOf(task: Task): { readonly name: string; readonly size: AtlasSize } | undefined {
  if (task.kind !== 'train' && task.kind !== 'read') return undefined;
  return { name: `atlas-${task.cells}x${task.genes}.${task.format}`, size: { cells: task.cells, genes: task.genes } };
}
