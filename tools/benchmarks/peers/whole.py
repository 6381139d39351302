"""From a data file to a file of generated cells, in one go."""

import time

import torch

import generation
from files import fitted_model, training_cells
from training import LATENT


def lean(cells, epochs, flow_epochs):
    from training import AutoencoderTraining, FlowTraining

    autoencoder = AutoencoderTraining(cells.dense())
    for _ in range(epochs):
        autoencoder.epoch()
    flow = FlowTraining(autoencoder.encode_all(), torch.from_numpy(cells.codes))
    for _ in range(flow_epochs * (len(cells.codes) // flow.batch)):
        flow.step()
    return fitted_model(autoencoder.network, flow.network, LATENT, cells)


def authors(cells, epochs, flow_epochs):
    from authors_training import AuthorsAutoencoder, AuthorsFlow, fit

    counts, codes = cells.dense(), torch.from_numpy(cells.codes)
    autoencoder = AuthorsAutoencoder(counts.shape[1])
    fit(autoencoder, counts, codes, epochs)
    flow = AuthorsFlow(autoencoder.network, len(cells.categories))
    fit(flow, counts, codes, flow_epochs)
    return fitted_model(autoencoder.network, flow.velocity, LATENT, cells)


def measure_whole(peer, source, epochs, flow_epochs, generated, out, steps, seed):
    """`source`: arguments of `training_cells`. Seconds of everything, and of the training."""
    started = time.perf_counter()
    cells = training_cells(*source)
    if peer == 'scvi':
        import scvi_tools

        model = scvi_tools.new_model(cells)
        scvi_tools.train(model, epochs)
        trained = time.perf_counter()
        result = scvi_tools.generate(model, cells.genes, generated, out, seed)
    else:
        model = (authors if peer == 'authors' else lean)(cells, epochs, flow_epochs)
        trained = time.perf_counter()
        result = generation.generate(model, generated, out, peer == 'authors', steps, seed)
    return {'seconds': {'total': [time.perf_counter() - started], 'training': [trained - started]}, 'facts': result['facts']}
