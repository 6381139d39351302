import { readFileSync } from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { CfgenError } from '@cfgen/contracts';
import { folderAbove } from '../compiled/folder-above';

/** The kernels, compiled for this machine. */
export interface KernelModule {
  readonly module: WebAssembly.Module;
  /** Whether products and sums are fused (relaxed SIMD). */
  readonly fused: boolean;
}

const relaxedFile = 'cfgen-relaxed.wasm';
const plainFile = 'cfgen-simd.wasm';

let loaded: KernelModule | undefined;

/**
 * Loads the kernels once a process: the build with fused multiply-add where this Node accepts it, else plain SIMD.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when the files are missing or this Node can't run them
 */
export function loadKernelModule(): KernelModule {
  loaded ??= compileKernels(['fused', 'plain']);
  return loaded;
}

/** Compiles the first of these builds that this Node accepts. */
export function compileKernels(builds: readonly ('fused' | 'plain')[]): KernelModule {
  const folder = kernelFolder();
  if (builds.includes('fused')) {
    const relaxed = readFileSync(path.join(folder, relaxedFile));
    if (acceptsRelaxed(relaxed)) return { module: new WebAssembly.Module(relaxed), fused: true };
  }
  const plain = readFileSync(path.join(folder, plainFile));
  if (WebAssembly.validate(plain)) return { module: new WebAssembly.Module(plain), fused: false };
  throw new CfgenError('ENGINE_UNAVAILABLE', `Node ${process.version} does not support WebAssembly SIMD with threads`, {
    hint: 'Use Node 20.19 or newer.',
  });
}

/** Node 20 has relaxed SIMD behind a flag, which may be set as long as nothing that uses it was compiled. */
function acceptsRelaxed(bytes: Buffer): boolean {
  if (WebAssembly.validate(bytes)) return true;
  try {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  } catch {
    return false;
  }
  return WebAssembly.validate(bytes);
}

function kernelFolder(): string {
  const folder = folderAbove(import.meta.url, 'kernels', [plainFile, relaxedFile]);
  if (folder !== undefined) return folder;
  throw new CfgenError('ENGINE_UNAVAILABLE', `the compiled kernels (${plainFile}, ${relaxedFile}) are missing`, {
    hint: 'Run `npm run build` to compile them.',
  });
}
