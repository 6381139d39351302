import { expect, it } from 'vitest';
import type { Engine } from '../index';
import { sparseCounts, uniforms } from './inputs';

/** What holds for tensors, batches and parameter sets whatever is computed on them. */
export function storageCases(open: () => Engine): void {
  it('starts tensors, parameters, gradients and moments at zero', async () => {
    const engine = open();
    const tensor = engine.tensor([3, 5]);
    const codes = engine.tensor([4], 'int32');
    const set = engine.parameters([{ name: 'w', shape: [2, 3], group: 'g' }], { trainable: true });
    expect([tensor.shape, tensor.size, tensor.dtype]).toEqual([[3, 5], 15, 'real']);
    expect([codes.shape, codes.size, codes.dtype]).toEqual([[4], 4, 'int32']);
    for (const part of [tensor, codes, set.value('w'), set.gradient('w'), set.firstMoment('w'), set.secondMoment('w')]) {
      const values = await engine.download(part);
      expect(Array.from(values)).toEqual(new Array<number>(part.size).fill(0));
    }
    engine.release(tensor, codes);
    engine.releaseParameters(set);
  });

  it('reuses freed memory only after setting it to zero', async () => {
    const engine = open();
    for (let round = 0; round < 3; round++) {
      const tensor = engine.tensor([257]);
      expect(Math.max(...(await engine.download(tensor)))).toBe(0);
      engine.upload(tensor, uniforms(257, 1, 1, 2));
      engine.release(tensor);
    }
  });

  it('gives back what was uploaded, whole or in part', async () => {
    const engine = open();
    const tensor = engine.tensor([4, 3]);
    engine.upload(tensor, uniforms(12, 2));
    engine.upload(tensor, [7, 8, 9], 5);
    const want = uniforms(12, 2);
    want.set([7, 8, 9], 5);
    expect(Array.from(await engine.download(tensor))).toEqual(Array.from(want));
    expect(Array.from(await engine.download(tensor, 4, 7))).toEqual(Array.from(want.subarray(4, 7)));
    expect(Array.from(await engine.download(tensor, 10))).toEqual(Array.from(want.subarray(10)));
    const codes = engine.tensor([3], 'int32');
    engine.upload(codes, [-1, 0, 2_000_000_000]);
    expect(Array.from(await engine.download(codes))).toEqual([-1, 0, 2_000_000_000]);
    engine.release(tensor, codes);
  });

  it('downloads a copy that later kernels do not change', async () => {
    const engine = open();
    const tensor = engine.tensor([2]);
    engine.upload(tensor, [1, 2]);
    const before = await engine.download(tensor);
    engine.combine(tensor, [[2, tensor]]);
    expect(Array.from(before)).toEqual([1, 2]);
    expect(Array.from(await engine.download(tensor))).toEqual([2, 4]);
    engine.release(tensor);
  });

  it('counts every byte while it is held and none afterwards', () => {
    const engine = open();
    const start = engine.allocatedBytes();
    const tensor = engine.tensor([100, 10]);
    expect(engine.allocatedBytes()).toBeGreaterThanOrEqual(start + 4000);
    const batch = engine.countsBatch(8, 50);
    engine.uploadCounts(batch, sparseCounts(8, 50, 0.5, 3));
    engine.uploadCounts(batch, sparseCounts(3, 50, 0.9, 4));
    expect(batch.rows).toBe(3);
    const beforeSet = engine.allocatedBytes();
    const set = engine.parameters([{ name: 'w', shape: [64, 4], group: 'g' }], { trainable: true });
    expect(engine.allocatedBytes()).toBeGreaterThanOrEqual(beforeSet + 4 * 4 * 256);
    engine.release(tensor);
    engine.releaseCounts(batch);
    engine.releaseParameters(set);
    expect(engine.allocatedBytes()).toBe(start);
  });

  it('refuses tensors, batches and parameters after their release', async () => {
    const engine = open();
    const live = engine.tensor([2, 2]);
    const gone = engine.tensor([2, 2]);
    engine.release(gone);
    expect(() => engine.upload(gone, [1])).toThrow();
    await expect(async () => engine.download(gone)).rejects.toThrow();
    expect(() => engine.silu(live, gone)).toThrow();
    expect(() => engine.silu(gone, live)).toThrow();
    const batch = engine.countsBatch(2, 2);
    engine.releaseCounts(batch);
    expect(() => engine.uploadCounts(batch, sparseCounts(1, 2, 1, 5))).toThrow();
    const set = engine.parameters([{ name: 'w', shape: [2], group: 'g' }]);
    engine.releaseParameters(set);
    await expect(async () => engine.download(set.value('w'))).rejects.toThrow();
    engine.release(live);
  });

  it('has gradients and moments only in a trainable set, and only of its own names', () => {
    const engine = open();
    const set = engine.parameters([{ name: 'w', shape: [2], group: 'g' }]);
    expect(set.trainable).toBe(false);
    expect(() => set.gradient('w')).toThrow();
    expect(() => set.firstMoment('w')).toThrow();
    expect(() => set.secondMoment('w')).toThrow();
    expect(() => set.value('v')).toThrow();
    engine.releaseParameters(set);
  });

  it('refuses shapes that do not fit together', () => {
    const engine = open();
    const [a, b, out] = [engine.tensor([2, 3]), engine.tensor([4, 5]), engine.tensor([2, 5])];
    const codes = engine.tensor([2], 'int32');
    expect(() => engine.gemm(out, a, b)).toThrow();
    expect(() => engine.silu(out, a)).toThrow();
    expect(() => engine.columnSums(codes, a)).toThrow();
    expect(() => engine.upload(a, [1, 2, 3], 4)).toThrow();
    const batch = engine.countsBatch(2, 6);
    expect(() => engine.uploadCounts(batch, sparseCounts(3, 6, 1, 6))).toThrow();
    expect(() => engine.uploadCounts(batch, sparseCounts(2, 7, 1, 7))).toThrow();
    engine.release(a, b, out, codes);
    engine.releaseCounts(batch);
  });
}
