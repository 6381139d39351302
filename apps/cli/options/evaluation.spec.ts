import { describe, expect, it } from 'vitest';
import { evaluationSettingsOf } from './evaluation';

describe('options of an evaluation', () => {
  it('become settings, and leave what is not given to the evaluation', () => {
    expect(evaluationSettingsOf({ bootstrap: '200', markers: '0' })).toEqual({ bootstrap: 200, markers: 0 });
    expect(evaluationSettingsOf({})).toEqual({});
  });

  it('are refused by their name when they are no whole numbers', () => {
    expect(() => evaluationSettingsOf({ bootstrap: '-5' })).toThrow(/--bootstrap is "-5"/);
    expect(() => evaluationSettingsOf({ markers: 'all' })).toThrow(/--markers is "all"/);
  });
});
