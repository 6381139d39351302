// Gives tfjs-node a TensorFlow library: the one inside TensorFlow's wheel on PyPI, and the package's addon compiled against it. What the package
// would download by itself is older: TensorFlow 2.9 with CUDA 11, which knows no GPU of the last years.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { refuse, runProgram } from './programs.mjs';

/**
 * @param {string} folder that holds node_modules
 * @param {string} name of the package, with or without `-gpu`
 * @param {{ cuda: boolean, tensorflow: string, again: boolean }} wishes
 */
export function buildLibrary(folder, name, { cuda, tensorflow, again }) {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
  if (process.platform !== 'linux' || machine === undefined) {
    refuse(`this works on Linux alone (x64, arm64), not on ${process.platform} ${process.arch}`, `Try: npm install ${name}`);
  }
  const place = join(folder, 'node_modules', name);
  const libraries = join(place, 'deps');
  const addon = join(place, 'lib/napi-v8/tfjs_binding.node');
  const stampFile = join(libraries, 'prepared.json');
  const wheelName = name.endsWith('-gpu') || machine === 'aarch64' ? 'tensorflow' : 'tensorflow-cpu';
  const stamp = JSON.stringify({ wheel: `${wheelName}==${tensorflow}`, cuda });
  if (!again && existsSync(addon) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;

  // Asked for before anything is downloaded or wiped.
  runProgram('g++', ['--version'], 'compile the addon');
  runProgram('python3', ['-m', 'pip', '--version'], 'download and unpack the wheel');
  const headers = headersOfNode();
  const scratch = mkdtempSync(join(tmpdir(), 'cfgen-tensorflow-'));
  try {
    process.stdout.write(`downloading ${wheelName} ${tensorflow}\n`);
    const [wheel] = download([`${wheelName}==${tensorflow}`], scratch, machine);
    rmSync(libraries, { recursive: true, force: true });
    rmSync(addon, { force: true });
    unpackLibrary(wheel, libraries, place);
    if (cuda) unpackCuda(wheel, libraries, scratch, machine);
    process.stdout.write('compiling the addon\n');
    compileAddon(place, libraries, addon, headers);
    process.stdout.write(`${name}: ${tryOut(folder, name)}\n`);
    writeFileSync(stampFile, stamp);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Downloads wheels with pip; paths of the files. None of their Python is used, so that the local Python's version does not matter. */
function download(requirements, folder, machine) {
  const tags = ['manylinux_2_17', 'manylinux2014', 'manylinux_2_27', 'manylinux_2_28'].flatMap((tag) => [
    '--platform',
    `${tag}_${machine}`,
  ]);
  const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--python-version', '3.11', ...tags];
  const into = mkdtempSync(join(folder, 'wheels-'));
  runProgram('python3', ['-m', 'pip', 'download', ...options, '-d', into, ...requirements], `download ${requirements.join(' ')} with pip`);
  return readdirSync(into).map((file) => join(into, file));
}

const unzipper = `
import re, sys, zipfile
pattern, strip, folder = re.compile(sys.argv[2]), sys.argv[3], sys.argv[4]
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for item in wheel.infolist():
        if not item.is_dir() and pattern.match(item.filename):
            item.filename = item.filename.removeprefix(strip)
            wheel.extract(item, folder)
`;
const unzip = (wheel, pattern, strip, folder) => runProgram('python3', ['-c', unzipper, wheel, pattern, strip, folder], `unpack ${wheel}`);

function unpackLibrary(wheel, libraries, place) {
  unzip(wheel, String.raw`tensorflow/libtensorflow_(cc|framework)\.so\.2$`, 'tensorflow/', join(libraries, 'lib'));
  unzip(wheel, String.raw`tensorflow/include/(tensorflow/(c|core/platform|tsl)|tsl|xla/tsl)/.*\.h$`, 'tensorflow/', libraries);
  const { LIBTENSORFLOW_VERSION } = createRequire(import.meta.url)(join(place, 'scripts/deps-constants.js'));
  for (const [part, alias] of Object.entries({ cc: 'libtensorflow', framework: 'libtensorflow_framework' })) {
    const real = `libtensorflow_${part}.so.2`;
    if (!existsSync(join(libraries, 'lib', real))) refuse(`the wheel has no ${real}`, 'Use TensorFlow 2.12 or newer.');
    // The versioned name is the one that the package's own install script looks for: it then neither wipes this nor downloads anything.
    for (const link of [`${alias}.so`, `${alias}.so.${LIBTENSORFLOW_VERSION}`]) symlinkSync(real, join(libraries, 'lib', link));
  }
}

/** NVIDIA's wheels that TensorFlow's wheel names, where its library looks for them: beside the folder that it lies in. */
function unpackCuda(wheel, libraries, scratch, machine) {
  unzip(wheel, String.raw`tensorflow-[^/]*\.dist-info/METADATA$`, '', scratch);
  const facts = readdirSync(scratch).find((file) => file.endsWith('.dist-info'));
  const metadata = facts === undefined ? '' : readFileSync(join(scratch, facts, 'METADATA'), 'utf8');
  const wanted = [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+);.*and-cuda/gm)].map(([, name = '']) => name.replace(/[ ()]/g, ''));
  if (wanted.length === 0) refuse('this wheel names no CUDA packages', 'Use TensorFlow 2.14 or newer.');
  process.stdout.write(`downloading ${wanted.length} packages of CUDA\n`);
  for (const file of download(wanted, scratch, machine)) unzip(file, String.raw`nvidia/[^/]+/(lib|bin|nvvm)/.*`, '', libraries);
}

function headersOfNode() {
  const beside = [join(dirname(process.execPath), '../include/node'), join(process.config.variables.node_prefix ?? '/usr', 'include/node')];
  const { include } = createRequire(import.meta.url)('node-api-headers');
  const found = [...beside, include].find((folder) => existsSync(join(folder, 'node_api.h')));
  return found ?? refuse('node_api.h was not found', 'Run npm ci in this tree.');
}

function compileAddon(place, libraries, addon, headers) {
  mkdirSync(dirname(addon), { recursive: true });
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(place, 'binding', file));
  const settings = ['-O2', '-std=c++17', '-fPIC', '-shared', '-DNDEBUG', '-DNAPI_VERSION=8'];
  const links = [`-L${join(libraries, 'lib')}`, '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const words = [...settings, `-I${headers}`, `-I${join(libraries, 'include')}`, ...sources, ...links, '-o', addon];
  runProgram('g++', words, 'compile the addon');
}

/** Loads the package and multiplies two matrices; one line about what it is. */
function tryOut(folder, name) {
  const program = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value == null;
    util.isArray ??= Array.isArray;
    const tf = require(${JSON.stringify(name)});
    const m = tf.tensor2d([[1, 2], [3, 4]]);
    const product = [...tf.matMul(m, m).dataSync()].join();
    if (tf.getBackend() !== 'tensorflow' || product !== '7,10,15,22') throw new Error('wrong answer: ' + product);
    const { binding, isUsingGpuDevice } = tf.backend();
    console.log('TensorFlow ' + binding.TF_Version + ' on ' + (isUsingGpuDevice ? 'a GPU' : 'processors'));
  `;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' };
  return runProgram(process.execPath, ['-e', program], 'load the addon and multiply two matrices', { cwd: folder, env }).trim();
}
