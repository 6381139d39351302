import type { Engine, Tensor } from '@cfgen/compute';
import type { RowSpace } from '@cfgen/math';

/** States of the integrator as engine tensors [rows, D]. */
export class EngineRowSpace implements RowSpace<Tensor> {
  private readonly steps: Tensor;
  private readonly norms: Tensor;
  private readonly mask: Tensor;
  private readonly places: Tensor;

  constructor(
    private readonly engine: Engine,
    readonly rows: number,
    private readonly columns: number,
  ) {
    this.steps = engine.tensor([rows]);
    this.norms = engine.tensor([rows]);
    this.mask = engine.tensor([rows], 'int32');
    this.places = engine.tensor([rows], 'int32');
  }

  create(): Tensor {
    return this.engine.tensor([this.rows, this.columns]);
  }

  release(state: Tensor): void {
    this.engine.release(state);
  }

  zero(state: Tensor): void {
    this.engine.combine(state, [[0, state]]);
  }

  combineRows(out: Tensor, base: Tensor, h: number | Float64Array, terms: readonly (readonly [number, Tensor])[]): void {
    if (typeof h === 'number') {
      this.engine.combine(out, [[1, base], ...terms.map(([c, x]) => [h * c, x] as const)]);
      return;
    }
    this.engine.upload(this.steps, h);
    this.engine.combineRows(out, base, this.steps, terms);
  }

  async errorNorm(error: Tensor, y0: Tensor, y1: Tensor, atol: number, rtol: number): Promise<ArrayLike<number>> {
    this.engine.scaledErrorNorm(this.norms, { error, y0, y1, atol, rtol });
    return this.engine.download(this.norms);
  }

  select(out: Tensor, a: Tensor, mask: Int32Array): void {
    this.engine.upload(this.mask, mask);
    this.engine.selectRows(out, a, this.mask);
  }

  take(out: Tensor, from: Tensor, places: Int32Array): void {
    this.engine.upload(this.places, places);
    if (places.every((place) => place >= 0)) {
      this.engine.gatherRows(out, from, this.places);
      return;
    }
    const taken = this.create();
    this.engine.gatherRows(taken, from, this.places);
    this.select(
      out,
      taken,
      places.map((place) => (place >= 0 ? 1 : 0)),
    );
    this.release(taken);
  }

  close(): void {
    this.engine.release(this.steps, this.norms, this.mask, this.places);
  }
}
