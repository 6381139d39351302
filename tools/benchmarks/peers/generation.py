"""From a model folder to an AnnData file, timed by part."""

import time

import anndata
import numpy
import pandas
import scipy.sparse
import torch

from files import ModelFolder
from networks import guided_velocity
from solvers import dopri5, rk4


@torch.no_grad()
def generate(folder, cells, out, solver, steps, tolerance, seed):
    """
    All cells in one batch, as the authors do. `dopri5`: adaptive, with the guided field of the paper, two passes an evaluation.
    `rk4`: fixed steps; at guidance weight 1 the guided field is the conditional one, one pass.
    """
    started = time.perf_counter()
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = ModelFolder(folder)
    codes, size_factors = model.draw_conditions(cells, generator)
    passes = 0

    def field(t, z):
        nonlocal passes
        times = torch.full((cells,), float(t))
        if solver == 'dopri5':
            passes += 2
            return guided_velocity(model.velocity, z, times, [(1.0, 0, codes)])
        passes += 1
        return model.velocity(z, times, (0, codes))

    noise = torch.randn(cells, model.latent, generator=generator)
    before = time.perf_counter()
    latents = dopri5(field, noise, tolerance) if solver == 'dopri5' else rk4(field, noise, steps)
    integrated = time.perf_counter()
    means = model.autoencoder.log_means(latents, size_factors).exp()
    decoded = time.perf_counter()
    theta = model.autoencoder.log_theta.exp()
    # A mean that underflows to 0 would be a rate of infinity.
    rates = torch.distributions.Gamma(theta, theta / means.clamp_min(1e-30), validate_args=False).sample()
    counts = scipy.sparse.csr_matrix(torch.poisson(rates).numpy())
    drawn = time.perf_counter()
    write(model, counts, codes, size_factors, out)
    written = time.perf_counter()
    return {
        'seconds': {
            'total': written - started,
            'field': integrated - before,
            'decoding': decoded - integrated,
            'drawing': drawn - decoded,
            'writing': written - drawn,
        },
        'facts': {
            'passesPerCell': passes,
            'meanTotal': float(counts.sum() / cells),
            'zeros': 1 - counts.nnz / (cells * counts.shape[1]),
        },
    }


def write(model, counts, codes, size_factors, out):
    attribute = model.description['attributes'][0]
    obs = pandas.DataFrame(
        {
            attribute['name']: pandas.Categorical.from_codes(codes.numpy(), attribute['categories']),
            'size_factor': size_factors[:, 0].numpy(),
            'is_synthetic': numpy.ones(len(codes), dtype=bool),
        },
        index=[f'synthetic_{i}' for i in range(len(codes))],
    )
    anndata.AnnData(counts, obs=obs, var=pandas.DataFrame(index=model.genes)).write_h5ad(out)
