import { CfgenError } from '@cfgen/contracts';
import { bytesPerElement, elementsFromBytes, type DType, type TensorData } from '../schema/dtype';
import { elementCount, shapeProblem } from '../schema/tensor';

/** An array of a NumPy `.npy` file, row-major. */
export interface NpyArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** NumPy's names of little-endian element types; one-byte types have no byte order. */
const dtypeOfDescr: ReadonlyMap<string, DType> = new Map([
  ['<f8', 'F64'],
  ['<f4', 'F32'],
  ['<f2', 'F16'],
  ['<i8', 'I64'],
  ['<i4', 'I32'],
  ['<i2', 'I16'],
  ['|i1', 'I8'],
  ['<u8', 'U64'],
  ['<u4', 'U32'],
  ['<u2', 'U16'],
  ['|u1', 'U8'],
  ['|b1', 'BOOL'],
]);

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads a NumPy array file, format 1.0 or 2.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 * numbers and booleans, little-endian, C order. The array has memory of its own.
 * @throws CfgenError INPUT_DAMAGED for bytes that are not such a file, INPUT_UNSUPPORTED for other formats, types and orders.
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  if (bytes.byteLength < 10 || magic.some((byte, at) => bytes[at] !== byte)) throw damaged('does not start as a .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  if (major !== 1 && major !== 2) throw unsupported(`has format version ${major}.${view.getUint8(7)}`);
  const headerStart = major === 1 ? 10 : 12;
  if (bytes.byteLength < headerStart) throw damaged('ends within its header');
  const dataStart = headerStart + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > bytes.byteLength) throw damaged('ends within its header');
  const { dtype, shape } = parseNpyHeader(new TextDecoder('latin1').decode(bytes.subarray(headerStart, dataStart)));
  const expected = elementCount(shape) * bytesPerElement(dtype);
  if (bytes.byteLength - dataStart !== expected) {
    throw damaged(`holds ${bytes.byteLength - dataStart} bytes of data, but ${dtype} of shape [${shape.join(', ')}] takes ${expected}`);
  }
  return { dtype, shape, data: elementsFromBytes(dtype, bytes.subarray(dataStart)) };
}

function parseNpyHeader(header: string): { dtype: DType; shape: number[] } {
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const lengths = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (order === undefined || lengths === undefined) throw damaged('has a header without shape or order');
  const dtype = dtypeOfDescr.get(descr ?? '');
  if (dtype === undefined) throw unsupported(`has element type ${descr === undefined ? 'compound' : JSON.stringify(descr)}`);
  const shape = lengths
    .split(',')
    .map((length) => length.trim())
    .filter((length) => length !== '')
    .map(Number);
  const problem = shapeProblem(shape, dtype);
  if (problem !== undefined) throw damaged(`is not usable: ${problem}`);
  if (order === 'True' && shape.length > 1) throw unsupported('is in Fortran order');
  return { dtype, shape };
}

function damaged(problem: string): CfgenError {
  return new CfgenError('INPUT_DAMAGED', `The NumPy file ${problem}.`);
}

function unsupported(problem: string): CfgenError {
  return new CfgenError('INPUT_UNSUPPORTED', `The NumPy file ${problem}, which is not read here.`, {
    hint: 'Save numbers or booleans with numpy.save(path, numpy.ascontiguousarray(array)).',
  });
}
