"""What the benchmark reads and writes: cells of an AnnData file, a model folder of CFGen, generated cells."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy
import pandas
import scipy.sparse
import torch
from safetensors.torch import load_file

from networks import Autoencoder, VelocityNetwork


@dataclass
class Cells:
    """Counts as sparse rows [N, G], the code of each cell's label [N], and the names of genes and labels."""

    counts: scipy.sparse.csr_matrix
    codes: numpy.ndarray
    genes: list
    label: str
    categories: list

    def dense(self):
        return torch.from_numpy(self.counts.toarray().astype(numpy.float32))


def training_cells(data, split, label, min_cells):
    """The `train` cells, in the genes seen in at least `min_cells` cells of the whole file."""
    cells = anndata.read_h5ad(data)
    genes = numpy.asarray((cells.X > 0).sum(axis=0)).ravel() >= min_cells
    with open(split, encoding='utf8') as lines:
        part = {row['barcode']: row['split'] for row in csv.DictReader(lines, delimiter='\t')}
    train = numpy.array([part[name] == 'train' for name in cells.obs_names])
    labels = cells.obs[label][train].astype(str).astype('category').cat
    counts = scipy.sparse.csr_matrix(cells.X[train][:, genes])
    return Cells(counts, labels.codes.to_numpy().astype(numpy.int64), list(cells.var_names[genes]), label, list(labels.categories))


@dataclass
class Model:
    """Both networks in inference mode, one attribute, and the log-normal prior of size factors by its categories [C]."""

    autoencoder: Autoencoder
    velocity: VelocityNetwork
    latent: int
    genes: list
    attribute: str
    categories: list
    frequencies: torch.Tensor
    log_sizes: tuple

    def draw_conditions(self, cells):
        """Codes [cells] by their frequency, and size factors [cells, 1]."""
        codes = torch.multinomial(self.frequencies, cells, replacement=True)
        mean, deviation = self.log_sizes
        return codes, (mean[codes] + deviation[codes] * torch.randn(cells)).exp()[:, None]


def fitted_model(autoencoder, velocity, latent, cells):
    """A model of networks just trained, with the priors of its training cells."""
    codes, log_sizes = torch.from_numpy(cells.codes), torch.from_numpy(numpy.asarray(cells.counts.sum(axis=1), dtype=numpy.float32)).log()[:, 0]
    of_category = [log_sizes[codes == code] for code in range(len(cells.categories))]
    priors = torch.stack([sizes.mean() for sizes in of_category]), torch.stack([sizes.std() for sizes in of_category])
    frequencies = torch.bincount(codes).double()
    return Model(autoencoder.eval(), velocity.eval(), latent, cells.genes, cells.label, cells.categories, frequencies, priors)


def load_model(folder):
    """A model that CFGen trained."""
    folder = Path(folder)
    description = json.loads((folder / 'model.json').read_text(encoding='utf8'))
    settings, attribute, prior = description['settings'], description['attributes'][0], description['sizeFactorPrior']
    genes, latent = description['features']['names'], settings['autoencoder']['latent']
    autoencoder = Autoencoder(len(genes), settings['autoencoder']['hidden'], latent)
    autoencoder.load_state_dict(autoencoder_state(load_file(folder / 'autoencoder.safetensors')))
    flow, categories = settings['flow'], [len(each['categories']) for each in description['attributes']]
    velocity = VelocityNetwork(latent, flow['hidden'], flow['embedding'], flow['blocks'], categories, flow['sizeFactorConditioning'])
    velocity.load_state_dict(velocity_state(load_file(folder / 'flow.safetensors')))
    if prior['by'] != 0:
        raise ValueError('the size factors of this model do not follow its first attribute')
    log_sizes = tuple(torch.tensor([group[name] for group in prior['groups']]) for name in ('mean', 'deviation'))
    frequencies = torch.tensor(attribute['counts'], dtype=torch.float64)
    return Model(autoencoder.eval(), velocity.eval(), latent, genes, attribute['name'], attribute['categories'], frequencies, log_sizes)


def write_cells(out, counts, genes, size_factors, attribute=None, codes=None, categories=None):
    """Sparse counts [N, G] into an uncompressed `.h5ad`."""
    obs = pandas.DataFrame(
        {'size_factor': numpy.asarray(size_factors).ravel(), 'is_synthetic': numpy.ones(counts.shape[0], dtype=bool)},
        index=[f'synthetic_{i}' for i in range(counts.shape[0])],
    )
    if attribute is not None:
        obs[attribute] = pandas.Categorical.from_codes(codes, categories)
    anndata.AnnData(counts, obs=obs, var=pandas.DataFrame(index=genes)).write_h5ad(out)


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
