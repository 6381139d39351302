import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CfgenError } from '@cfgen/contracts';
import { Arena } from './arena';

const mebibyte = 2 ** 20;
const limit = { engine: 'WebAssembly', gibibytes: 4 };
const memoryOf = (pages: number, most: number) => new WebAssembly.Memory({ initial: pages, maximum: most, shared: true });

describe('Arena', () => {
  it('never hands out the same byte twice, whatever is freed in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 70_000 }), fc.nat()), { maxLength: 200 }), (requests) => {
        const arena = new Arena(memoryOf(1, 512), 1000, limit);
        const held: { start: number; size: number }[] = [];
        for (const [size, choice] of requests) {
          if (choice % 3 === 0 && held.length > 0) {
            const [gone] = held.splice(choice % held.length, 1);
            arena.free(gone.start);
            continue;
          }
          const start = arena.allocate(size);
          expect(start % 64).toBe(0);
          expect(start).toBeGreaterThanOrEqual(1000);
          expect(start + size).toBeLessThanOrEqual(arena.memory.buffer.byteLength);
          for (const other of held) expect(start + size <= other.start || other.start + other.size <= start).toBe(true);
          held.push({ start, size: Arena.pieceBytes(size) });
        }
      }),
    );
  });

  it('joins what is freed, so that the same room can be used whole again', () => {
    const arena = new Arena(memoryOf(64, 64), 0, limit);
    const pieces = Array.from({ length: 8 }, () => arena.allocate(mebibyte / 4));
    for (const at of [1, 3, 5, 7, 0, 2, 4, 6]) arena.free(pieces[at]);
    expect(arena.allocate(4 * mebibyte)).toBe(0);
  });

  it('grows, and its views with it', () => {
    const arena = new Arena(memoryOf(1, 1024), 0, limit);
    const start = arena.allocate(10 * mebibyte);
    arena.f32[start / 4 + 2 * mebibyte] = 7;
    expect(arena.u32.length).toBe(arena.memory.buffer.byteLength / 4);
    expect(arena.f32[start / 4 + 2 * mebibyte]).toBe(7);
  });

  it('says how much was asked for when the memory is full, and stays usable', () => {
    const arena = new Arena(memoryOf(1, 32), 0, limit);
    expect(() => arena.allocate(50 * mebibyte)).toThrow(CfgenError);
    expect(() => arena.allocate(50 * mebibyte)).toThrow(/50 MiB/);
    expect(arena.allocate(mebibyte)).toBeGreaterThanOrEqual(0);
  });
});
