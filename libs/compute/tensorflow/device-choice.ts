import { CfgenError } from '@cfgen/contracts';
import type { Device, DeviceKind } from './device';
import { DeviceRefusal, openDevice, packagesOf, testedVersion } from './packages';

const bestFirst: readonly DeviceKind[] = ['node-gpu', 'webgpu', 'node'];

/** Devices that were loaded: a library of TensorFlow cannot be loaded twice. */
const loaded = new Map<DeviceKind, Device>();
/** The one that this process computes with: TensorFlow.js has one backend at a time. */
let taken: Device | undefined;

/** What the engine asks of a device. */
export interface DeviceWish {
  readonly threads: number;
  readonly devices?: readonly DeviceKind[];
  readonly gpuOnly?: boolean;
}

/**
 * The first device of the list that can be opened. Of the default list, one without a GPU is taken only when nothing better is there, and
 * WebGPU in software never: it is for tests, which ask for it alone.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE, naming what was tried
 */
export async function chooseDevice({ threads, devices = bestFirst, gpuOnly = false }: DeviceWish): Promise<Device> {
  const refusals: string[] = [];
  let last: Device | undefined;
  for (const kind of devices) {
    // A second library of TensorFlow in one process would disturb the first, and processors are no GPU.
    if (kind === 'node' && (gpuOnly || last !== undefined)) continue;
    try {
      const device = await deviceOf(kind, threads);
      if (device.gpu || (devices.length === 1 && !gpuOnly)) return await take(device);
      if (kind === 'webgpu') refusals.push(`${device.description} is no GPU`);
      else last = device;
    } catch (error) {
      if (!(error instanceof DeviceRefusal)) throw error;
      refusals.push(error.message);
    }
  }
  if (last !== undefined && !gpuOnly) return await take(last);
  if (last !== undefined) refusals.push(`${last.description}: no GPU`);
  throw new CfgenError('ENGINE_UNAVAILABLE', `engine 'tensorflow' cannot start${gpuOnly ? ' on a GPU' : ''}: ${refusals.join('; ')}`, {
    hint:
      `Install ${packagesOf['node-gpu'].join()}@${testedVersion} for an NVIDIA GPU, ${packagesOf.webgpu.join(' ')} for another, or ` +
      `${packagesOf.node.join()}@${testedVersion} for processors, as docs/operations/engines.md says.`,
    details: { engine: 'tensorflow', tried: [...devices] },
  });
}

async function take(device: Device): Promise<Device> {
  if (!(await device.operations.setBackend(device.backend))) {
    throw new CfgenError('ENGINE_UNAVAILABLE', `engine 'tensorflow' cannot start: TensorFlow.js refuses the backend '${device.backend}'`);
  }
  taken = device;
  return device;
}

async function deviceOf(kind: DeviceKind, threads: number): Promise<Device> {
  if (taken !== undefined && taken.kind !== kind) throw new DeviceRefusal(`this process already computes with ${taken.description}`);
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const device = await openDevice(kind, threads);
  loaded.set(kind, device);
  return device;
}
