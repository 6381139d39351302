import { RandomStream, randomKey } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import type { Attribute } from '../training/cells';
import { attributeTable } from './attribute-table';
import { planConditions, type ModelAttribute } from './condition-plan';
import { priorConditions } from './draw-conditions';
import { drawSizeFactor, fitSizeFactors } from './size-factors';

const attributes: ModelAttribute[] = [
  { name: 'cell_type', role: 'label', categories: ['B', 'NK', 'T'], counts: [30, 10, 60] },
  { name: 'donor', role: 'batch', categories: ['d1', 'd2'], counts: [80, 20] },
];
/** NK cells were never seen in donor d2. */
const table = [
  { codes: [0, 0], count: 20 },
  { codes: [0, 1], count: 10 },
  { codes: [1, 0], count: 10 },
  { codes: [2, 0], count: 50 },
  { codes: [2, 1], count: 10 },
];
const plan = (where: [string, string[]][]) => planConditions(attributes, table, new Map(where));

describe('a plan of conditions', () => {
  it('follows the joint table when nothing is asked for', () => {
    expect(plan([]).combinations.map(({ codes, weight }) => [...codes, weight])).toEqual([
      [0, 0, 20],
      [0, 1, 10],
      [1, 0, 10],
      [2, 0, 50],
      [2, 1, 10],
    ]);
  });

  it('shares several values of a column by their training cells', () => {
    const { combinations, problems } = plan([['cell_type', ['B', 'NK']]]);
    expect(combinations.reduce((sum, c) => sum + (c.codes[0] === 0 ? c.weight : 0), 0)).toBe(30);
    expect(combinations.reduce((sum, c) => sum + (c.codes[0] === 1 ? c.weight : 0), 0)).toBe(10);
    expect(problems).toEqual([]);
  });

  it('refuses a value or a column that was never trained on, and lists those that were', () => {
    expect(() => plan([['cell_type', ['Platelet']]])).toThrow(
      expect.objectContaining({ code: 'REQUEST_UNKNOWN_VALUE', hint: expect.stringContaining('"B", "NK", "T"') as string }),
    );
    expect(() => plan([['tissue', ['blood']]])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('cell_type, donor') as string }),
    );
  });

  it('extrapolates to a combination that was never seen, with a warning that names it', () => {
    const { combinations, problems } = plan([
      ['cell_type', ['NK']],
      ['donor', ['d2']],
    ]);
    expect(combinations).toEqual([{ codes: [1, 1], weight: 200, trainingCells: 0 }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ severity: 'warning', code: 'combination-never-seen' });
    expect(problems[0].message).toContain('cell_type="NK" with donor="d2"');
  });

  it('leaves unseen combinations out when others were seen, and says which', () => {
    const { combinations, problems } = plan([
      ['cell_type', ['NK', 'B']],
      ['donor', ['d2']],
    ]);
    expect(combinations.map(({ codes }) => codes)).toEqual([[0, 1]]);
    expect(problems[0].message).toContain('left out: cell_type="NK" with donor="d2"');
  });
});

describe('the joint table of attributes', () => {
  it('holds each combination that occurs, with its cells', () => {
    const columns: Attribute[] = [
      { name: 'a', role: 'label', categories: ['x', 'y'], codes: Int32Array.of(1, 0, 1, 1) },
      { name: 'b', role: 'batch', categories: ['u', 'v'], codes: Int32Array.of(0, 0, 0, 1) },
    ];
    expect(attributeTable(columns, 4)).toEqual([
      { codes: [0, 0], count: 1 },
      { codes: [1, 0], count: 2 },
      { codes: [1, 1], count: 1 },
    ]);
  });
});

describe('size factors', () => {
  const random = new RandomStream(randomKey(1, 'sizes'));
  const codes = Int32Array.from({ length: 615 }, (_, i) => (i < 300 ? 0 : i < 600 ? 1 : 2));
  // Group 0 log-normal, group 1 with two modes, group 2 too small for its own deviation.
  const sizes = Float64Array.from(codes, (code, i) =>
    Math.exp(code === 0 ? 7 + 0.4 * random.normal() : code === 1 ? (i % 2) + 6.5 + 0.1 * random.normal() : 8 + 0.1 * random.normal()),
  );
  const label = { attribute: { name: 'cell_type', role: 'label' as const, categories: ['a', 'b', 'c'], codes }, index: 0 };
  const moments = (values: number[]) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1)) };
  };

  for (const kind of ['log-normal', 'smoothed-bootstrap'] as const) {
    it(`keep mean and deviation of ln l in each group (${kind})`, () => {
      const prior = fitSizeFactors(sizes, label, { kind, by: 'label' });
      expect(prior.groups[2].pooled).toBe(true);
      const stream = new RandomStream(randomKey(2, 'draws'));
      for (const code of [0, 1]) {
        const expected = moments(
          Array.from(sizes)
            .filter((_, i) => codes[i] === code)
            .map(Math.log),
        );
        const drawn = moments(Array.from({ length: 20_000 }, () => Math.log(drawSizeFactor(prior, [code], stream))));
        // Four standard errors of mean and deviation over 20,000 draws.
        expect(Math.abs(drawn.mean - expected.mean)).toBeLessThan((4 * expected.deviation) / Math.sqrt(20_000));
        expect(Math.abs(drawn.deviation - expected.deviation)).toBeLessThan((4 * expected.deviation) / Math.sqrt(20_000));
      }
    });
  }

  it('keep two modes apart with the bootstrap, not with the log-normal', () => {
    const between = (kind: 'log-normal' | 'smoothed-bootstrap'): number => {
      const prior = fitSizeFactors(sizes, label, { kind, by: 'label' });
      const stream = new RandomStream(randomKey(3, 'draws'));
      const draws = Array.from({ length: 4000 }, () => Math.log(drawSizeFactor(prior, [1], stream)));
      return draws.filter((x) => Math.abs(x - 7) < 0.15).length / draws.length;
    };
    expect(between('log-normal')).toBeGreaterThan(0.15);
    expect(between('smoothed-bootstrap')).toBeLessThan(0.12);
  });

  it('pool one group for all cells when there is no label, and survive a single cell', () => {
    expect(fitSizeFactors(sizes, undefined, { kind: 'log-normal', by: 'label' }).by).toBeNull();
    const single = fitSizeFactors(Float64Array.of(100), undefined, { kind: 'log-normal', by: 'all' });
    expect(drawSizeFactor(single, [], new RandomStream(randomKey(0, 'x')))).toBeCloseTo(100, 9);
  });

  it('of a cell depend on its index alone, not on the run of cells it is drawn in', () => {
    const prior = fitSizeFactors(sizes, label, { kind: 'smoothed-bootstrap', by: 'label' });
    const source = priorConditions(
      {
        combinations: [
          { codes: [0], weight: 1, trainingCells: 1 },
          { codes: [1], weight: 2, trainingCells: 2 },
        ],
        problems: [],
      },
      prior,
      { kind: 'prior' },
      1,
      9,
    );
    const whole = source.draw(0, 50);
    const part = source.draw(20, 5);
    expect(part.sizeFactors).toEqual(whole.sizeFactors.slice(20, 25));
    expect(part.codes[0]).toEqual(whole.codes[0].slice(20, 25));
  });
});
