import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnpackedRoom } from './unpacked';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-unpacked-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Many small batches, as a dense matrix of many small chunks makes them: 80 KiB together. */
const batches = Array.from({ length: 100 }, (_, b) => Float32Array.from({ length: 100 }, (_, i) => 100 * b + i));

describe('the room of unpacked arrays', () => {
  it('gives back what was put there, in memory or not', () => {
    for (const memory of [1 << 16, 1 << 26]) {
      const room = new UnpackedRoom({ memory, tempFolder: folder });
      const kept = batches.map((values) => room.append(Uint32Array.from(values.keys()), values));
      for (const [b, { columns, values }] of kept.entries()) {
        expect(Array.from(values.read(40, 2))).toEqual([100 * b + 40, 100 * b + 41]);
        expect(Array.from(columns.read(40, 2))).toEqual([40, 41]);
      }
      room.close();
    }
  });

  it('keeps no more in memory than its share, however small the arrays are', () => {
    const fill = (memory: number): void => {
      const room = new UnpackedRoom({ memory, tempFolder: join(folder, 'not-there') });
      for (const values of batches) room.append(Uint32Array.from(values.keys()), values);
    };
    expect(() => fill(1 << 26)).not.toThrow();
    expect(() => fill(1 << 16)).toThrow(/no temporary file can be written/);
  });
});
