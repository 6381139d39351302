import { describe, expect, it } from 'vitest';
import { benchmarkPage, median } from './benchmark-page.mjs';
import { disagreements } from './rounds.mjs';

const answer = (factor: number, otherWork = 0) => ({
  seconds: {
    autoencoderStep: [0.1 * factor, 0.3 * factor, 0.2 * factor],
    autoencoderEpoch: [2 * factor],
    flowStep: [0.004 * factor],
    encodingFlowStep: [0.02 * factor],
    total: [3 * factor],
    field: [2 * factor],
    decoding: [1],
    drawing: [1],
    writing: [1],
  },
  facts: { cells: 2111, genes: 8573, passesPerCell: 40, meanTotal: 2300, zeros: 0.9 },
  peakMemory: 2 ** 30 * factor,
  processorTime: 1,
  threads: 2,
  versions: { Node: '20' },
  engine: 'wasm: two threads',
  otherWork,
});
const rounds = (factors: readonly number[], otherWork = 0) =>
  factors.map((factor) => ({ cfgen: answer(1, otherWork), pytorch: answer(factor) }));

function page(factors: readonly number[], otherWork = 0): string {
  return benchmarkPage({
    machine: { processor: 'P', cores: 2, memory: 2 ** 34, system: 'linux', date: '2026-01-01', commit: 'abc' },
    size: { rounds: factors.length, epochs: 5, flowSteps: 300, cells: 10_000, modelEpochs: 300, modelFlowSteps: 12_000 },
    checked: null,
    training: null,
    train: rounds(factors, otherWork),
    dopri5: rounds(factors),
    rk4: rounds(factors),
  });
}

describe('the page of results', () => {
  it('shows the median of the rounds, their range, and the ratio within a round', () => {
    expect(page([2, 4, 3])).toContain(
      '| autoencoder: a training step | 200 ms (200 ms to 200 ms) | 600 ms (400 ms to 800 ms) | **3.00 (2.00 to 4.00)** |',
    );
    expect(page([2])).toContain('| training | 1024 MiB | 2048 MiB | **2.00** |');
  });

  it('says so when other programs used the machine', () => {
    expect(page([2], 0.02)).toContain('Other programs used at most 2 % of the processors');
    expect(page([2], 0.5)).toContain('**The machine was not quiet: other programs used at most 50 % of the processors');
  });

  it('refuses to show a median of nothing', () => {
    expect(() => median([])).toThrow('nothing was measured');
  });
});

describe('the comparison of what both sides generated', () => {
  it('finds a side that draws from another distribution', () => {
    const [round] = rounds([1]);
    if (round === undefined) throw new Error('there is one round');
    const other = { ...round, pytorch: { ...round.pytorch, facts: { ...round.pytorch.facts, meanTotal: 2500 } } };
    expect(disagreements([round], 10_000)).toEqual([]);
    expect(disagreements([other], 10_000)).toEqual(['mean totals are 2300 and 2500']);
    expect(disagreements([other], 100)).toEqual([]);
  });
});
