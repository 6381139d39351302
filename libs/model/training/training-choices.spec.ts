import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countMoments, momentDispersion, overallProfile } from '../autoencoder/count-moments';
import { TrainingDraws } from '../flow/training-draws';
import { preset } from '../settings/presets';
import { denseSource, toyCells } from '../testing/toy-cells';
import { RandomStream, randomKey, sampleNegativeBinomial } from '@cfgen/math';
import { learningRateAt } from './learning-rate';
import { validationSplit } from './split';

describe('the learning rate', () => {
  it('rises linearly, then falls along a half cosine to its final share at the last step', () => {
    const schedule = { kind: 'cosine' as const, finalFraction: 0.02, warmupSteps: 100 };
    expect(learningRateAt(schedule, 0, 2000)).toBeCloseTo(0.01, 12);
    expect(learningRateAt(schedule, 99, 2000)).toBe(1);
    expect(learningRateAt(schedule, 1999, 2000)).toBeCloseTo(0.02, 12);
    const middle = 100 + (1999 - 100) / 2;
    expect(learningRateAt(schedule, middle, 2000)).toBeCloseTo(0.51, 12);
  });
});

describe('the validation split', () => {
  it('holds out a tenth of every label, never all of one, and depends on the seed alone', () => {
    const { attributes } = toyCells();
    const label = attributes[0];
    const { fitted, validation } = validationSplit(240, 0.1, label, 1);
    for (const code of [0, 1, 2]) expect(validation.filter((cell) => label.codes[cell] === code)).toHaveLength(8);
    expect([...fitted, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: 240 }, (_, i) => i));
    expect(validationSplit(240, 0.1, label, 1).validation).toEqual(validation);
    expect(validationSplit(240, 0.1, label, 2).validation).not.toEqual(validation);
    const rare = { ...label, codes: Int32Array.from({ length: 11 }, (_, i) => (i === 0 ? 1 : 0)) };
    expect(validationSplit(11, 0.5, rare, 1).fitted).toContain(0);
  });
});

describe('moments of the counts', () => {
  it('recover the dispersion of negative-binomial counts within labels, whatever the difference between labels', () => {
    const theta = [0.5, 2, 8];
    const random = new RandomStream(randomKey(11, 'moments'));
    const cells = 6000;
    const sizes = Float64Array.from({ length: cells }, () => Math.exp(6 + 0.4 * random.normal()));
    const labels = Int32Array.from({ length: cells }, (_, i) => i % 2);
    const rows = Array.from({ length: cells }, (_, i) =>
      theta.map((t) => sampleNegativeBinomial(random, sizes[i] * (labels[i] === 0 ? 0.02 : 0.1), t)),
    );
    const source = denseSource(rows);
    const all = Uint32Array.from({ length: cells }, (_, i) => i);
    const within = momentDispersion(countMoments(source, all, sizes, labels, 2));
    // About three standard errors at 6,000 cells.
    theta.forEach((t, g) => expect(Math.abs(Math.log(within[g] / t))).toBeLessThan(0.2));
    const across = momentDispersion(countMoments(source, all, sizes, undefined, 1));
    expect(across[2]).toBeLessThan(0.6 * theta[2]);
    const profile = overallProfile(countMoments(source, all, sizes, labels, 2));
    expect(profile.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  it('keep theta between 1/20 and 100', () => {
    const poissonLike = denseSource(Array.from({ length: 50 }, () => [3, 0, 1]));
    const theta = momentDispersion(
      countMoments(
        poissonLike,
        Uint32Array.from({ length: 50 }, (_, i) => i),
        new Float64Array(50).fill(4),
        undefined,
        1,
      ),
    );
    for (const t of theta) expect(t >= 1 / 20 && t <= 100).toBe(true);
  });
});

describe('draws of the flow training', () => {
  const { attributes } = toyCells();
  const flow = preset('best').flow;

  it('are a function of the step, with antithetic times that cover 0 to 1 evenly', () => {
    fc.assert(
      fc.property(fc.nat(5000), (step) => {
        const draws = new TrainingDraws({ ...flow, batch: 32 }, 240, attributes, 4);
        const draw = draws.at(step);
        expect(draw).toEqual(new TrainingDraws({ ...flow, batch: 32 }, 240, attributes, 4).at(step));
        draw.times.forEach((t, i) => expect(Math.floor(t * 32)).toBe(i));
      }),
      { numRuns: 20 },
    );
  });

  it('show one attribute or none per cell, with the probability asked for, and rare labels more often than they occur', () => {
    const codes = Int32Array.from({ length: 240 }, (_, i) => (i < 24 ? 1 : 0));
    const label = { name: 'cell_type', role: 'label' as const, categories: ['common', 'rare'], codes };
    const draws = new TrainingDraws({ ...flow, batch: 100 }, 240, [label], 4);
    let shown = 0;
    let rare = 0;
    for (let step = 0; step < 100; step++) {
      const { rows, categories } = draws.at(step);
      rows.forEach((cell, i) => {
        const code = categories[0][i];
        if (code < 0) return;
        expect(code).toBe(codes[cell]);
        shown += 1;
        rare += code;
      });
    }
    // 10,000 draws at 0.8: four standard errors are 160.
    expect(Math.abs(shown - 8000)).toBeLessThan(160);
    // Weights n * n^-1/2: sqrt(24) against sqrt(216), a quarter of the shown rows instead of a tenth.
    expect(Math.abs(rare / shown - 0.25)).toBeLessThan(0.02);
  });

  it('show one attribute to a whole batch, every cell once an epoch, when drawn per batch', () => {
    const draws = new TrainingDraws({ ...preset('paper').flow, batch: 60 }, 240, attributes, 4);
    expect(draws.stepsPerEpoch).toBe(4);
    const seen = [0, 1, 2, 3].flatMap((step) => [...draws.at(step).rows]);
    expect(new Set(seen).size).toBe(240);
    for (let step = 0; step < 40; step++) {
      const shown = draws.at(step).categories.filter((codes) => codes.some((code) => code >= 0));
      expect(shown.length).toBeLessThanOrEqual(1);
      if (shown[0] !== undefined) expect(shown[0].every((code) => code >= 0)).toBe(true);
    }
  });
});
