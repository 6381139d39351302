import type { EvaluationResult } from '../../evaluation/result';
import { geneMeansChart, meanVarianceChart } from '../gene-charts';
import { histogramChart } from '../histogram-chart';
import { html, type Markup } from '../markup';
import { figure, whole } from '../number-format';
import type { PlotData } from '../plot-data';
import { median } from '../../statistics/averages';

/** Means and variances of genes, sparsity and library sizes of cells. */
export function genesAndCells(result: EvaluationResult, { real, generated }: PlotData): Markup {
  const [{ realism }] = result.scores;
  return html`<section>
    <h2>Genes and cells one by one</h2>
    <p>Log-normalised expression of all ${whole(result.space.genes)} genes. Good: the orange shapes cover the blue ones.</p>
    <div class="pair">
      <figure>
        ${meanVarianceChart(real, generated)}
        <figcaption>
          Mean and variance of each gene. A generated cloud above the real one is too noisy, below it too even. Rank correlation of the
          variances: ${figure(realism.geneVarianceSpearman)}.
        </figcaption>
      </figure>
      <figure>
        ${geneMeansChart(real, generated)}
        <figcaption>
          Mean of each gene, generated against real; the line is equality. Rank correlation: ${figure(realism.geneMeanSpearman)}.
        </figcaption>
      </figure>
      <figure>
        ${histogramChart(real.zeroGenes, generated.zeroGenes, { title: 'Genes without a count per cell', axis: 'genes without a count' })}
        <figcaption>
          Sparsity: genes without a count in each cell. Mean shift between the two: ${figure(realism.sparsityW1)} genes.
        </figcaption>
      </figure>
      <figure>
        ${histogramChart(real.totals, generated.totals, { title: 'Total counts per cell', axis: 'total counts (log scale)', logarithmic: true })}
        <figcaption>Library sizes. Median ${figure(median(real.totals))} real, ${figure(realism.medianLibrarySize)} generated.</figcaption>
      </figure>
    </div>
  </section>`;
}
