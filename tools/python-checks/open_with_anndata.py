"""Opens an .h5ad file with anndata, every warning an error, and prints what it holds as JSON.

    python open_with_anndata.py cells.h5ad [--scanpy] [--label cell_type]

With --scanpy the standard analysis runs as well: normalize_total, log1p, highly_variable_genes, pca, neighbors,
umap and leiden (the last two where installed). Exit status 1 and a traceback when anything warns or fails.
"""

import argparse
import importlib.metadata
import json
import sys
import time
import warnings

warnings.simplefilter("error")


def summary_of(adata):
    import numpy as np
    from scipy import sparse

    x = adata.X
    values = x.data if sparse.issparse(x) else np.asarray(x).ravel()
    if sparse.issparse(x):
        rows = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
        ascending = (np.diff(x.indices.astype(np.int64)) > 0) | (np.diff(rows) > 0)
        assert ascending.all(), "columns do not ascend within a row"
        assert x.indptr[0] == 0 and x.indptr[-1] == x.nnz, "row pointers do not span the entries"
        assert not (x.data == 0).any(), "zeros are stored"
    return {
        "shape": list(adata.shape),
        "X": {
            "kind": type(x).__name__,
            "dtype": str(x.dtype),
            "indices": str(x.indices.dtype) if sparse.issparse(x) else None,
            "nnz": int(np.count_nonzero(values)),
            "sum": float(values.sum(dtype=np.float64)),
            "max": float(values.max()) if values.size else 0.0,
            "whole_numbers": bool((values == np.floor(values)).all()),
        },
        "obs": {name: describe(adata.obs[name]) for name in adata.obs.columns},
        "var": {name: describe(adata.var[name]) for name in adata.var.columns},
        "obs_names_unique": bool(adata.obs_names.is_unique),
        "var_names_unique": bool(adata.var_names.is_unique),
        "obsm": {name: [*map(int, value.shape), str(value.dtype)] for name, value in adata.obsm.items()},
        "layers": {name: [*map(int, value.shape), str(value.dtype)] for name, value in adata.layers.items()},
        "uns": plain(adata.uns),
    }


def describe(column):
    if str(column.dtype) == "category":
        counts = column.value_counts(sort=False)
        return {"categories": {str(name): int(count) for name, count in counts.items()}, "missing": int(column.isna().sum())}
    return str(column.dtype)


def plain(value):
    import numpy as np

    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return value


def analyse(adata, label):
    """The steps of scanpy's tutorial. Its own dependencies warn about themselves: that is not this file's fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        import scanpy as sc

        steps = {}

        def timed(name, step):
            start = time.perf_counter()
            step()
            steps[name] = round(time.perf_counter() - start, 2)

        timed("normalize_total", lambda: sc.pp.normalize_total(adata, target_sum=1e4))
        timed("log1p", lambda: sc.pp.log1p(adata))
        timed("highly_variable_genes", lambda: sc.pp.highly_variable_genes(adata, n_top_genes=min(2000, adata.n_vars)))
        timed("pca", lambda: sc.pp.pca(adata, n_comps=min(30, min(adata.shape) - 1)))
        timed("neighbors", lambda: sc.pp.neighbors(adata))
        timed("umap", lambda: sc.tl.umap(adata))
        try:
            timed("leiden", lambda: sc.tl.leiden(adata, flavor="igraph", n_iterations=2, directed=False))
        except ImportError as error:
            steps["leiden"] = f"not run: {error}"
        result = {"steps_seconds": steps}
        if "leiden" in adata.obs:
            result["leiden_clusters"] = int(adata.obs["leiden"].nunique())
            if label in adata.obs:
                from sklearn.metrics import adjusted_rand_score

                known = adata.obs[label].notna()
                result["leiden_ari"] = float(adjusted_rand_score(adata.obs[label][known].astype(str), adata.obs["leiden"][known]))
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--scanpy", action="store_true", help="run scanpy's standard steps")
    parser.add_argument("--label", default="cell_type", help="column of obs to compare Leiden clusters with")
    arguments = parser.parse_args()

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        import anndata

    start = time.perf_counter()
    adata = anndata.read_h5ad(arguments.path)
    result = {"anndata": importlib.metadata.version("anndata"), "read_seconds": round(time.perf_counter() - start, 2), **summary_of(adata)}
    backed = anndata.read_h5ad(arguments.path, backed="r")
    assert backed.shape == adata.shape, "backed mode sees another shape"
    if backed.n_obs:
        first = backed[:1].to_memory()
        assert (first.obs_names == adata.obs_names[:1]).all(), "backed mode sees other cells"
    backed.file.close()
    if arguments.scanpy:
        result["scanpy"] = analyse(adata, arguments.label)
    json.dump(result, sys.stdout, indent=2, ensure_ascii=False, default=str)
    print()


if __name__ == "__main__":
    main()
