import { CfgenError } from '@cfgen/contracts';
import type { ArrayFile } from '../array-file/array-file';
import { compressedParts, requireNumbers } from '../matrix/compressed-parts';
import { CsrMatrix } from '../matrix/csr-matrix';
import { CscMatrix } from '../matrix/csc-matrix';
import { DenseMatrix } from '../matrix/dense-matrix';
import type { StoredMatrix } from '../matrix/stored-matrix';
import type { WorkingRoom } from '../temporary/working-room';

/** What the rows and columns of a matrix must agree with. */
export interface MatrixFrame {
  readonly cells: number;
  readonly genes: number;
  /** How messages call the frames: `obs`, `var`. */
  readonly obs: string;
  readonly var: string;
}

/**
 * A matrix of an AnnData file: CSR or CSC group or dense dataset. Shapes are compared with obs and var before anything is read or allocated.
 * @param path where it lies in the file
 * @param where how users call it
 */
export function openMatrix(file: ArrayFile, path: string, where: string, frame: MatrixFrame, room: WorkingRoom): StoredMatrix {
  if (file.kind(path) === 'array') {
    const array = file.array(path);
    requireNumbers(file, array, where, where);
    if (array.shape.length !== 2) throw file.damaged(`${where} has ${array.shape.length} dimensions instead of 2`);
    checkShape(file, where, [array.shape[0], array.shape[1]], frame);
    return new DenseMatrix(file, array, where);
  }
  const layout = sparseLayout(file, path, where);
  const shape = file.attribute(path, 'shape') ?? file.attribute(path, 'h5sparse_shape');
  if (shape === undefined || typeof shape !== 'object' || shape.length !== 2) {
    throw new CfgenError('INPUT_INCOMPLETE', `${file.name}: ${where} is incomplete: its shape is missing`, {
      details: { file: file.name, part: where },
    });
  }
  const [rows, columns] = [Number(shape[0]), Number(shape[1])];
  checkShape(file, where, [rows, columns], frame);
  const parts = compressedParts(file, path, where, [rows, columns], layout);
  return layout === 'csr' ? new CsrMatrix(file, parts) : new CscMatrix(file, parts, room);
}

function sparseLayout(file: ArrayFile, path: string, where: string): 'csr' | 'csc' {
  const encoding = file.textAttribute(path, 'encoding-type');
  const format = file.textAttribute(path, 'h5sparse_format');
  if (encoding === 'csr_matrix' || (encoding === undefined && format === 'csr')) return 'csr';
  if (encoding === 'csc_matrix' || (encoding === undefined && format === 'csc')) return 'csc';
  const version = file.textAttribute(path, 'encoding-version');
  throw new CfgenError(
    'INPUT_UNSUPPORTED',
    `${file.name}: ${where} has ${encoding === undefined ? 'no encoding' : `the unknown encoding ${[encoding, version].join(' ').trim()}`}`,
    {
      hint: 'store the matrix as csr_matrix, csc_matrix or a dense array',
      details: { file: file.name, part: where, encoding: encoding ?? null },
    },
  );
}

function checkShape(file: ArrayFile, where: string, [rows, columns]: readonly [number, number], frame: MatrixFrame): void {
  if (rows !== frame.cells) throw file.damaged(`${where} has ${count(rows)} cells but ${frame.obs} describes ${count(frame.cells)}`);
  if (columns !== frame.genes) throw file.damaged(`${where} has ${count(columns)} genes but ${frame.var} describes ${count(frame.genes)}`);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
