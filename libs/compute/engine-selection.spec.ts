import { describe, expect, it } from 'vitest';
import { createEngine } from './index';

describe('createEngine', () => {
  it('takes the compiled kernels when left the choice, and says so', async () => {
    const { engine, reason } = await createEngine('auto', { threads: 2 });
    expect(engine.threads).toBe(2);
    expect(engine.name).toMatch(/^(native|wasm)$/);
    expect(reason).toContain(engine.describe());
    // Without a C compiler, or without wide vectors, there is a reason to give.
    expect(reason).toContain(engine.name === 'native' ? 'the fastest available' : 'native is not available: ');
    await engine.close();
  });

  it('starts the engine that was named', async () => {
    const { engine, reason } = await createEngine('reference');
    expect(engine.name).toBe('reference');
    expect(reason).toContain('asked for by name');
    await engine.close();
  });

  it('refuses an engine it does not have, and names those it has', async () => {
    await expect(createEngine('abacus' as 'wasm')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      hint: 'Use one of: auto, tensorflow, native, wasm, reference.',
    });
  });
});
