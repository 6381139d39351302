import type { Engine, Tensor } from '@cfgen/compute';
import type { RowLosses } from './network';

/** Mean losses per cell over the batches of an epoch. */
export interface MeanLosses {
  /** All modalities together, with the weighted KL. */
  readonly loss: number;
  /** The same by modality (the KL goes with RNA), of models of two. */
  readonly modalities: { readonly rna: number; readonly atac: number } | undefined;
  /** Cross-entropy of the label head. */
  readonly label: number;
}

/** Adds up losses on the engine, so that only their sums have to be waited for. */
export class LossSums {
  private readonly loss: Tensor;
  private readonly atac: Tensor;
  private readonly label: Tensor;
  private cells = 0;
  private twoModalities = false;

  constructor(private readonly engine: Engine) {
    this.loss = engine.tensor([1]);
    this.atac = engine.tensor([1]);
    this.label = engine.tensor([1]);
  }

  clear(): void {
    const zero = Float32Array.of(0);
    for (const sum of [this.loss, this.atac, this.label]) this.engine.upload(sum, zero);
    this.cells = 0;
  }

  add({ rowLoss, rowAtacLoss, rowKl, rowLabelLoss }: RowLosses & { readonly rowLabelLoss?: Tensor | undefined }, klWeight: number): void {
    const { engine } = this;
    engine.addSum(this.loss, rowLoss, 1);
    if (rowAtacLoss !== undefined) engine.addSum(this.atac, rowAtacLoss, 1);
    if (rowKl !== undefined) engine.addSum(this.loss, rowKl, klWeight);
    if (rowLabelLoss !== undefined) engine.addSum(this.label, rowLabelLoss, 1);
    this.twoModalities = rowAtacLoss !== undefined;
    this.cells += rowLoss.size;
  }

  async means(): Promise<MeanLosses> {
    const [rna, atac, label] = [await this.mean(this.loss), await this.mean(this.atac), await this.mean(this.label)];
    return { loss: rna + atac, modalities: this.twoModalities ? { rna, atac } : undefined, label };
  }

  release(): void {
    this.engine.release(this.loss, this.atac, this.label);
  }

  private async mean(sum: Tensor): Promise<number> {
    return ((await this.engine.download(sum))[0] ?? 0) / this.cells;
  }
}
