import { describe, expect, it } from 'vitest';
import { solverOf } from './solver';

describe('the solver', () => {
  it("is the model's own when nothing is asked for", () => {
    expect(solverOf({})).toBeUndefined();
  });

  it('has usual steps or tolerance when only its name is given', () => {
    expect(solverOf({ solver: 'rk4' })).toEqual({ method: 'rk4', steps: 10 });
    expect(solverOf({ solver: 'dopri5' })).toEqual({ method: 'dopri5', tolerance: 1e-5, maxSteps: 10_000 });
  });

  it('follows from --steps or --tolerance alone', () => {
    expect(solverOf({ steps: '7' })).toEqual({ method: 'rk4', steps: 7 });
    expect(solverOf({ tolerance: '1e-3' })).toMatchObject({ method: 'dopri5', tolerance: 1e-3 });
    expect(solverOf({ solver: 'euler', steps: '50' })).toEqual({ method: 'euler', steps: 50 });
  });

  it.each([
    [{ solver: 'rk5' }, 'no solver "rk5"'],
    [{ solver: 'dopri5', steps: '4' }, '--steps'],
    [{ solver: 'euler', tolerance: '1e-3' }, '--tolerance'],
    [{ steps: '0' }, '--steps is "0"'],
    [{ steps: '2.5' }, '--steps is "2.5"'],
    [{ tolerance: '0' }, '--tolerance is "0"'],
    [{ solver: 'toString' }, 'no solver "toString"'],
  ])('%j is refused', (request, message) => {
    expect(() => solverOf(request)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
