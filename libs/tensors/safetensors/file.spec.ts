import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Tensor } from '../schema/tensor';
import { encodeSafetensors } from './codec';
import { SafetensorsFile, writeSafetensors } from './file';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-tensors-'));
  path = join(folder, 'x.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const latents: Tensor = {
  name: 'latents',
  dtype: 'F32',
  shape: [4, 2],
  axes: ['cell', 'latent'],
  data: Float32Array.from({ length: 8 }, (_, i) => i / 3),
};
const codes: Tensor = { name: 'codes', dtype: 'U8', shape: [4], axes: ['cell'], data: Uint8Array.of(1, 2, 3, 4) };

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof CfgenError ? error.code : String(error);
  }
  return undefined;
}

describe('safetensors files', () => {
  it('holds the bytes of the codec and leaves nothing else behind', () => {
    writeSafetensors(path, [codes, latents], { metadata: { note: 'x' } });
    expect(new Uint8Array(readFileSync(path))).toEqual(encodeSafetensors([codes, latents], { note: 'x' }));
    expect(readdirSync(folder)).toEqual(['x.safetensors']);
  });

  it('writes the same bytes from blocks', () => {
    const { data, ...spec } = latents;
    writeSafetensors(path, [{ ...spec, blocks: () => [data.subarray(0, 3), data.subarray(3)] }]);
    expect(new Uint8Array(readFileSync(path))).toEqual(encodeSafetensors([latents]));
  });

  it('reads one tensor, or some of its rows, without the rest', () => {
    writeSafetensors(path, [codes, latents], { metadata: { note: 'x' } });
    const file = new SafetensorsFile(path);
    expect(file.metadata).toEqual({ note: 'x' });
    expect(file.tensors.map(({ name, axes }) => [name, axes])).toEqual([
      ['latents', ['cell', 'latent']],
      ['codes', ['cell']],
    ]);
    expect(file.read('codes')).toEqual(codes);
    expect(file.read('latents', { from: 1, to: 3 })).toEqual({
      ...latents,
      shape: [2, 2],
      data: (latents.data as Float32Array).slice(2, 6),
    });
    expect(codeOf(() => file.read('latents', { from: 3, to: 5 }))).toBe('REQUEST_INVALID');
    expect(codeOf(() => file.read('nothing'))).toBe('INPUT_INCOMPLETE');
    file.close();
  });

  it('keeps an existing file unless told to replace it', () => {
    writeFileSync(path, 'before');
    expect(codeOf(() => writeSafetensors(path, [codes]))).toBe('OUTPUT_EXISTS');
    expect(readFileSync(path, 'utf8')).toBe('before');
    writeSafetensors(path, [codes], { overwrite: true });
    expect(new SafetensorsFile(path).read('codes')).toEqual(codes);
  });

  it('removes what it has written when a tensor turns out wrong', () => {
    const { data: _, ...spec } = codes;
    expect(codeOf(() => writeSafetensors(path, [{ ...spec, blocks: () => [Uint8Array.of(1)] }]))).toBe('REQUEST_INVALID');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that a folder cannot be written to', () => {
    expect(codeOf(() => writeSafetensors(join(folder, 'none', 'x'), [codes]))).toBe('OUTPUT_UNWRITABLE');
    expect(codeOf(() => writeSafetensors(folder, [codes], { overwrite: true }))).toBe('OUTPUT_UNWRITABLE');
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('says that a file does not exist or is cut off', () => {
    expect(codeOf(() => new SafetensorsFile(path))).toBe('INPUT_NOT_FOUND');
    writeFileSync(path, encodeSafetensors([codes]).subarray(0, -1));
    expect(codeOf(() => new SafetensorsFile(path))).toBe('INPUT_DAMAGED');
    writeFileSync(path, '');
    expect(codeOf(() => new SafetensorsFile(path, { damagedCode: 'MODEL_DAMAGED' }))).toBe('MODEL_DAMAGED');
  });
});
