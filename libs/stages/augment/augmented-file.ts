import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription } from '@cfgen/model';
import { createH5adWriter, type AnnDataWriter, type H5adColumn, type H5adTable, type UnsValue } from '@cfgen/single-cell';
import type { ModelCells } from '../data/model-cells';
import type { GeneratedCells } from '../generate/generated-file';
import { featureTable } from '../generate/generated-tables';
import { labelColumn, lengthenedColumn } from './real-columns';

export interface AugmentedFileOptions {
  /** Generated cells that will be appended. */
  readonly generated: number;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  /** Threads to compress with; never changes a byte. */
  readonly threads?: number;
  readonly overwrite: boolean;
}

/** obs column that tells real cells from generated ones, and its values. */
export const sourceColumn = 'cfgen_source';
export const sources = ['real', 'generated'] as const;

/** Real cells copied at once. */
const blockCells = 1024;

/**
 * The AnnData file of an augmentation: the real cells with all their obs columns, then the generated ones, over the genes of the model.
 * Chunks come in order; their sizes do not show in the bytes.
 */
export class AugmentedFile {
  private readonly writer: AnnDataWriter;
  private readonly codes: readonly Int32Array[];

  /** @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, cells that were augmented before) */
  constructor(
    path: string,
    private readonly description: ModelDescription,
    private readonly real: ModelCells,
    private readonly options: AugmentedFileOptions,
  ) {
    requireUnaugmented(real);
    const { generated, ...writing } = options;
    this.codes = description.attributes.map(() => new Int32Array(generated));
    this.writer = createH5adWriter(path, { ...writing, features: featureTable(description.features), layout: 'sparse' });
  }

  /** Copies the real cells. Call it once, before anything is appended. */
  async appendReal(beforeBlock: (cell: number) => void = () => undefined): Promise<void> {
    const { counts } = this.real;
    for (let start = 0; start < counts.rows; start += blockCells) {
      beforeBlock(start);
      const rows = Uint32Array.from({ length: Math.min(blockCells, counts.rows - start) }, (_, i) => start + i);
      await this.writer.append(counts.gather(rows));
    }
  }

  async append({ conditions, counts }: Pick<GeneratedCells, 'conditions' | 'counts'>): Promise<void> {
    if (counts === undefined) throw new CfgenError('INTERNAL', 'cells were decoded to nothing');
    await this.writer.append(counts);
    this.codes.forEach((column, k) => column.set(conditions.codes[k] ?? [], conditions.start));
  }

  /** Gives the file its name. */
  async finish(provenance: UnsValue): Promise<void> {
    await this.writer.finish({ obs: this.obs(), uns: { cfgen: provenance } });
  }

  /** Removes what was written; nothing happens after `finish`. */
  abort(): Promise<void> {
    return this.writer.abort();
  }

  private obs(): H5adTable {
    const { dataset, rows } = this.real;
    const { generated } = this.options;
    const columns: Record<string, H5adColumn> = {};
    for (const column of dataset.obsColumns) {
      const kept = lengthenedColumn(column, { real: rows, generated });
      if (kept !== undefined) columns[column.name] = kept;
    }
    this.description.attributes.forEach(({ name, categories }, k) => {
      const own = dataset.obsColumns.some((column) => column.name === name) ? dataset.label(name, { missing: 'keep' }) : undefined;
      const real = Array.from(rows, (row) => own?.categories[own.codes[row] ?? -1]);
      const drawn = Array.from(this.codes[k] ?? [], (code) => categories[code] ?? '');
      columns[name] = labelColumn(real, drawn, categories);
    });
    const source = new Int32Array(rows.length + generated).fill(1);
    source.fill(0, 0, rows.length);
    columns[sourceColumn] = { kind: 'categorical', codes: source, categories: sources };
    return { names: [...Array.from(rows, (row) => dataset.obsNames[row] ?? ''), ...newNames(dataset.obsNames, generated)], columns };
  }
}

/** Names that no real cell has. */
function newNames(taken: readonly string[], cells: number): string[] {
  const known = new Set(taken);
  let prefix = 'synthetic_';
  while (known.has(`${prefix}0`) || taken.some((name) => name.startsWith(prefix))) prefix = `cfgen_${prefix}`;
  return Array.from({ length: cells }, (_, i) => `${prefix}${i}`);
}

function requireUnaugmented({ dataset }: ModelCells): void {
  if (!dataset.obsColumns.some(({ name }) => name === sourceColumn)) return;
  throw new CfgenError('REQUEST_INVALID', `${dataset.name} has an obs column ${sourceColumn}: it was augmented before`, {
    hint: 'Give the file of real cells alone; generated cells must not be taken for real ones.',
    details: { file: dataset.name, column: sourceColumn },
  });
}
