import { CfgenError, type Problem } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { unknownEmbedding, type Embedding, type Embeddings } from '../anndata/embeddings';
import type { Column, ColumnValues, DataFrame } from '../frames/column';
import { uniqueNames } from '../frames/unique-names';
import { adviseOnValues, describeValues } from '../matrix/judge-values';
import type { StoredMatrix } from '../matrix/stored-matrix';
import { ValueFindings, largestCount, type Place } from '../matrix/value-findings';
import type { WorkingRoom } from '../temporary/working-room';
import { contentHash } from './content-hash';
import { invalidText, readLabel, requireColumn, type Label, type LabelOptions } from './label';
import { featureGroups, type FeatureGroup } from './feature-groups';
import { scanBlocks, type Scan } from './scan';

export type DatasetFormat = 'h5ad' | 'zarr' | 'h5mu' | 'loom' | '10x-h5' | '10x-folder';

/** Consecutive rows of counts. */
export interface RowBlock {
  /** Cell of the first row. */
  readonly start: number;
  readonly rows: SparseRows;
}

/** Everything a format knows about a file once it is open. */
export interface DatasetParts {
  /** Path as the user gave it, and the short name for messages. */
  readonly path: string;
  readonly name: string;
  readonly format: DatasetFormat;
  /** The format in words, with its generation. */
  readonly formatDetail: string;
  readonly bytes: number;
  /** Files whose content is the data set's identity, in order. */
  readonly files: readonly string[];
  readonly obs: DataFrame;
  readonly var: DataFrame;
  readonly matrix: StoredMatrix;
  /** Where the counts are, in AnnData's terms. */
  readonly countsAt: string;
  readonly problems: readonly Problem[];
  /** A pass over all rows, when opening needed one anyway. */
  readonly scan?: Scan;
  /** The one modality that is read (`rna`, `atac`), where that is known. */
  readonly modality?: string;
  /** Coordinates of the cells, where the format has such. */
  readonly embeddings?: Embeddings;
  readonly room: WorkingRoom;
  close(): void;
}

/** Rows read at once when the caller does not say: enough to be quick, small beside the model that is being trained. */
const usualBlockBytes = 1 << 28;

/**
 * Cells x features counts with their names and annotations, whatever file they came from.
 * Nothing proportional to the number of counts is held; rows are read when asked for and checked to be counts on the way.
 * Close it when done: that removes temporary files.
 */
export class Dataset {
  readonly path: string;
  readonly name: string;
  readonly format: DatasetFormat;
  readonly formatDetail: string;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly cells: number;
  readonly features: number;
  /** Where in the file the counts are: `X`, `layers/counts`, `raw/X`. */
  readonly countsAt: string;
  /** The one modality that is read (`rna`, `atac`); undefined where the file does not say or several are read as one matrix. */
  readonly modality: string | undefined;
  /** Entries the file stores, an upper bound of the counts that are not zero. */
  readonly storedEntries: number;
  /** Names of the cells, unique. */
  readonly obsNames: readonly string[];
  /** Names of the features, unique. */
  readonly varNames: readonly string[];
  readonly #parts: DatasetParts;
  readonly #problems: Problem[];
  #scan: Scan | undefined;
  #closed = false;

  constructor(parts: DatasetParts) {
    const { matrix, obs } = parts;
    this.path = parts.path;
    this.name = parts.name;
    this.format = parts.format;
    this.formatDetail = parts.formatDetail;
    this.bytes = parts.bytes;
    this.cells = matrix.rows;
    this.features = matrix.columns;
    this.countsAt = parts.countsAt;
    this.modality = parts.modality;
    this.storedEntries = matrix.storedEntries;
    this.#parts = parts;
    this.#problems = [...parts.problems];
    this.obsNames = this.#unique(obs, 'cell');
    this.varNames = this.#unique(parts.var, 'feature');
    if (parts.scan) this.#keep(parts.scan);
  }

  /** What the user has to be told so far; grows as more of the file is read. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Columns of obs, in the file's order. */
  get obsColumns(): readonly Column[] {
    return this.#parts.obs.columns;
  }

  /** Columns of var (of raw/var when the counts are in raw/X). */
  get varColumns(): readonly Column[] {
    return this.#parts.var.columns;
  }

  /** Features by type: one group, or several for a file that holds more than gene expression. */
  get featureGroups(): readonly FeatureGroup[] {
    return featureGroups(this.#parts.var, this.modality);
  }

  /** Rows `start .. end` (exclusive). Throws `INPUT_NOT_COUNTS` at the first value that is no count. */
  readRows(start: number, end: number): SparseRows {
    this.#requireOpen();
    if (!(start >= 0 && start <= end && end <= this.cells)) {
      throw new CfgenError('REQUEST_INVALID', `rows ${start} to ${end} of ${this.cells} cells`);
    }
    const rows = this.#parts.matrix.readRows(start, end);
    if (this.#scan === undefined) this.#requireCounts(rows, start);
    return rows;
  }

  /** All rows in order, in blocks that take about `memory` bytes while they are read. */
  *rowBlocks(options: { readonly memory?: number } = {}): Generator<RowBlock> {
    for (const [start, end] of this.#ranges(options.memory)) yield { start, rows: this.readRows(start, end) };
  }

  /**
   * Sums over cells and features in one pass; done once, then remembered.
   * Throws `INPUT_NOT_COUNTS` (saying what the values are instead) or `INPUT_EMPTY` (no count at all).
   * `onRows` is called after each block with the rows read so far.
   */
  scan(options: { readonly memory?: number; readonly onRows?: (rows: number) => void } = {}): Scan {
    if (this.#scan) return this.#scan;
    this.#requireOpen();
    const { scan, findings } = scanBlocks(this.cells, this.features, noting(this.#rawBlocks(options.memory), options.onRows));
    if (!findings.areCounts) throw this.#notCounts(findings);
    this.#keep(scan);
    return scan;
  }

  /** An obs column as labels. See {@link readLabel} for what is refused. */
  label(column: string, options: LabelOptions = {}): Label {
    const label = this.checkLabel(column, options);
    for (const problem of label.problems) this.#tell(problem);
    return label;
  }

  /** As {@link label}, without adding to {@link problems}: to find out whether a column could be used. */
  checkLabel(column: string, options: LabelOptions = {}): Label {
    this.#requireOpen();
    return readLabel(this.name, this.#parts.obs, column, options);
  }

  /** Values of an obs column as the file holds them. */
  column(name: string): ColumnValues {
    this.#requireOpen();
    const values = requireColumn(this.name, this.#parts.obs, name).read();
    if ('invalidText' in values && values.invalidText > 0) this.#tell(invalidText(`obs column ${name}`, { column: name }));
    return values;
  }

  /** A numeric or boolean obs column; NaN where the file has no value. */
  numbers(column: string): Float64Array {
    const values = this.column(column);
    if (values.kind === 'categorical' && values.numbers) {
      const { numbers } = values;
      return Float64Array.from(values.codes, (code) => (code < 0 ? NaN : numbers[code]));
    }
    if (values.kind === 'categorical' || values.kind === 'string') {
      throw new CfgenError('LABEL_UNUSABLE', `${this.name}: obs column ${column} holds text, numbers are needed`, {
        hint: 'choose a numeric column',
      });
    }
    return values.values.map((value, i) => (values.missing !== undefined && values.missing[i] !== 0 ? NaN : value));
  }

  /** Names of the entries of obsm; none in a format without them. */
  get obsmNames(): readonly string[] {
    return this.#parts.embeddings?.names ?? [];
  }

  /** Coordinates of the cells by their name in obsm, such as `X_pca`. */
  async embedding(name: string): Promise<Embedding> {
    this.#requireOpen();
    if (this.#parts.embeddings === undefined) throw unknownEmbedding(this.name, name, []);
    return this.#parts.embeddings.read(name);
  }

  /** SHA-256 of the file as it lies on disk (of all files for a folder), hexadecimal: the identity of this version of the data. */
  contentHash(): Promise<string> {
    return contentHash(this.#parts.files);
  }

  /** Where temporary files of work on this data set go. */
  get room(): WorkingRoom {
    return this.#parts.room;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.matrix.close();
    this.#parts.close();
  }

  *#ranges(memory = Math.min(this.#parts.room.memory / 4, usualBlockBytes)): Generator<[number, number]> {
    for (let start = 0; start < this.cells;) {
      const end = this.#parts.matrix.blockEnd(start, Math.min(memory, usualBlockBytes));
      yield [start, end];
      start = end;
    }
  }

  *#rawBlocks(memory?: number): Generator<RowBlock> {
    for (const [start, end] of this.#ranges(memory)) yield { start, rows: this.#parts.matrix.readRows(start, end) };
  }

  #requireCounts(rows: SparseRows, start: number): void {
    const { values } = rows;
    const entries = rows.indptr[rows.rows];
    for (let entry = 0; entry < entries; entry++) {
      const value = values[entry];
      if (value > 0 && value < largestCount && value === Math.floor(value)) continue;
      const findings = new ValueFindings();
      findings.add(rows, start);
      throw this.#notCounts(findings);
    }
  }

  #notCounts(findings: ValueFindings): CfgenError {
    return notCounts(this.name, this.countsAt, findings, (place) => this.#place(place));
  }

  #place({ row, column }: Place): string {
    return `cell ${this.obsNames[row]}, ${this.modality === 'atac' ? 'peak' : 'gene'} ${this.varNames[column]}`;
  }

  #keep(scan: Scan): void {
    if (scan.nonzeros === 0) {
      const what = this.modality === undefined ? `the matrix ${this.countsAt}` : `modality ${this.modality} (${this.countsAt})`;
      throw new CfgenError('INPUT_EMPTY', `${this.name}: ${what} has no counts`, {
        hint: 'give a file with counts',
        details: { file: this.name },
      });
    }
    this.#scan = scan;
    if (scan.max === 1 && this.features > 1 && this.modality !== 'atac') {
      this.#tell({
        severity: 'warning',
        code: 'values-binary',
        message: `${this.countsAt} holds only 0 and 1: already binarised? RNA counts are larger`,
        hint: 'for chromatin accessibility this is right; for RNA give the raw counts',
      });
    }
    const empty = scan.cellTotals.reduce((sum, total) => sum + (total === 0 ? 1 : 0), 0);
    if (empty > 0) {
      this.#tell({
        severity: 'warning',
        code: 'empty-cells',
        message: `${empty.toLocaleString('en-US')} of ${this.cells.toLocaleString('en-US')} cells have no ${this.modality === 'atac' ? 'ATAC ' : ''}counts`,
        hint: 'they are read as rows without entries; filter them out first if they are no cells',
        details: { cells: empty },
      });
    }
  }

  #unique(frame: DataFrame, thing: 'cell' | 'feature'): readonly string[] {
    if (frame.invalidNames > 0) this.#tell(invalidText(`the names in ${frame.where}`, { names: frame.invalidNames }));
    const { names, changed, example } = uniqueNames(frame.names);
    if (changed > 0) {
      this.#tell({
        severity: 'warning',
        code: `duplicate-${thing}-names`,
        message: `${changed.toLocaleString('en-US')} ${thing} ${changed === 1 ? 'name occurs' : 'names occur'} more than once (such as ${example}): made unique with -1, -2, ...`,
        details: { names: changed, example: example ?? null },
      });
    }
    return names;
  }

  #tell(problem: Problem): void {
    if (!this.#problems.some(({ message }) => message === problem.message)) this.#problems.push(problem);
  }

  #requireOpen(): void {
    if (this.#closed) throw new CfgenError('INTERNAL', `${this.name} was closed already`);
  }
}

/** The same blocks; tells the rows that were read when the next is asked for. */
function* noting(blocks: Iterable<RowBlock>, onRows?: (rows: number) => void): Generator<RowBlock> {
  for (const block of blocks) {
    yield block;
    onRows?.(block.start + block.rows.rows);
  }
}

/** The refusal of a matrix that holds something else than counts. */
export function notCounts(file: string, where: string, findings: ValueFindings, name: (place: Place) => string): CfgenError {
  return new CfgenError('INPUT_NOT_COUNTS', `${file}: ${describeValues(findings, where, name)}`, {
    hint: adviseOnValues(findings),
    details: { file, where, min: findings.min, max: findings.max },
  });
}

/** Refuses a data set too small to train on (`INPUT_TOO_FEW_CELLS`); everything else may go on with it. */
export function requireTrainable(dataset: { readonly name: string; readonly cells: number }, atLeast = 2): void {
  if (dataset.cells >= atLeast) return;
  throw new CfgenError('INPUT_TOO_FEW_CELLS', `${dataset.name}: training needs more cells (has ${dataset.cells}, at least ${atLeast})`, {
    hint: 'give a larger data set',
    details: { file: dataset.name, cells: dataset.cells },
  });
}
