import { describe, expect, it } from 'vitest';
import { benchmarkPage } from './benchmark-page.mjs';
import { sizes } from './cases.mjs';
import { median } from './figures.mjs';
import { disagreements } from './rounds.mjs';

/** A side that takes `factor` times as long as CFGen's `wasm` here. */
const answer = (factor: number, otherWork = 0) => ({
  seconds: Object.fromEntries(
    [
      'autoencoderStep',
      'autoencoderEpoch',
      'bareAutoencoderStep',
      'flowStep',
      'flowEpoch',
      'cachedFlowStep',
      'lookedUpFlowStep',
      'bareEncodingFlowStep',
    ]
      .concat(['encodingFlowStep', 'total', 'training', 'field', 'decoding', 'drawing', 'writing'])
      .map((name) => [name, [factor, 3 * factor, 2 * factor]]),
  ),
  facts: { cells: 2111, genes: 8573, passesPerCell: 40, meanTotal: 2300, zeros: 0.9 },
  peakMemory: 2 ** 30 * factor,
  processorTime: 1,
  threads: 2,
  versions: { Node: '20' },
  engine: 'wasm: two threads',
  otherWork,
  measured: '2026-01-01 at commit abc',
});
const machine = { processor: 'P', vectors: '512-bit vectors', cores: 2, memory: 2 ** 34, system: 'linux' };

/** One engine beside the authors' code, by how many times as long that takes in each round. */
function page(factors: readonly number[], otherWork = 0): string {
  const rounds = (ours: string) => factors.map((factor) => ({ [ours]: answer(1, otherWork), authors: answer(factor) }));
  return benchmarkPage({
    machine,
    size: { ...sizes.whole, rounds: factors.length },
    engines: ['wasm'],
    leftOut: [{ name: 'native', missing: 'no C compiler was found' }],
    checked: { checked: 33, largestDeviation: 2e-11 },
    solvers: { difference: 0.005, latent: 0.8 },
    results: { training: rounds('wasm'), generation: rounds('wasm rk4').map((round) => ({ ...round, 'wasm dopri5': answer(1) })) },
    smoke: false,
  });
}
const withoutPadding = (text: string): string => text.replaceAll(/ +/g, ' ');

describe('the page of results', () => {
  it('shows the median of the rounds, their range, and the ratio within a round', () => {
    const text = withoutPadding(page([2, 4, 3]));
    expect(text).toContain('| CFGen, wasm | 2.00 s (2.00 s to 2.00 s) | |');
    expect(text).toContain("| the authors' code as shipped | 6.00 s (4.00 s to 8.00 s) | **3.00 (2.00 to 4.00)** |");
    expect(text).toContain("| the authors' code as shipped | 3072 MiB (2048 MiB to 4096 MiB) | **3.00 (2.00 to 4.00)** |");
  });

  it('says which promises are kept, and by how much one is missed', () => {
    const text = page([6]);
    expect(text).toContain(
      "| 10,000 cells with drawn counts, 10 steps of RK4 against the authors' adaptive sampler | wasm | 5.00 | 6.00 | kept |",
    );
    expect(text).toContain(
      "| a training step of the flow, against the authors' step with a look-up in place of the encoder | wasm | 7.00 | 6.00 | **missed: 6.00** |",
    );
  });

  it('says so when other programs used the machine', () => {
    expect(page([2], 0.02)).toContain('Other programs used at most 2 % of the processors');
    expect(page([2], 0.5)).toContain('**The machine was not quiet: other programs used at most 50 % of the processors');
  });

  it('says when and at which commit, by case where answers of another day were kept', () => {
    expect(page([2])).toContain('Measured 2026-01-01 at commit abc.');
    const results = { training: [{ wasm: answer(1) }], large: [{ 'wasm rk4': { ...answer(1), measured: '2026-01-02 at commit def' } }] };
    const text = benchmarkPage({
      machine,
      size: sizes.whole,
      engines: ['wasm'],
      leftOut: [],
      checked: null,
      solvers: null,
      results,
      smoke: false,
    });
    expect(text).toContain('Measured 2026-01-01 at commit abc (training); 2026-01-02 at commit def (generating the most cells).');
  });

  it('names an engine that is left out and why, and leaves out cases and sides that were not run', () => {
    const text = page([2]);
    expect(text).toContain('Left out, engine `native`: no C compiler was found.');
    expect(text).not.toContain('100,000');
    expect(text).not.toContain('scVI, posterior');
  });

  it('refuses to show a median of nothing', () => {
    expect(() => median([])).toThrow('nothing was measured');
  });
});

describe('the comparison of what the sides generated', () => {
  it('finds a side that draws from another distribution', () => {
    const round = { 'wasm rk4': answer(1), authors: answer(2) };
    const other = { ...round, authors: { ...round.authors, facts: { ...round.authors.facts, meanTotal: 2500 } } };
    expect(disagreements([round], 10_000)).toEqual([]);
    expect(disagreements([other], 10_000)).toEqual(['mean totals are 2300 (wasm rk4) and 2500 (authors)']);
    expect(disagreements([other], 100)).toEqual([]);
  });
});
