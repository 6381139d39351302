import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidanceOf, whereOf } from './conditions';

describe('--where', () => {
  it('takes several values of a column, with spaces and equal signs', () => {
    const where = whereOf(['cell_type=B cells', 'donor=d1', 'cell_type=T = alpha', 'cell_type=B cells', 'cell_type=']);
    expect([...where]).toEqual([
      ['cell_type', ['B cells', 'T = alpha', '']],
      ['donor', ['d1']],
    ]);
  });

  it('gives back any value as it was written', () => {
    fc.assert(fc.property(fc.string(), (value) => whereOf([`column=${value}`]).get('column')?.[0] === value));
  });

  it.each(['cell_type', '=B cells', ''])('refuses "%s", saying how to write it', (text) => {
    expect(() => whereOf([text])).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', hint: expect.stringContaining('--where cell_type=') }),
    );
  });
});

describe('--guidance', () => {
  it('takes one weight a column', () => {
    expect([...guidanceOf(['cell_type=1.5', 'donor=0'])]).toEqual([
      ['cell_type', 1.5],
      ['donor', 0],
    ]);
  });

  it.each([[['a=x']], [['a=-1']], [['a=']], [['a=Infinity']], [['a=1', 'a=2']], [['1.5']]])('refuses %j', (requests) => {
    expect(() => guidanceOf(requests)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
