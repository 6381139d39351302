"""What the benchmark reads: cells of an AnnData file, and a model folder of CFGen."""

import csv
import json
from pathlib import Path

import anndata
import numpy
import torch
from safetensors.torch import load_file

from networks import Autoencoder, VelocityNetwork


def training_cells(data, split, label, min_cells):
    """Dense counts [N, G] of the `train` cells, in the genes seen in at least `min_cells` cells of the whole file, and label codes [N]."""
    cells = anndata.read_h5ad(data)
    genes = numpy.asarray((cells.X > 0).sum(axis=0)).ravel() >= min_cells
    with open(split, encoding='utf8') as lines:
        part = {row['barcode']: row['split'] for row in csv.DictReader(lines, delimiter='\t')}
    train = numpy.array([part[name] == 'train' for name in cells.obs_names])
    counts = torch.from_numpy(cells.X[train][:, genes].toarray().astype(numpy.float32))
    codes = cells.obs[label][train].astype('category').cat.codes.to_numpy()
    return counts, torch.from_numpy(codes.astype(numpy.int64))


class ModelFolder:
    """A trained model: both networks in inference mode, and the priors."""

    def __init__(self, folder):
        folder = Path(folder)
        self.description = json.loads((folder / 'model.json').read_text(encoding='utf8'))
        settings, attributes = self.description['settings'], self.description['attributes']
        self.genes = self.description['features']['names']
        self.latent = settings['autoencoder']['latent']
        self.autoencoder = Autoencoder(len(self.genes), settings['autoencoder']['hidden'], self.latent)
        self.autoencoder.load_state_dict(autoencoder_state(load_file(folder / 'autoencoder.safetensors')))
        flow = settings['flow']
        categories = [len(attribute['categories']) for attribute in attributes]
        self.velocity = VelocityNetwork(self.latent, flow['hidden'], flow['embedding'], flow['blocks'], categories, flow['sizeFactorConditioning'])
        self.velocity.load_state_dict(velocity_state(load_file(folder / 'flow.safetensors')))
        self.autoencoder.eval()
        self.velocity.eval()

    def draw_conditions(self, cells, generator):
        """Codes of the first attribute by training counts [cells], and log-normal size factors [cells, 1]."""
        attribute = self.description['attributes'][0]
        codes = torch.multinomial(torch.tensor(attribute['counts'], dtype=torch.float64), cells, replacement=True, generator=generator)
        prior = self.description['sizeFactorPrior']
        group = codes if prior['by'] == 0 else torch.zeros_like(codes)
        mean = torch.tensor([g['mean'] for g in prior['groups']])[group]
        deviation = torch.tensor([g['deviation'] for g in prior['groups']])[group]
        return codes, (mean + deviation * torch.randn(cells, generator=generator)).exp()[:, None]


def autoencoder_state(stored):
    """Names and orientation of CFGen's files to those of `Autoencoder`."""
    parts = {
        'weight': 'linear.weight',
        'bias': 'linear.bias',
        'gamma': 'norm.weight',
        'beta': 'norm.bias',
        'running_mean': 'norm.running_mean',
        'running_variance': 'norm.running_var',
    }
    state = {}
    for name, tensor in stored.items():
        pieces = name.split('.')
        if len(pieces) == 3 and pieces[1].isdigit():
            name = f'{pieces[0]}.hidden.{pieces[1]}.{parts[pieces[2]]}'
            state[f'{pieces[0]}.hidden.{pieces[1]}.norm.num_batches_tracked'] = torch.tensor(0)
        state[name] = turned(name, tensor)
    return state


def velocity_state(stored):
    """Names and orientation of CFGen's files to those of `VelocityNetwork`."""
    state = {}
    for name, tensor in stored.items():
        pieces = name.split('.')
        if pieces[0] == 'attribute':
            state[f'attributes.{pieces[1]}.weight'] = tensor
            continue
        pieces[0] = {'in': 'entry', 'out': 'exit'}.get(pieces[0], pieces[0])
        state['.'.join(pieces)] = turned(name, tensor)
    return state


def turned(name, tensor):
    """CFGen stores Linear weights as [inputs, outputs], PyTorch as [outputs, inputs]."""
    return tensor.T.contiguous() if name.endswith('.weight') and tensor.dim() == 2 else tensor
