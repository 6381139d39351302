import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { interruptible } from './interruption';
import { asCfgenError, errorLines } from './messages';

describe('an error', () => {
  it('is one line with its code, and a hint', () => {
    const error = new CfgenError('INPUT_FORMAT', 'x.h5ad is\n  not HDF5', { hint: 'Give another file.' });
    expect(errorLines(error, false)).toEqual(['error INPUT_FORMAT: x.h5ad is not HDF5', 'hint: Give another file.']);
  });

  it('that nobody foresaw is INTERNAL, exit status 1, and shows its origin only on request', () => {
    const error = asCfgenError(new TypeError('undefined is not a function'));
    expect(error).toMatchObject({ code: 'INTERNAL', exitStatus: 1, message: 'undefined is not a function' });
    expect(errorLines(error, false)).toHaveLength(2);
    expect(errorLines(error, false)[1]).toContain('--debug');
    expect(errorLines(error, true).join('\n')).toContain('caused by:\nTypeError: undefined is not a function\n    at ');
    expect(asCfgenError('words').message).toBe('words');
  });
});

describe('a wish to stop', () => {
  it('aborts once with INTERRUPTED, and is no longer heard after the release', () => {
    const listeners = new Set<() => void>();
    const stops = {
      listen: (listener: () => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
    let told = 0;
    const interruption = interruptible(stops, () => (told += 1));
    expect(interruption.signal.aborted).toBe(false);
    for (let i = 0; i < 2; i++) for (const listener of listeners) listener();
    expect(interruption.signal.reason).toMatchObject({ code: 'INTERRUPTED', exitStatus: 130 });
    expect(told).toBe(1);
    interruption.release();
    expect(listeners.size).toBe(0);
  });
});
