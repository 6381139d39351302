import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { automaticChoice, engineState } from './engines';
import { folderState } from './temporary-folder';
import { wasmFeatures } from './wasm-features';

describe('what a machine has', () => {
  it('SIMD and threads in every Node that is supported; relaxed SIMD once the kernels are loaded, or from Node 22 on', async () => {
    expect(wasmFeatures()).toMatchObject({ simd: true, threads: true });
    const wasm = await engineState('wasm', 1);
    if (wasm.detail.includes('fused')) expect(wasmFeatures().relaxedSimd).toBe(true);
  });

  it('the reference engine always, and what auto takes with the reason', async () => {
    expect(await engineState('reference', 1)).toMatchObject({ name: 'reference', available: true });
    const choice = await automaticChoice(1);
    expect(['native', 'wasm', 'reference']).toContain(choice?.name);
    expect(choice?.reason).toContain(choice?.name);
  });

  it('says why an engine that is not there cannot start', async () => {
    expect(await engineState('tensorflow', 1)).toMatchObject({ available: false, detail: expect.stringContaining('tensorflow') });
  });

  it('a folder for temporary files, left as it was', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cfgen-folder-'));
    const state = folderState(folder);
    expect(state.writable).toBe(true);
    expect(state.freeBytes).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    expect(folderState(folder)).toMatchObject({ writable: false, freeBytes: null, reason: expect.stringContaining('ENOENT') });
  });
});
