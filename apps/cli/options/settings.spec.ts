import { knownSettings, preset, presetNames } from '@cfgen/model';
import { describe, expect, it } from 'vitest';
import { settingsOf } from './settings';

const from = (set: string[], more: object = {}) => settingsOf({ preset: 'best', set, ...more });

describe('settings of a command line', () => {
  it('are those of the preset when nothing else is asked for', () => {
    for (const name of presetNames) expect(settingsOf({ preset: name, set: [] })).toEqual(preset(name));
  });

  it('take numbers, lists, words and null by path', () => {
    const settings = from([
      'autoencoder.latent=50',
      'autoencoder.hidden=[512,256]',
      'autoencoder.input=log1p',
      'autoencoder.patience=null',
    ]);
    expect(settings.autoencoder).toMatchObject({ latent: 50, hidden: [512, 256], input: 'log1p', patience: null });
    expect(settings.flow).toEqual(preset('best').flow);
  });

  it('have short ways for the length of the training, which --set overrides', () => {
    const settings = from(['autoencoder.epochs=9'], { epochs: '7', flowSteps: '300', patience: '3' });
    expect(settings.autoencoder).toMatchObject({ epochs: 9, patience: 3 });
    expect(settings.flow.duration).toEqual({ unit: 'steps', steps: 300 });
    expect(from([], { patience: 'none' }).autoencoder.patience).toBeNull();
  });

  it('leave out what belongs to another variant', () => {
    const settings = from(['solver.method=dopri5', 'solver.tolerance=1e-4', 'flow.duration.unit=epochs', 'flow.duration.epochs=12']);
    expect(settings.solver).toEqual({ method: 'dopri5', tolerance: 1e-4, maxSteps: 10_000 });
    expect(settings.flow.duration).toEqual({ unit: 'epochs', epochs: 12 });
  });

  it('know the path of every setting of every preset', () => {
    const known = knownSettings();
    const paths = (value: unknown, path: string): string[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([name, inner]) => paths(inner, path === '' ? name : `${path}.${name}`))
        : [path];
    for (const name of presetNames) {
      for (const path of paths(preset(name), '').filter((found) => found !== 'preset')) expect(known.has(path), path).toBe(true);
    }
  });

  it.each([
    ['autoencoder.latnt=5', 'autoencoder.latnt', 'Did you mean autoencoder.latent?'],
    ['latent=5', '"latent"', 'Did you mean autoencoder.latent?'],
    ['flow.nothing.like.it=1', 'flow.nothing.like.it', 'flow.hidden'],
    ['whatever=1', 'whatever', 'autoencoder, multimodal, flow, priors or solver'],
    ['preset=paper', 'preset', '--preset'],
    ['autoencoder.latent=0', '--set autoencoder.latent=0: autoencoder.latent', 'JSON'],
    ['autoencoder.hidden=[5,"a"]', '--set autoencoder.hidden=[5,"a"]: autoencoder.hidden.1', 'JSON'],
    ['solver.method=dopri5', 'solver.tolerance is missing', '--set solver.tolerance='],
    ['flow=3', '--set flow=3', 'JSON'],
    ['autoencoder.__proto__.x=1', '__proto__', 'autoencoder'],
    ['autoencoder.latent', 'autoencoder.latent', 'autoencoder.latent=50'],
  ])('%s is refused, naming path and value', (text, message, hint) => {
    expect(() => from([text])).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(message), hint: expect.stringContaining(hint) }),
    );
  });

  it('refuse an unknown preset', () => {
    expect(() => settingsOf({ preset: 'fast', set: [] })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
