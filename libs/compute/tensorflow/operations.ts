/**
 * The part of TensorFlow.js that the engine uses, as its packages offer it: none of them need be installed to build this program.
 */

/** An array on the device: never changes, lives until disposed of. */
export interface Value {
  readonly shape: number[];
  readonly dtype: string;
  data(): Promise<Float32Array | Int32Array | Uint8Array>;
  dispose(): void;
}

type Unary = (x: Value) => Value;
type Binary = (a: Value, b: Value) => Value;
type Reduction = (x: Value, axis?: number, keepDims?: boolean) => Value;
type Numbers = Float32Array | Int32Array | Uint8Array;

/** Operations of `@tensorflow/tfjs-core`; shapes broadcast as in NumPy. */
export interface Operations {
  // Making and shaping
  tensor(values: Numbers, shape: number[], dtype: 'float32' | 'int32' | 'bool'): Value;
  scalar(value: number): Value;
  zeros(shape: number[]): Value;
  reshape(x: Value, shape: number[]): Value;
  slice(x: Value, begin: number[], size: number[]): Value;
  concat(parts: Value[], axis: number): Value;
  stack(parts: Value[], axis: number): Value;
  clone: Unary;
  gather(x: Value, indices: Value): Value;
  scatterND(indices: Value, updates: Value, shape: number[]): Value;
  where(condition: Value, a: Value, b: Value): Value;

  // Arithmetic
  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  minimum: Binary;
  maximum: Binary;
  greaterEqual: Binary;
  less: Binary;
  matMul(a: Value, b: Value, transposeA?: boolean, transposeB?: boolean): Value;
  neg: Unary;
  abs: Unary;
  relu: Unary;
  exp: Unary;
  log: Unary;
  log1p: Unary;
  expm1: Unary;
  elu: Unary;
  sqrt: Unary;
  square: Unary;
  reciprocal: Unary;
  round: Unary;
  sin: Unary;
  cos: Unary;
  sum: Reduction;
  mean: Reduction;
  max: Reduction;

  // Memory and backends
  tidy<T>(compute: () => T): T;
  keep(x: Value): Value;
  memory(): { numTensors: number };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  backend(): unknown;
}
