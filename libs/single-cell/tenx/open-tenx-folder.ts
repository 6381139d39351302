import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { notCounts, type DatasetParts } from '../dataset/dataset';
import { judgeMatrix } from '../dataset/judge-matrix';
import { namesOnly, textColumn, type Column, type DataFrame } from '../frames/column';
import { RowStore } from '../matrix/row-store';
import type { StoredMatrix } from '../matrix/stored-matrix';
import type { WorkingRoom } from '../temporary/working-room';
import { EntrySpool } from './entry-spool';
import { readMatrixMarket } from './matrix-market';
import { readTable } from './text-lines';

/** Barcodes or features at most: bounds what a damaged text file can fill. */
const mostNames = 1 << 28;

/** Rows of a Matrix Market file, put in order when it was read. */
class MarketMatrix implements StoredMatrix {
  readonly where = 'matrix.mtx';
  readonly layout = 'csc';
  readonly rows: number;
  readonly columns: number;
  readonly storedEntries: number;
  readonly #store: RowStore;

  constructor(store: RowStore, rows: number, columns: number, entries: number) {
    this.#store = store;
    this.rows = rows;
    this.columns = columns;
    this.storedEntries = entries;
  }

  readRows(start: number, end: number): SparseRows {
    return this.#store.readRows(start, end);
  }
  blockEnd(start: number, memory: number): number {
    return this.#store.blockEnd(start, memory);
  }
  close(): void {
    this.#store.close();
  }
}

/**
 * A folder of Cell Ranger (or a tool that writes the same): `matrix.mtx`, `barcodes.tsv`, `features.tsv` (version 3) or `genes.tsv` (version 2),
 * gzip or plain, names possibly with one common prefix. The matrix is read once as a stream.
 */
export async function openTenxFolder(path: string, room: WorkingRoom): Promise<DatasetParts> {
  const folder = basename(path);
  const files = {
    matrix: findFile(path, ['matrix.mtx'], 'matrix.mtx'),
    barcodes: findFile(path, ['barcodes.tsv'], 'barcodes.tsv'),
    features: featuresFile(path),
  };
  const barcodes = (await readTable(files.barcodes, mostNames)).map(([barcode]) => barcode ?? '');
  const features = readFeatures(await readTable(files.features, mostNames), files.features);
  const matrix = await readMatrix(files, barcodes.length, features.length, room);
  const name = ({ row, column }: { row: number; column: number }): string => `cell ${barcodes[row]}, gene ${features.names[column]}`;
  const { findings, scan } = judgeMatrix(matrix);
  if (!findings.areCounts) {
    matrix.close();
    throw notCounts(folder, 'matrix.mtx', findings, name);
  }
  const paths = [files.matrix, files.barcodes, files.features];
  return {
    path,
    name: folder,
    format: '10x-folder',
    formatDetail: basename(files.features).includes('genes.tsv') ? '10x folder (Cell Ranger 2)' : '10x folder (Cell Ranger 3 or later)',
    bytes: paths.reduce((sum, file) => sum + statSync(file).size, 0),
    files: paths,
    obs: namesOnly('barcodes', barcodes),
    var: features,
    matrix,
    countsAt: 'X',
    problems: [],
    ...(scan ? { scan } : {}),
    room,
    close: () => undefined,
  };
}

/** The features of such a folder. */
export async function tenxFolderFeatures(path: string): Promise<DataFrame> {
  const file = featuresFile(path);
  return readFeatures(await readTable(file, mostNames), file);
}

function featuresFile(path: string): string {
  return findFile(path, ['features.tsv', 'genes.tsv'], 'features.tsv.gz (or genes.tsv)');
}

function findFile(folder: string, endings: readonly string[], called: string): string {
  const members = readdirSync(folder);
  const wanted = endings.flatMap((ending) => [ending, `${ending}.gz`]);
  const exact = wanted.find((name) => members.includes(name));
  if (exact !== undefined) return join(folder, exact);
  const prefixed = members.filter((member) => wanted.some((name) => member.endsWith(`_${name}`) || member.endsWith(`.${name}`)));
  if (prefixed.length === 1 && prefixed[0] !== undefined) return join(folder, prefixed[0]);
  const folderName = basename(folder);
  if (prefixed.length > 1) {
    throw new CfgenError('INPUT_FORMAT', `${folderName} holds several files for ${called}: ${prefixed.join(', ')}`, {
      hint: 'give a folder with one sample',
      details: { file: folderName },
    });
  }
  throw new CfgenError('INPUT_INCOMPLETE', `${folderName} is incomplete: ${called} is missing`, {
    hint: 'copy the whole folder: matrix.mtx, barcodes.tsv, features.tsv',
    details: { file: folderName, found: members },
  });
}

/** Columns of features.tsv: identifier, name, type, and for multiome chromosome, start, end; of genes.tsv: identifier, name. */
function readFeatures(rows: readonly string[][], path: string): DataFrame {
  const column = (name: string, value: (row: readonly string[]) => string | undefined): Column =>
    textColumn(
      name,
      rows.map((row) => value(row) ?? ''),
    );
  const wide = (fields: number): boolean => rows.length > 0 && rows.every((row) => row.length >= fields);
  return {
    ...namesOnly(
      basename(path),
      rows.map(([id, name]) => name ?? id ?? ''),
    ),
    columns: [
      column('gene_ids', ([id]) => id),
      ...(wide(3) ? [column('feature_types', (row) => row[2])] : []),
      ...(wide(6) ? [column('interval', ([, , , chromosome, start, end]) => (chromosome ? `${chromosome}:${start}-${end}` : ''))] : []),
    ],
  };
}

async function readMatrix(
  files: { readonly matrix: string; readonly barcodes: string; readonly features: string },
  cells: number,
  features: number,
  room: WorkingRoom,
): Promise<StoredMatrix> {
  const name = basename(files.matrix);
  const perCell = new Uint32Array(cells);
  const spool = new EntrySpool(room);
  try {
    await readMatrixMarket(files.matrix, {
      size: (size) => {
        requireLines(files.barcodes, cells, size.columns, 'columns', name);
        requireLines(files.features, features, size.rows, 'rows', name);
        if (cells === 0 || features === 0) throw new CfgenError('INPUT_EMPTY', `${name} has no ${cells === 0 ? 'cells' : 'genes'}`);
      },
      entry: (row, column, value) => {
        perCell[column]++;
        spool.add(column, row, value);
      },
    });
    return new MarketMatrix(new RowStore(perCell, features, spool.batches(), room), cells, features, spool.length);
  } finally {
    spool.close();
  }
}

function requireLines(path: string, lines: number, extent: number, axis: string, matrix: string): void {
  if (lines === extent) return;
  const file = basename(path);
  throw new CfgenError(
    'INPUT_DAMAGED',
    `${file} has ${lines.toLocaleString('en-US')} lines, the matrix ${extent.toLocaleString('en-US')} ${axis}`,
    {
      hint: `${file} and ${matrix} do not belong together: copy the folder again`,
      details: { file, lines, extent },
    },
  );
}
