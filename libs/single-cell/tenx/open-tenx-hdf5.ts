import { CfgenError } from '@cfgen/contracts';
import type { OpenedFrom } from '../anndata/open-anndata';
import { readStrings } from '../anndata/read-strings';
import { notCounts, type DatasetParts } from '../dataset/dataset';
import { judgeMatrix } from '../dataset/judge-matrix';
import { namesOnly, textColumn, type DataFrame } from '../frames/column';
import type { Hdf5File } from '../hdf5/hdf5-file';
import { compressedParts } from '../matrix/compressed-parts';
import { CsrMatrix } from '../matrix/csr-matrix';
import type { WorkingRoom } from '../temporary/working-room';

/**
 * Group of the matrix in a file of Cell Ranger: `matrix` (version 3 and later), or one named after the genome (version 2).
 * https://www.10xgenomics.com/support/software/cell-ranger/latest/analysis/outputs/cr-outputs-h5-matrices
 */
function matrixGroup(file: Hdf5File): string | undefined {
  const isMatrix = (name: string): boolean =>
    file.kind(name) === 'group' &&
    ['barcodes', 'data', 'indices', 'indptr'].filter((part) => file.members(name).includes(part)).length >= 2;
  const members = file.members('');
  if (members.includes('matrix') && isMatrix('matrix')) return 'matrix';
  const genomes = members.filter((name) => isMatrix(name) && file.members(name).includes('genes'));
  return genomes.length === 1 ? genomes[0] : undefined;
}

export function isTenxHdf5(file: Hdf5File): boolean {
  return matrixGroup(file) !== undefined;
}

/** The features of a 10x `.h5` file. */
export function tenxFeatures(file: Hdf5File): DataFrame {
  const group = matrixGroup(file) ?? 'matrix';
  return file.kind(`${group}/features`) === 'group' ? readFeatures(file, `${group}/features`) : readGenes(file, group);
}

/** What a 10x `.h5` file holds. It stores features x barcodes by columns, which is cells x features by rows. */
export function openTenxHdf5(file: Hdf5File, source: OpenedFrom, room: WorkingRoom): DatasetParts {
  const group = matrixGroup(file) ?? 'matrix';
  const shape = file.readNumbers(file.array(`${group}/shape`), [0], [2]);
  const barcodes = readStrings(file, file.array(`${group}/barcodes`));
  const features = tenxFeatures(file);
  if (shape[1] !== barcodes.values.length)
    throw file.damaged(`${group} has ${count(shape[1])} columns but ${count(barcodes.values.length)} barcodes`);
  if (shape[0] !== features.length) throw file.damaged(`${group} has ${count(shape[0])} rows but ${count(features.length)} features`);
  if (barcodes.values.length === 0 || features.length === 0) {
    throw new CfgenError('INPUT_EMPTY', `${file.name} has no ${features.length === 0 ? 'genes' : 'cells'}`, {
      details: { file: file.name },
    });
  }
  const matrix = new CsrMatrix(file, compressedParts(file, group, group, [shape[1], shape[0]], 'csr'));
  const { findings, scan } = judgeMatrix(matrix);
  if (!findings.areCounts) {
    throw notCounts(file.name, group, findings, ({ row, column }) => `cell ${barcodes.values[row]}, gene ${features.names[column]}`);
  }
  return {
    path: source.path,
    name: source.name,
    format: '10x-h5',
    formatDetail: group === 'matrix' ? '10x HDF5 (Cell Ranger 3 or later)' : '10x HDF5 (Cell Ranger 2)',
    bytes: source.bytes,
    files: [source.file],
    obs: { ...namesOnly('barcodes', barcodes.values), invalidNames: barcodes.invalid },
    var: features,
    matrix,
    countsAt: 'X',
    problems: [],
    ...(scan ? { scan } : {}),
    room,
    close: source.close,
  };
}

/** Members of `features` that AnnData calls by another name; all others keep theirs (`genome`, `interval`, ...). */
const columnNames: Readonly<Record<string, string>> = { id: 'gene_ids', feature_type: 'feature_types' };

function readFeatures(file: Hdf5File, path: string): DataFrame {
  const names = readStrings(file, file.array(`${path}/name`));
  const others = file.members(path).filter((member) => member !== 'name' && !(member in columnNames) && !member.startsWith('_'));
  return {
    ...namesOnly('features', names.values),
    invalidNames: names.invalid,
    columns: [...Object.keys(columnNames), ...others].flatMap((member) => {
      if (file.kind(`${path}/${member}`) !== 'array') return [];
      const array = file.array(`${path}/${member}`);
      if (array.kind !== 'string') return [];
      const { values } = readStrings(file, array);
      if (values.length !== names.values.length) {
        throw file.damaged(`${path}/${member} has ${count(values.length)} values for ${count(names.values.length)} features`);
      }
      return [textColumn(columnNames[member] ?? member, values)];
    }),
  };
}

function readGenes(file: Hdf5File, group: string): DataFrame {
  const ids = readStrings(file, file.array(`${group}/genes`)).values;
  const names = readStrings(file, file.array(`${group}/gene_names`));
  if (ids.length !== names.values.length)
    throw file.damaged(`${group} has ${count(ids.length)} genes but ${count(names.values.length)} gene names`);
  return { ...namesOnly('genes', names.values), invalidNames: names.invalid, columns: [textColumn('gene_ids', ids)] };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
