"""Opens an AnnData file or store with the anndata package, backed, and sums its counts piece by piece: what a user's Python would see.

Prints one JSON object. Usage: python check_file.py <file.h5ad or store.zarr>
"""

import importlib.metadata
import json
import sys

import anndata
import h5py
import numpy


def main(path: str) -> None:
    if path.endswith(".zarr"):
        import zarr

        store = zarr.open(path, mode="r")
        group = store["X"]
        obs = anndata.io.read_elem(store["obs"])
        matrix = anndata.io.sparse_dataset(group)
        shape = matrix.shape
        first, last = matrix[:5], matrix[shape[0] - 5 :]
        data, indices, indptr = group["data"], group["indices"], group["indptr"]
    else:
        cells = anndata.read_h5ad(path, backed="r")
        obs, shape = cells.obs, cells.shape
        first, last = cells[:5].to_memory().X, cells[cells.n_obs - 5 :].to_memory().X
        group = h5py.File(path, "r")["X"]
        data, indices, indptr = group["data"], group["indices"], group["indptr"]
    step = 1 << 24
    total = 0.0
    largest = -1
    for start in range(0, data.shape[0], step):
        total += float(numpy.asarray(data[start : start + step]).sum(dtype="float64"))
        largest = max(largest, int(numpy.asarray(indices[start : start + step]).max()))
    pointers = numpy.asarray(indptr[:])
    print(
        json.dumps(
            {
                "anndata": importlib.metadata.version("anndata"),
                "cells": int(shape[0]),
                "genes": int(shape[1]),
                "nonzeros": int(data.shape[0]),
                "total": total,
                "pointers": str(pointers.dtype),
                "lastPointer": int(pointers[-1]),
                "ascending": bool((numpy.diff(pointers) >= 0).all()),
                "largestIndex": largest,
                "names": int(obs.index.nunique()),
                "firstRows": float(first.sum()),
                "lastRows": float(last.sum()),
            }
        )
    )


main(sys.argv[1])
