import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputError } from '@cfgen/tensors';
import { describe, expect, it } from 'vitest';
import { FileSink } from './file-sink';

describe('FileSink', () => {
  it('keeps the order of small and large pieces and fills in a place afterwards', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cfgen-sink-'));
    const path = join(folder, 'x');
    const sink = new FileSink(path);
    const large = new Uint8Array(3 << 20).fill(7);
    expect([sink.append(Uint8Array.of(1, 2, 3)), sink.append(large), sink.append(Uint8Array.of(9))]).toEqual([0, 3, 3 + large.length]);
    sink.align();
    expect(sink.position % 8).toBe(0);
    sink.overwrite(Uint8Array.of(5, 6), 1);
    sink.close();
    const bytes = readFileSync(path);
    expect([...bytes.subarray(0, 5)]).toEqual([1, 5, 6, 7, 7]);
    expect(bytes[3 + large.length]).toBe(9);
    expect(bytes.length).toBe(sink.position);
    rmSync(folder, { recursive: true });
  });

  // A device of Linux on which every write finds the disk full.
  describe.runIf(existsSync('/dev/full'))('on a full disk', () => {
    it('fails in a way that is told as such', () => {
      const sink = new FileSink('/dev/full');
      let error: unknown;
      try {
        sink.append(new Uint8Array(1 << 20));
      } catch (caught) {
        error = caught;
      }
      sink.discard();
      expect(outputError('x.h5ad', error)).toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
        message: 'x.h5ad cannot be written: the disk is full.',
      });
    });
  });
});
