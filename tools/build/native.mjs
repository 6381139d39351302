// Compiles the same C kernels as a Node-API add-on (dist/native/cfgen-<build>.node), with the machine's own compiler. Where there is none, or it
// fails, nothing is made and dist/native/build.json says why: the WebAssembly engine does the same work.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { kernelFolder, kernelSources, translationUnit } from './kernel-sources.mjs';
import { replaceFile } from './stamp.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const addonFile = path.join(root, 'libs/compute/native/addon.c');
const outputFolder = path.join(root, 'dist/native');

const flags = [
  '-std=gnu11',
  '-O3',
  '-fPIC',
  '-shared',
  '-pthread',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Wno-unknown-pragmas',
  '-Wno-psabi',
];

const avx512 = ['-DCFGEN_LANES=16', '-mavx2', '-mfma', '-mavx512f', '-mavx512dq', '-mavx512vl', '-mavx512bw'];

/** One add-on for each width of vectors; the program takes the widest that its processor has. */
const builds = {
  x64: {
    baseline: ['-DCFGEN_LANES=4'],
    avx2: ['-DCFGEN_LANES=8', '-mavx2', '-mfma'],
    avx512: [...avx512],
    // Products of bfloat16 numbers, by vectors and by tiles.
    avx512bf16: [...avx512, '-mavx512bf16', '-mamx-tile', '-mamx-bf16'],
  },
  arm64: { baseline: ['-DCFGEN_LANES=4'] },
};

/** Builds what is out of date. Answers true when something was compiled, or in words why nothing could be. */
export async function buildNative() {
  const sources = await kernelSources();
  const addon = await readFile(addonFile, 'utf8');
  const compiler = process.env.CC ?? 'cc';
  const wanted = builds[process.arch];
  const hash = createHash('sha256')
    .update(
      JSON.stringify([
        flags,
        wanted ?? null,
        process.platform,
        process.arch,
        compiler,
        sources,
        addon,
        await readFile(fileURLToPath(import.meta.url), 'utf8'),
      ]),
    )
    .digest('hex');
  const stampFile = path.join(outputFolder, 'build.json');
  const stamp = existsSync(stampFile) ? JSON.parse(await readFile(stampFile, 'utf8')) : {};
  const complete = (stamp.builds ?? []).every((name) => existsSync(path.join(outputFolder, fileName(name))));
  // A machine that had no compiler may have one now.
  if (stamp.hash === hash && stamp.problem === undefined && complete) return false;

  await mkdir(outputFolder, { recursive: true });
  const made = await compileAll(wanted, compiler, sources);
  await replaceFile(stampFile, `${JSON.stringify({ hash, ...made }, null, 2)}\n`);
  return made.problem === undefined ? true : `left out: ${made.problem}`;
}

const fileName = (build) => `cfgen-${build}.node`;

async function compileAll(wanted, compiler, sources) {
  if (process.platform === 'win32' || wanted === undefined)
    return without(`there is no native build for ${process.platform} on ${process.arch}`);
  const headers = nodeApiHeaders();
  if (headers === undefined) return without('the package node-api-headers is not installed');
  const version = await versionOf(compiler);
  if (version === undefined) return without(`there is no C compiler here ('${compiler}' can't be run)`);

  const folder = await mkdtemp(path.join(os.tmpdir(), 'cfgen-native-'));
  try {
    await replaceFile(path.join(folder, 'kernels.inc'), translationUnit(sources));
    await replaceFile(path.join(folder, 'bindings.inc'), bindingsOf(sources));
    const common = [
      ...flags,
      ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      '-I',
      folder,
      '-I',
      kernelFolder,
      '-I',
      headers,
    ];
    const results = await Promise.all(
      Object.entries(wanted).map(async ([name, own]) => {
        const out = path.join(folder, fileName(name));
        try {
          const { stderr } = await promisify(execFile)(compiler, [...common, ...own, addonFile, '-o', out, '-lm']);
          return { name, out, printed: stderr };
        } catch (error) {
          return { name, printed: String(error.stderr ?? error.message) };
        }
      }),
    );
    const made = results.filter(({ out }) => out !== undefined);
    // Older compilers don't know the newest instructions; the narrowest build shows whether they work at all.
    const failed = results.find(({ name, out }) => name === 'baseline' && out === undefined);
    if (failed !== undefined) return without(`the C compiler '${compiler}' failed: ${failed.printed.trim().slice(0, 2000)}`);
    for (const { printed } of made) if (printed !== '') process.stderr.write(printed);
    for (const { name, out } of made) await replaceFile(path.join(outputFolder, fileName(name)), await readFile(out));
    return { compiler: version, builds: results.map(({ name }) => name) };
  } catch (error) {
    return without(
      `the C compiler '${compiler}' failed: ${String(error.stderr ?? error.message)
        .trim()
        .slice(0, 2000)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What was made before does not stay: it would be of other sources. */
async function without(problem) {
  for (const name of await readdir(outputFolder)) if (name.endsWith('.node')) await rm(path.join(outputFolder, name), { force: true });
  return { builds: [], problem };
}

function nodeApiHeaders() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    return undefined;
  }
}

async function versionOf(compiler) {
  try {
    const { stdout } = await promisify(execFile)(compiler, ['--version']);
    return stdout.split('\n')[0].trim();
  } catch {
    return undefined;
  }
}

/** What a call has room for in the add-on (MOST_ARGUMENTS). */
const mostArguments = 20;

/** The life of threads is the add-on's own business. */
const notForCallers = new Set(['pool_start', 'pool_stop', 'worker_main']);

/**
 * A wrapper for each exported kernel, which turns the numbers of a call into addresses and numbers of C, and the table of all of them.
 * It follows the kernels' own declarations.
 */
function bindingsOf(sources) {
  const wrappers = [];
  const table = [];
  for (const [file, text] of Object.entries(sources)) {
    for (const [, name, answer, list] of text.matchAll(/CFGEN_EXPORT\((\w+)\)\s+(\w+)\s+\1\(([^)]*)\)/g)) {
      if (notForCallers.has(name)) continue;
      const types = list.trim() === 'void' ? [] : list.split(',').map((declared) => declared.trim());
      if (types.length > mostArguments)
        throw new Error(`${name} takes ${types.length} arguments, at most ${mostArguments} can be handed over`);
      const values = types.map((declared, i) => argumentOf(declared, i, `${file}: ${name}`));
      const call = `${name}(${values.join(', ')})`;
      wrappers.push(
        `static napi_value call_${name}(napi_env env, napi_callback_info info) {\n` +
          `  double numbers[${Math.max(1, types.length)}];\n` +
          `  NativeEngine *engine = enter(env, info, ${types.length}, numbers);\n` +
          `  if (engine == NULL) return NULL;\n` +
          (answer === 'void' ? `  ${call};\n  return NULL;\n` : `  return answer_whole(env, (int32_t)${call});\n`) +
          `}\n`,
      );
      table.push(`  {"${name}", call_${name}},\n`);
    }
  }
  const declared = Object.values(sources).reduce((count, text) => count + (text.match(/^CFGEN_EXPORT\(/gm) ?? []).length, 0);
  if (table.length !== declared - notForCallers.size)
    throw new Error(`${declared} kernels are exported, but ${table.length} could be read`);
  return `${wrappers.join('\n')}\nstatic const struct {\n  const char *name;\n  napi_callback call;\n} bindings[] = {\n${table.join('')}};\n`;
}

function argumentOf(declared, i, where) {
  const number = `numbers[${i}]`;
  if (declared.includes('*')) return `address(engine, ${number})`;
  if (/^(const )?(uint32_t|int32_t|int) \w+$/.test(declared)) return `whole(${number})`;
  if (/^float \w+$/.test(declared)) return `(float)${number}`;
  if (/^double \w+$/.test(declared)) return number;
  throw new Error(`${where} takes '${declared}', which has no way from JavaScript`);
}
