// Compiles the C kernels (libs/compute/kernels) to WebAssembly: dist/kernels/cfgen-simd.wasm and dist/kernels/cfgen-relaxed.wasm.
// A second run with the same sources and flags does nothing: their hash is kept in dist/kernels/build.json.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { kernelSources, translationUnit } from './kernel-sources.mjs';
import { replaceFile } from './stamp.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const outputFolder = path.join(root, 'dist/kernels');

const compilerFlags = [
  '--target=wasm32',
  '-std=c11',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-matomics',
  '-mmutable-globals',
  '-mnontrapping-fptoint',
  '-ffreestanding',
  '-nostdlib',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Werror',
];

const linkerFlags = [
  '--no-entry',
  '--import-memory',
  '--shared-memory',
  '--initial-memory=1048576',
  '--max-memory=4294967296',
  '-z',
  'stack-size=131072',
  '--stack-first',
  '--export=__stack_pointer',
  '--export=__heap_base',
  '--gc-sections',
  '--strip-all',
];

/** Two builds of the same sources: fused multiply-add where the machine has it, plain SIMD for the rest. */
const variants = [
  { name: 'cfgen-simd', flags: [] },
  { name: 'cfgen-relaxed', flags: ['-mrelaxed-simd', '-DCFGEN_RELAXED'] },
];

function hashOf(sources) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([compilerFlags, linkerFlags, variants]));
  for (const [name, text] of Object.entries(sources)) hash.update(`\0${name}\0${text}`);
  return hash.digest('hex');
}

async function compile(llvm, sources, variant) {
  const printed = [];
  const run = async (runner, argv, files) => {
    const decoder = new TextDecoder();
    const print = (bytes) => bytes !== null && printed.push(decoder.decode(bytes, { stream: true }));
    try {
      return await runner(argv, files, { stdout: print, stderr: print, fetchProgress: () => {} });
    } catch {
      throw new Error(`${argv.join(' ')} failed:\n${printed.join('')}`);
    }
  };
  const files = { ...sources, 'unit.c': translationUnit(sources) };
  const compiled = await run(llvm.runClang, ['clang', ...compilerFlags, ...variant.flags, '-c', 'unit.c', '-o', 'unit.o'], files);
  const linked = await run(llvm.runLLVM, ['wasm-ld', ...linkerFlags, 'unit.o', '-o', 'unit.wasm'], { 'unit.o': compiled['unit.o'] });
  const warnings = printed.join('').replaceAll(/^yowasp-llvm: fetched.*$\n?/gm, '');
  if (warnings !== '') process.stderr.write(warnings);
  return linked['unit.wasm'];
}

/** Builds what is out of date. Answers true when something was compiled. */
export async function buildKernels() {
  const sources = await kernelSources();
  const hash = hashOf(sources);
  const stampFile = path.join(outputFolder, 'build.json');
  const stamp = existsSync(stampFile) ? JSON.parse(await readFile(stampFile, 'utf8')) : {};
  const complete = variants.every((variant) => existsSync(path.join(outputFolder, `${variant.name}.wasm`)));
  if (stamp.hash === hash && complete) return false;

  const llvm = await import('@yowasp/clang');
  await mkdir(outputFolder, { recursive: true });
  const bytes = {};
  for (const variant of variants) {
    const module = await compile(llvm, sources, variant);
    bytes[variant.name] = module.length;
    await replaceFile(path.join(outputFolder, `${variant.name}.wasm`), module);
  }
  await replaceFile(stampFile, `${JSON.stringify({ hash, bytes }, null, 2)}\n`);
  return true;
}
