import { describe, expect, it } from 'vitest';
import { preset } from './presets';
import { settingsFrom } from './settings-from';

describe('settings chosen by preset and changes', () => {
  it('take changes by path over the short choices', () => {
    const settings = settingsFrom({
      preset: 'best',
      epochs: 7,
      flowSteps: 300,
      patience: null,
      changes: { 'autoencoder.epochs': 9, 'autoencoder.hidden': [512, 256], 'solver.method': 'dopri5', 'solver.tolerance': 1e-4 },
    });
    expect(settings.autoencoder).toMatchObject({ epochs: 9, hidden: [512, 256], patience: null });
    expect(settings.flow.duration).toEqual({ unit: 'steps', steps: 300 });
    expect(settings.solver).toEqual({ method: 'dopri5', tolerance: 1e-4, maxSteps: 10_000 });
    expect(settingsFrom({ preset: 'best' })).toEqual(preset('best'));
  });

  it('are refused in words that know no command line', () => {
    const refused = (changes: Record<string, number | string>, details: object, message: string): void =>
      expect(() => settingsFrom({ preset: 'best', changes })).toThrow(
        expect.objectContaining({
          code: 'REQUEST_INVALID',
          message: expect.stringContaining(message),
          hint: expect.not.stringContaining('--'),
          details: expect.objectContaining(details),
        }),
      );
    refused({ 'autoencoder.latnt': 5 }, { change: 'autoencoder.latnt', nearest: 'autoencoder.latent' }, 'autoencoder.latnt');
    refused({ 'autoencoder.latent': 0 }, { path: 'autoencoder.latent', change: 'autoencoder.latent', value: 0 }, 'autoencoder.latent: ');
    refused({ 'solver.method': 'dopri5' }, { path: 'solver.tolerance', change: 'solver.method', missing: true }, 'is missing');
    refused({ preset: 'paper' }, { change: 'preset' }, 'preset');
  });
});
