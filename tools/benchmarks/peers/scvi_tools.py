"""scVI of scvi-tools by its public functions: training, and drawing cells from its posterior predictive distribution."""

import time

import anndata
import numpy
import scipy.sparse
import scvi
import torch

from files import write_cells
from generation import facts_of
from training import BATCH

N_LATENT = 10


def new_model(cells):
    """Its own sizes (one hidden layer of 128), with the likelihood that CFGen has."""
    data = anndata.AnnData(cells.counts.astype(numpy.float32))
    scvi.model.SCVI.setup_anndata(data)
    return scvi.model.SCVI(data, n_latent=N_LATENT, gene_likelihood='nb')


def train(model, epochs):
    """Seconds of steps and epochs after a first epoch of warm-up."""
    # Here, because the callback is of the other of Lightning's two packages.
    import lightning

    class Ends(lightning.pytorch.Callback):
        batches, epochs = [[]], []

        def on_train_batch_end(self, *_args):
            self.batches[-1].append(time.perf_counter())

        def on_train_epoch_end(self, *_args):
            self.epochs.append(time.perf_counter())
            self.batches.append([])

    ends = Ends()
    model.train(
        **{'max_epochs': epochs, 'batch_size': BATCH, 'accelerator': 'cpu', 'devices': 1, 'callbacks': [ends]},
        **{'logger': False, 'enable_progress_bar': False, 'enable_model_summary': False},
    )
    # The last batch of an epoch is a smaller one.
    steps = [later - earlier for times in ends.batches[1:] for earlier, later in zip(times, times[1:-1])]
    return {'step': steps, 'epoch': [later - earlier for earlier, later in zip(ends.epochs, ends.epochs[1:])]}


def measure_training(cells, epochs):
    seconds = train(new_model(cells), epochs + 1)
    return {'autoencoderStep': seconds['step'], 'autoencoderEpoch': seconds['epoch']}


def generate(model, genes, cells, out, seed):
    """Each generated cell is drawn from the posterior of a training cell, taken at random."""
    started = time.perf_counter()
    scvi.settings.seed = seed
    torch.manual_seed(seed)
    drawn = model.posterior_predictive_sample(indices=numpy.random.default_rng(seed).integers(model.adata.n_obs, size=cells))
    counts = scipy.sparse.csr_matrix(drawn.to_scipy_sparse())
    sampled = time.perf_counter()
    write_cells(out, counts, genes, numpy.asarray(counts.sum(axis=1)))
    written = time.perf_counter()
    return {'seconds': {'total': [written - started], 'writing': [written - sampled]}, 'facts': facts_of(counts)}
