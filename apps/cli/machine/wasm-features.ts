/** Extensions of WebAssembly that the compiled kernels use. */
export interface WasmFeatures {
  readonly simd: boolean;
  readonly threads: boolean;
  /** Fused multiply-add; the kernels do without where it is missing. */
  readonly relaxedSimd: boolean;
}

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** One type, () -> v128, and one function of it. */
const vectorFunction = [...section(1, [1, 0x60, 0, 1, 0x7b]), ...section(3, [1, 0])];
/** One type, () -> (), one function of it, and a shared memory of one page. */
const atomicFunction = [...section(1, [1, 0x60, 0, 0]), ...section(3, [1, 0]), ...section(5, [1, 3, 1, 1])];

const end = 0x0b;
const splat = (value: number): number[] => [0x41, value, 0xfd, 0x0f];

/** The smallest module that uses each feature: i8x16.popcnt, i32.atomic.load, i8x16.relaxed_swizzle. */
const probes: Readonly<Record<keyof WasmFeatures, readonly number[]>> = {
  simd: [...header, ...vectorFunction, ...body([...splat(0), 0xfd, 0x62])],
  threads: [...header, ...atomicFunction, ...body([0x41, 0, 0xfe, 0x10, 2, 0, 0x1a])],
  relaxedSimd: [...header, ...vectorFunction, ...body([...splat(1), ...splat(2), 0xfd, 0x80, 0x02])],
};

/** What this Node accepts; encodings after the WebAssembly core specification 3.0, https://webassembly.github.io/spec/core/. */
export function wasmFeatures(): WasmFeatures {
  const accepts = (bytes: readonly number[]): boolean => WebAssembly.validate(Uint8Array.from(bytes));
  return { simd: accepts(probes.simd), threads: accepts(probes.threads), relaxedSimd: accepts(probes.relaxedSimd) };
}

function section(id: number, content: readonly number[]): number[] {
  return [id, content.length, ...content];
}

/** A code section with one function without locals. */
function body(code: readonly number[]): number[] {
  return section(10, [1, code.length + 2, 0, ...code, end]);
}
