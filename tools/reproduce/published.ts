/**
 * What the CFGen paper (ICLR 2025) reports for data sets that we have too: mean and standard error as printed. Its figures are of protocol `paper` (generated cells are
 * projected without subtracting the mean), on its own split, with test library sizes, on an A100.
 */
export const published = {
  /** Table 1, PBMC3K: [MMD, W2]. */
  generation: {
    pbmc3k: {
      conditional: [
        { model: 'CFGen', mmd: '0.85 ± 0.05', w2: '16.94 ± 0.44' },
        { model: 'scVI', mmd: '0.94 ± 0.05', w2: '17.66 ± 0.29' },
        { model: 'scDiffusion', mmd: '1.27 ± 0.20', w2: '22.41 ± 1.21' },
      ],
      unconditional: [
        { model: 'CFGen', mmd: '0.44 ± 0.01', w2: '16.81 ± 0.06' },
        { model: 'scGAN', mmd: '0.36 ± 0.01', w2: '15.54 ± 0.06' },
      ],
    },
  },
  /** Table 9, PBMC3K. */
  imputation: {
    pbmc3k: [
      { model: 'CFGen', l1: '1.21', pearson: '0.68' },
      { model: 'scVI', l1: '1.47', pearson: '0.61' },
    ],
  },
} as const;
