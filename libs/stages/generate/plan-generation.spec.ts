import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { planGeneration } from './plan-generation';

const model = fileURLToPath(new URL('../../model/fixtures/format-1', import.meta.url));

describe('the plan of a generation', () => {
  it('tells the training cells of every combination that would be drawn, and warns of those never seen', () => {
    const all = planGeneration({ model, where: new Map() });
    expect(all.attributes).toEqual(['cell_type', 'donor']);
    expect(all.combinations.map(({ values, trainingCells }) => [...values, trainingCells])).toEqual([
      ['C', 'a', 20],
      ['A', 'a', 10],
      ['A', 'b', 10],
      ['B', 'a', 10],
      ['B', 'b', 10],
    ]);
    expect(all.combinations.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    const never = planGeneration({
      model,
      where: new Map([
        ['cell_type', ['C']],
        ['donor', ['b']],
      ]),
    });
    expect(never.combinations).toEqual([{ values: ['C', 'b'], trainingCells: 0, share: 1 }]);
    expect(never.problems[0]?.message).toMatch(/never seen together.*extrapolation/);
  });
});
