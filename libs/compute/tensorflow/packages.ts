import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { composedOperations } from './composed-operations';
import type { Device, DeviceKind } from './device';
import { nativeOperations, type NodeBackend } from './native-operations';
import type { Operations } from './operations';

/** Why a device cannot be opened: one clause for people. */
export class DeviceRefusal extends Error {}

/** Version of TensorFlow.js that the engine is tested with. */
export const testedVersion = '4.22.0';

/** npm packages of each kind of device. */
export const packagesOf: Readonly<Record<DeviceKind, readonly string[]>> = {
  'node-gpu': ['@tensorflow/tfjs-node-gpu'],
  webgpu: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', 'webgpu'],
  node: ['@tensorflow/tfjs-node'],
};

/**
 * Settings that TensorFlow reads from the environment when its library is loaded, unless the user has set them. Float32 means float32:
 * newer NVIDIA GPUs would otherwise multiply matrices with 10 binary digits (TF32).
 */
const librarySettings: Readonly<Record<string, string>> = {
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  NVIDIA_TF32_OVERRIDE: '0',
};

/**
 * Loads the packages of a device and makes it TensorFlow.js's backend. Packages are looked for beside this program, in the current folder and
 * in the folders of NODE_PATH.
 *
 * @throws DeviceRefusal when a package is missing or cannot be loaded, or no such device is there
 */
export async function openDevice(kind: DeviceKind, threads: number): Promise<Device> {
  const missing = packagesOf[kind].filter((name) => findPackage(name) === undefined);
  if (missing.length > 0) throw new DeviceRefusal(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`);
  return kind === 'webgpu' ? await openWebGpu() : await openNode(kind, threads);
}

async function openNode(kind: 'node' | 'node-gpu', threads: number): Promise<Device> {
  const [name = ''] = packagesOf[kind];
  const environment = prepareEnvironment(threads);
  restoreRemovedFunctions();
  const operations = load(name) as Operations & { readonly version?: Readonly<Record<string, string>> };
  await operations.ready();
  if (operations.getBackend() !== 'tensorflow') {
    throw new DeviceRefusal(`${name} was loaded, but TensorFlow.js took the backend '${operations.getBackend()}'`);
  }
  const backend = operations.backend() as NodeBackend;
  const gpu = backend.isUsingGpuDevice;
  const version = operations.version?.['tfjs-node'] ?? operations.version?.['tfjs'] ?? '';
  const where = gpu ? 'a GPU' : `processors with ${environment['TF_NUM_INTRAOP_THREADS'] ?? ''} threads`;
  const description = `${name} ${version}, TensorFlow ${backend.binding.TF_Version} on ${where}`;
  return { kind, backend: 'tensorflow', operations, own: nativeOperations(operations, backend), gpu, description };
}

/** Whether packages are there that a GPU could be used with; nothing is loaded to find out. */
export function gpuPackagesInstalled(): boolean {
  return (['node-gpu', 'webgpu'] as const).some((kind) => packagesOf[kind].every((name) => findPackage(name) !== undefined));
}

/** Sets what the user has left open; only before the library is loaded does it matter. */
function prepareEnvironment(threads: number): NodeJS.ProcessEnv {
  // eslint-disable-next-line no-restricted-properties -- no setting of ours: TensorFlow's library reads its own from the environment alone
  const { env } = process;
  for (const [variable, value] of Object.entries({ ...librarySettings, TF_NUM_INTRAOP_THREADS: String(threads) })) env[variable] ??= value;
  return env;
}

interface WebGpuPackage {
  create(flags: readonly string[]): { requestAdapter(): Promise<Adapter | null> };
  readonly globals: object;
}

interface Adapter {
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>> & { readonly isFallbackAdapter?: boolean };
}

async function openWebGpu(): Promise<Device> {
  const [core = '', backend = '', webgpu = ''] = packagesOf.webgpu;
  const { create, globals } = (await loadModule(webgpu)) as WebGpuPackage;
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new DeviceRefusal('WebGPU finds no adapter (on Linux it needs Vulkan: libvulkan.so.1 and a driver)');
  // TensorFlow.js looks for WebGPU where a browser has it.
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  const operations = load(core) as Operations & { readonly version_core?: string };
  load(backend);
  // It falls back to plain JavaScript without a word.
  if (!(await operations.setBackend('webgpu')) || operations.getBackend() !== 'webgpu') {
    throw new DeviceRefusal(`WebGPU cannot be used: TensorFlow.js took the backend '${operations.getBackend()}'`);
  }
  let failed: string | undefined;
  const { device } = operations.backend() as { device: { onuncapturederror: ((event: { error: Error }) => void) | null } };
  device.onuncapturederror = ({ error }) => (failed ??= error.message);
  const { info } = adapter;
  const software = info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|softpipe/i.test(Object.values(info).join(' '));
  const named = [info.vendor, info.architecture, info.description].filter((part) => part !== '').join(' ');
  return {
    kind: 'webgpu',
    backend: 'webgpu',
    operations,
    own: composedOperations(operations),
    gpu: !software,
    description: `${backend} ${operations.version_core ?? ''}, WebGPU on ${named || 'an unnamed adapter'}${software ? ', in software' : ''}`,
    failure: () => failed,
  };
}

const requires = [createRequire(import.meta.url), createRequire(join(process.cwd(), 'package.json'))];

/** Path of a package's main file, undefined when it is not installed. */
export function findPackage(name: string): string | undefined {
  for (const { resolve } of requires) {
    try {
      return resolve(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

function load(name: string): unknown {
  const path = findPackage(name);
  if (path === undefined) throw new DeviceRefusal(`${name} is not installed`);
  try {
    return requires[0](path) as unknown;
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new DeviceRefusal(`${name} is installed but cannot be loaded: ${reason}`, { cause: error });
  }
}

async function loadModule(name: string): Promise<unknown> {
  const path = findPackage(name);
  if (path === undefined) throw new DeviceRefusal(`${name} is not installed`);
  try {
    return (await import(pathToFileURL(path).href)) as unknown;
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new DeviceRefusal(`${name} is installed but cannot be loaded: ${reason}`, { cause: error });
  }
}

/** Functions of `util` that tfjs-node calls and Node 23 has no more. */
function restoreRemovedFunctions(): void {
  const functions = util as unknown as Record<string, unknown>;
  functions['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  functions['isArray'] ??= Array.isArray;
  functions['isString'] ??= (value: unknown) => typeof value === 'string';
}
