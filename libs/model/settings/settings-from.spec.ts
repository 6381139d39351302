import { describe, expect, it } from 'vitest';
import { completeSettings, multimodalPreset } from './complete-settings';
import { latentSize } from './latent-size';
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

  it('hold what concerns a second modality only where it is asked for, whole, from the same preset', () => {
    expect(settingsFrom({ preset: 'paper' }).multimodal).toBeUndefined();
    const { multimodal } = settingsFrom({
      preset: 'paper',
      changes: { 'multimodal.atac.likelihood': 'poisson', 'multimodal.latents': 'separate' },
    });
    const usual = multimodalPreset('paper');
    expect(multimodal).toEqual({ ...usual, latents: 'separate', atac: { ...usual.atac, likelihood: 'poisson' } });
    expect(() =>
      settingsFrom({
        preset: 'best',
        changes: { 'multimodal.latents': 'separate', 'autoencoder.head': { kind: 'variational', klWeight: 1 } },
      }),
    ).toThrow(/separate latents/);
  });

  it('are filled in for cells with both modalities, and refused for cells with one', () => {
    const settings = preset('quick');
    expect(completeSettings(settings, false)).toBe(settings);
    expect(completeSettings(settings, true)).toEqual({ ...settings, multimodal: multimodalPreset('quick') });
    const asked = { ...settings, multimodal: { ...multimodalPreset('quick'), latent: 7 } };
    expect(completeSettings(asked, true)).toBe(asked);
    expect(() => completeSettings(asked, false)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', details: { path: 'multimodal' } }),
    );
  });

  it('give the latent size: that of the joint layer, or both codes side by side', () => {
    const settings = completeSettings(preset('paper'), true);
    expect(latentSize(preset('paper'))).toBe(50);
    expect(latentSize(settings)).toBe(100);
    expect(latentSize({ ...settings, multimodal: { ...multimodalPreset('paper'), latents: 'separate' } })).toBe(200);
  });
});
