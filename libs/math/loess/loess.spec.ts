import { describe, expect, it } from 'vitest';
import { loess } from './loess';

/** 300 points with many equal x, from a fixed 32-bit congruential generator. */
function points(): { x: Float64Array; y: Float64Array } {
  let state = 42;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const x = new Float64Array(300);
  const y = new Float64Array(300);
  for (let i = 0; i < 300; i++) {
    x[i] = i % 3 === 0 ? Math.floor(uniform() * 40) / 10 : 4 * uniform();
    y[i] = Math.sin(2 * x[i]) + uniform();
  }
  return { x, y };
}

describe('loess', () => {
  const { x, y } = points();
  const shown = [0, 1, 2, 50, 100, 150, 299];

  // Fitted values of scikit-misc 0.5 (the original Fortran), span 0.3, degree 2, same points.
  it('fits as the original does at every point', () => {
    const expected = [
      1.5003949246227148, -0.5273643285313067, 0.631923718166419, 1.338549104734692, 0.0697969780053783, 1.5003949246227157,
      -0.23955467503188416,
    ];
    const fitted = loess(x, y, { span: 0.3 });
    shown.forEach((i, at) => expect(fitted[i]).toBeCloseTo(expected[at], 8));
    expect(fitted.reduce((sum, value) => sum + value, 0)).toBeCloseTo(182.5987987018443, 6);
  });

  it('interpolates as the original does, with its partition of tied values', () => {
    const expected = [
      1.4939577287154762, -0.5241318357205782, 0.6362077864949739, 1.3436136536107464, 0.0665978856048479, 1.4939577287154762,
      -0.2384544329154161,
    ];
    const fitted = loess(x, y, { span: 0.3, surface: 'interpolate' });
    shown.forEach((i, at) => expect(fitted[i]).toBeCloseTo(expected[at], 8));
    expect(fitted.reduce((sum, value) => sum + value, 0)).toBeCloseTo(182.6115850349119, 6);
  });

  it('reproduces a parabola exactly', () => {
    const parabola = x.map((value) => 2 - value + 3 * value * value);
    for (const surface of ['direct', 'interpolate'] as const) {
      const fitted = loess(x, parabola, { span: 0.4, surface });
      // Blending keeps value and slope of a parabola, and so a cubic through them, exactly.
      fitted.forEach((value, i) => expect(value).toBeCloseTo(parabola[i], 9));
    }
  });

  it('does not depend on the order of the points', () => {
    const reversed = loess(x.slice().reverse(), y.slice().reverse(), { span: 0.3 });
    const fitted = loess(x, y, { span: 0.3 });
    // Equal x may be summed in another order.
    fitted.forEach((value, i) => expect(reversed[299 - i]).toBeCloseTo(value, 10));
  });

  it('fits points that all share one x by their mean', () => {
    const fitted = loess(new Float64Array(5).fill(1), Float64Array.of(1, 2, 3, 4, 5), { span: 1 });
    expect(Array.from(fitted)).toEqual([3, 3, 3, 3, 3]);
  });

  it('refuses values that are not finite', () => {
    expect(() => loess(Float64Array.of(1, 2, 3, NaN), new Float64Array(4), { span: 0.5 })).toThrow(/finite/);
  });
});
