"""From a model to an AnnData file, timed by part."""

import time

import scipy.sparse
import torch
from scvi.distributions import NegativeBinomial

from files import write_cells
from networks import guided_velocity
from solvers import dopri5, rk4

# Dense counts of as many cells at a time; the authors' code holds them all until the end.
CELLS_AT_ONCE = 10_000
GUIDANCE, TOLERANCE = 1.0, 1e-5


def integrate_as_authors(model, noise, codes):
    """Adaptive, one step for all, with both terms of the guided field."""
    passes = 0

    def field(t, z):
        nonlocal passes
        passes += 2
        return guided_velocity(model.velocity, z, t.repeat(len(z)), [(GUIDANCE, 0, codes)])

    return dopri5(field, noise, TOLERANCE), passes


def integrate_with_fixed_steps(model, noise, codes, steps):
    """At guidance weight 1 the guided field is the conditional one: one pass an evaluation."""

    def field(t, z):
        return model.velocity(z, torch.full((len(z),), t), (0, codes))

    return rk4(field, noise, steps), 4 * steps


def draw_as_authors(means, theta):
    return NegativeBinomial(mu=means, theta=theta).sample()


def draw(means, theta):
    # A mean that underflows to 0 would be a rate of infinity.
    return torch.poisson(torch.distributions.Gamma(theta, theta / means.clamp_min(1e-30), validate_args=False).sample())


@torch.no_grad()
def generate(model, cells, out, as_authors, steps, seed):
    """
    `as_authors`: adaptive solver, dense counts of all cells kept until the end. Else: fixed steps of RK4, each batch made sparse at once.
    """
    started = time.perf_counter()
    torch.manual_seed(seed)
    codes, size_factors = model.draw_conditions(cells)
    spent = {'field': 0.0, 'decoding': 0.0, 'drawing': 0.0}
    passes, kept = 0, []
    theta = model.autoencoder.log_theta.exp()
    for batch_codes, batch_sizes in zip(codes.split(CELLS_AT_ONCE), size_factors.split(CELLS_AT_ONCE)):
        begun = time.perf_counter()
        noise = torch.randn(len(batch_codes), model.latent)
        latents, used = integrate_as_authors(model, noise, batch_codes) if as_authors else integrate_with_fixed_steps(model, noise, batch_codes, steps)
        integrated = time.perf_counter()
        means = torch.softmax(model.autoencoder.decoder(latents), dim=1) * batch_sizes
        decoded = time.perf_counter()
        counts = (draw_as_authors if as_authors else draw)(means, theta)
        kept.append(counts if as_authors else scipy.sparse.csr_matrix(counts.numpy()))
        drawn = time.perf_counter()
        passes += used * len(batch_codes)
        for part, seconds in zip(spent, (integrated - begun, decoded - integrated, drawn - decoded)):
            spent[part] += seconds
    counts = scipy.sparse.csr_matrix(torch.cat(kept).numpy()) if as_authors else scipy.sparse.vstack(kept, format='csr')
    joined = time.perf_counter()
    write_cells(out, counts, model.genes, size_factors, model.attribute, codes.numpy(), model.categories)
    written = time.perf_counter()
    return {
        'seconds': {'total': [written - started], 'writing': [written - joined]} | {part: [seconds] for part, seconds in spent.items()},
        'facts': {'passesPerCell': passes / cells} | facts_of(counts),
    }


def facts_of(counts):
    """What two sides that draw from one distribution must agree on."""
    cells, genes = counts.shape
    return {'meanTotal': float(counts.sum(dtype='float64') / cells), 'zeros': 1 - counts.nnz / (cells * genes)}


@torch.no_grad()
def solver_difference(model, cells, steps, seed):
    """How far the latents of RK4 end from those of the authors' adaptive solver: mean of |difference|, and of |latent|."""
    torch.manual_seed(seed)
    codes, _ = model.draw_conditions(cells)
    noise = torch.randn(cells, model.latent)
    adaptive, _ = integrate_as_authors(model, noise, codes)
    fixed, _ = integrate_with_fixed_steps(model, noise, codes, steps)
    return {'difference': (fixed - adaptive).abs().mean().item(), 'latent': adaptive.abs().mean().item()}
