import { createReferenceEngine, createWasmEngine, type Engine } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCells } from '../autoencoder/encode-cells';
import { loadAutoencoder } from '../autoencoder/load-network';
import { encodeModel } from '../files/encode-model';
import { modelAutoencoderShape, type Model } from '../files/model';
import { givenConditions, type Conditions } from '../priors/draw-conditions';
import type { SolverSettings } from '../settings/model-settings';
import { toyCells, toySettings } from '../testing/toy-cells';
import { trainModel } from '../training/train-model';
import { LatentTransport, type TransportedLatents, type TransportRequest } from './latent-transport';

const source = toyCells();
const rk4: SolverSettings = { method: 'rk4', steps: 20 };
let engine: Engine;
let model: Model;
let latents: Float32Array;

beforeAll(async () => {
  engine = createReferenceEngine();
  const trained = await trainModel(engine, {
    cells: source,
    settings: toySettings(),
    seed: 3,
    features: { names: Array.from({ length: source.counts.columns }, (_, g) => `gene${g}`), columns: {} },
    provenance: { version: '0.0.0', data: { name: 'toy', sha256: '0'.repeat(64), countsAt: 'X', cells: 240, features: 30 }, notes: [] },
  });
  model = { ...trained, description: encodeModel(trained).description };
  const { description } = model;
  const network = loadAutoencoder(engine, modelAutoencoderShape(description), description.settings.autoencoder, model.autoencoder);
  latents = await encodeCells(network, source.counts, source.sizeFactors, {}, { start: 0, end: 60 });
  network.release();
}, 120_000);
afterAll(() => engine.close());

const own = (start: number, cells: number): Conditions =>
  givenConditions(
    source.attributes.map(({ codes }) => codes),
    source.sizeFactors,
  ).draw(start, cells);
const as = (conditions: Conditions, type: number): Conditions => ({
  ...conditions,
  codes: [new Int32Array(conditions.cells).fill(type), conditions.codes[1]],
});

async function transported(
  change: Partial<TransportRequest>,
  {
    guidance = [1, 0],
    solver = rk4,
    on = engine,
    start = 0,
    cells = 30,
  }: Partial<{ guidance: number[]; solver: SolverSettings; on: Engine; start: number; cells: number }> = {},
): Promise<TransportedLatents> {
  const transport = new LatentTransport(on, model, guidance, solver);
  const from = own(start, cells);
  const asked = { latents: latents.slice(start * 4, (start + cells) * 4), from, to: from };
  const done = await transport.transport({ ...asked, ...change });
  transport.release();
  return done;
}

describe('latents taken back through the flow and forth again', () => {
  it('come home under their own conditions, the closer the finer the solver', async () => {
    const before = engine.allocatedBytes();
    const coarse = await transported({}, { solver: { method: 'euler', steps: 5 } });
    const fine = await transported({});
    const adaptive = await transported({}, { cells: 8, solver: { method: 'dopri5', tolerance: 1e-5, maxSteps: 10_000 } });
    expect(engine.allocatedBytes()).toBe(before);
    expect(Math.max(...fine.roundTripErrors)).toBeLessThan(0.01);
    expect(Math.max(...adaptive.roundTripErrors)).toBeLessThan(0.01);
    expect(Math.max(...coarse.roundTripErrors)).toBeGreaterThan(10 * Math.max(...fine.roundTripErrors));
    const { deviation } = model.description.latentScale;
    adaptive.latents.forEach((z, i) => expect(Math.abs(z - latents[i]) / deviation[i % 4]).toBeLessThan(1e-2));
  }, 60_000);

  it('keep what the conditions do not tell: cells asked to be of another type go there, each to its own place', async () => {
    const centre = (values: ArrayLike<number>, cells: readonly number[]): number[] =>
      [0, 1, 2, 3].map((d) => cells.reduce((sum, i) => sum + values[i * 4 + d], 0) / cells.length);
    const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((x, d) => x - b[d]));
    const cells = Array.from({ length: 60 }, (_, i) => i);
    const types = source.attributes[0].codes;
    const ofA = cells.filter((i) => types[i] === 0);
    const ofB = cells.filter((i) => types[i] === 1);
    const moved = await transported({ to: as(own(0, 60), 1) }, { cells: 60 });
    expect(distance(centre(moved.latents, ofA), centre(latents, ofB))).toBeLessThan(
      0.35 * distance(centre(latents, ofA), centre(latents, ofB)),
    );
    expect(new Set(ofA.map((i) => moved.latents[i * 4])).size).toBe(ofA.length);
  }, 60_000);

  it('show nothing of a condition that is unknown', async () => {
    const unknown = as(own(0, 30), -1);
    const byNull = await transported({ from: unknown, to: unknown });
    const byWeight = await transported({}, { guidance: [0, 0] });
    byNull.latents.forEach((z, i) => expect(z).toBeCloseTo(byWeight.latents[i], 9));
  });

  it('spread by noise of the deviation asked for, the same for the same seed', async () => {
    const still = await transported({});
    const a = await transported({ noise: { deviation: 0.1, seed: 4 } });
    expect((await transported({ noise: { deviation: 0.1, seed: 4 } })).latents).toEqual(a.latents);
    expect((await transported({ noise: { deviation: 0.1, seed: 5 } })).latents).not.toEqual(a.latents);
    const shift = Math.sqrt(Array.from(a.latents).reduce((sum, z, i) => sum + (z - still.latents[i]) ** 2, 0));
    const more = await transported({ noise: { deviation: 0.2, seed: 4 } });
    const larger = Math.sqrt(Array.from(more.latents).reduce((sum, z, i) => sum + (z - still.latents[i]) ** 2, 0));
    // The flow is smooth: twice the noise moves cells about twice as far.
    expect(larger / shift).toBeGreaterThan(1.6);
    expect(larger / shift).toBeLessThan(2.4);
    expect(a.roundTripErrors).toEqual(still.roundTripErrors);
  });

  it('are the same to the bit for any chunk size and thread count', async () => {
    const whole: Record<string, TransportedLatents> = {};
    for (const threads of [1, 2]) {
      const on = await createWasmEngine({ threads });
      for (const [name, solver] of Object.entries({ rk4, adaptive: { method: 'dopri5', tolerance: 1e-4, maxSteps: 1000 } as const })) {
        const noise = { deviation: 0.05, seed: 4 };
        const all = await transported({ to: as(own(0, 30), 2), noise }, { on, solver });
        whole[name] ??= all;
        expect(all).toEqual(whole[name]);
        for (const [start, cells] of [
          [0, 7],
          [7, 1],
          [8, 22],
        ]) {
          const part = await transported({ to: as(own(start, cells), 2), noise }, { on, solver, start, cells });
          expect(Array.from(part.latents)).toEqual(Array.from(all.latents).slice(start * 4, (start + cells) * 4));
          expect(Array.from(part.roundTripErrors)).toEqual(Array.from(all.roundTripErrors).slice(start, start + cells));
        }
      }
      await on.close();
    }
  }, 60_000);
});
