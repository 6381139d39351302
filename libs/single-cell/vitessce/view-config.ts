/** What a view of generated cells shows. */
export interface ViewOptions {
  /** Title, and where the cells come from. */
  readonly name: string;
  readonly description: string;
  /** Where the viewer finds the store, and whether it is one archive. */
  readonly url: string;
  readonly container: 'folder' | 'zip';
  /** Categorical columns of obs, and numeric ones. */
  readonly labels: readonly string[];
  /** Matrix of obsm with two columns, and what people call it. */
  readonly embedding: { readonly key: string; readonly name: string };
  /** Matrix of values, such as `X`. */
  readonly values: string;
}

/** Version of the schema of view configs; newer viewers upgrade it. */
const schemaVersion = '1.0.16';

/**
 * View config of Vitessce for an AnnData store: cells in the plane of an embedding, coloured by labels or by the expression of a gene, the sets of
 * cells, the list of genes, and a heat map. Plain JSON, a function of the options alone.
 *
 * Schema: https://vitessce.io/docs/view-config-json/
 */
export function vitessceView(options: ViewOptions): Record<string, unknown> {
  const { name, description, url, container, labels, embedding, values } = options;
  const scopes = { dataset: 'A', obsType: 'A', featureType: 'A', featureValueType: 'A' };
  const view = (component: string, [x, y, w, h]: readonly number[], more: Readonly<Record<string, string>> = {}): unknown => ({
    component,
    coordinationScopes: { ...scopes, ...more },
    ...{ x, y, w, h },
  });
  return {
    version: schemaVersion,
    name,
    description,
    datasets: [
      {
        uid: 'A',
        name,
        files: [
          {
            fileType: container === 'zip' ? 'anndata.zarr.zip' : 'anndata.zarr',
            url,
            coordinationValues: { obsType: 'cell', featureType: 'gene', featureValueType: 'expression' },
            options: {
              obsFeatureMatrix: { path: values },
              obsEmbedding: [{ path: `obsm/${embedding.key}`, dims: [0, 1], embeddingType: embedding.name }],
              ...(labels.length === 0 ? {} : { obsSets: labels.map((label) => ({ name: label, path: `obs/${label}` })) }),
            },
          },
        ],
      },
    ],
    coordinationSpace: {
      dataset: { A: 'A' },
      obsType: { A: 'cell' },
      featureType: { A: 'gene' },
      featureValueType: { A: 'expression' },
      embeddingType: { A: embedding.name },
    },
    layout: [
      view('scatterplot', [0, 0, 6, 6], { embeddingType: 'A' }),
      view('obsSets', [6, 0, 3, 6]),
      view('featureList', [9, 0, 3, 6]),
      view('heatmap', [0, 6, 6, 6]),
      view('obsSetFeatureValueDistribution', [6, 6, 6, 6]),
    ],
    initStrategy: 'auto',
  };
}
