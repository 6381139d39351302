import { describe, expect, it } from 'vitest';
import { bandOf, weightGridOf } from './weight-grid';

describe('a grid of weights', () => {
  it('is read column by column', () => {
    expect(weightGridOf(['cell_type=0,1, 1.5', 'donor=2'])).toEqual({ cell_type: [0, 1, 1.5], donor: [2] });
  });

  it.each([
    [['cell_type'], /not of the form/],
    [['cell_type=1,x'], /--grid cell_type is "x"/],
    [['cell_type=-1'], /--grid cell_type is/],
    [['cell_type='], /--grid cell_type/],
    [['a=1', 'a=2'], /twice for a/],
  ])('is refused: %j', (words, message) => {
    expect(() => weightGridOf(words)).toThrow(message);
  });
});

describe('a band', () => {
  it('is two numbers, the smaller first', () => {
    expect(bandOf('0.8,1.25')).toEqual([0.8, 1.25]);
    for (const text of ['0.8', '1.2,0.8', '1,2,3', 'a,b']) expect(() => bandOf(text)).toThrow(/--band is/);
  });
});
