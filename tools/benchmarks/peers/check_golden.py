"""Holds the networks and solvers here to recorded numbers (float64), so that what is timed is the model it claims to be."""

import copy
import json
import math
from pathlib import Path

import torch
from torch.nn import functional

from authors_training import AuthorsAutoencoder
from networks import Autoencoder, VelocityNetwork, gaussian_path, guided_velocity, negative_binomial
from solvers import dopri5, rk4


def check(velocity_file, autoencoder_file, solver_file):
    """Largest deviation by quantity, relative to max(1, |value|). Files that are not given are not checked."""
    torch.set_default_dtype(torch.float64)
    deviations = {}
    if velocity_file is not None:
        deviations |= check_velocity(read(velocity_file))
    if autoencoder_file is not None:
        deviations |= check_autoencoder(read(autoencoder_file))
    if solver_file is not None:
        deviations |= check_solvers(read(solver_file))
    return deviations


def read(path):
    return json.loads(Path(path).read_text(encoding='utf8'))


def deviation(found, expected):
    expected = torch.as_tensor(expected, dtype=torch.float64)
    found = torch.as_tensor(found, dtype=torch.float64).detach()
    if found.shape != expected.shape:
        raise ValueError(f'shape {tuple(found.shape)} instead of {tuple(expected.shape)}')
    return ((found - expected).abs() / expected.abs().clamp_min(1)).max().item()


def renamed(weights, pairs):
    state = {}
    for name, values in weights.items():
        for old, new in pairs:
            name = name.replace(old, new)
        state[name] = torch.tensor(values)
    return state


VELOCITY_NAMES = [
    ('time_embedder', 'time'),
    ('size_factor_embedder', 'size'),
    ('time.0', 'time.first'),
    ('time.2', 'time.second'),
    ('size.0', 'size.first'),
    ('size.2', 'size.second'),
    ('net_in', 'entry'),
    ('net_out.1', 'exit'),
    ('net1.1', 'first'),
    ('cond_proj.1', 'condition'),
    ('net2.1', 'second'),
]


def check_velocity(golden):
    shape = golden['shape']
    x, times = torch.tensor(golden['x']), torch.tensor(golden['t'])[:, 0]
    names = list(golden['embeddings'])
    tables = [torch.tensor(golden['embeddings'][name]) for name in names]
    codes = [torch.tensor(golden['labels'][name]) for name in names]
    low, high = golden['size_factor_min_max']
    sizes = (torch.tensor(golden['log_size_factor']['rna'])[:, 0] - low) / (high - low)
    found = {}
    for variant, with_sizes in [('plain', False), ('with_size_factor', True)]:
        expected = golden[variant]
        network = VelocityNetwork(
            shape['latent'], shape['hidden'], shape['embedding'], shape['blocks'], [len(table) for table in tables], with_sizes
        )
        state = renamed(expected['weights'], VELOCITY_NAMES)
        network.load_state_dict(state | {f'attributes.{k}.weight': table for k, table in enumerate(tables)})
        given = sizes if with_sizes else None
        outputs = {'unconditional': network(x, times, None, given)}
        for k, name in enumerate(names):
            outputs[f'cond_{name}'] = network(x, times, (k, codes[k]), given)
        for name, output in outputs.items():
            found[f'velocity {variant} {name}'] = deviation(output, expected[name])
        loss = functional.mse_loss(outputs['cond_cell_type'], torch.tensor(expected['target']))
        loss.backward()
        found[f'velocity {variant} loss'] = deviation(loss, expected['loss_cell_type'])
        parameters = dict(network.named_parameters())
        found[f'velocity {variant} gradients'] = max(
            deviation(parameters[name].grad, gradient) for name, gradient in renamed(expected['gradients'], VELOCITY_NAMES).items()
        )
        guided = expected['guided_t0.5']
        guidance = [(guided['weights'][name], k, codes[k]) for k, name in enumerate(names)]
        field = guided_velocity(network, x, torch.full((len(x),), 0.5), guidance, given)
        found[f'velocity {variant} guided'] = deviation(field, guided['v'])
    path = golden['path']
    z, target = gaussian_path(torch.tensor(path['z1']), torch.tensor(path['noise']), torch.tensor(path['t'])[:, 0], path['sigma'])
    return found | {'path z_t': deviation(z, path['z_t']), 'path target': deviation(target, path['u_t'])}


def check_autoencoder(golden):
    shape = golden['shape']
    network = Autoencoder(shape['genes'], shape['hidden'], shape['latent'])
    last = len(shape['hidden'])
    pairs = [(f'net.{last}.', 'out.'), ('theta', 'log_theta')]
    pairs += [(f'net.{i}.0', f'hidden.{i}.linear') for i in range(last)] + [(f'net.{i}.1', f'hidden.{i}.norm') for i in range(last)]
    network.load_state_dict(renamed(golden['weights_before'], pairs), strict=False)
    x, size_factors = torch.tensor(golden['x']), torch.tensor(golden['size_factor'])
    settings = golden['optimizer']
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings['lr'], weight_decay=settings['weight_decay'], fused=True)
    # A pass in training mode moves the running statistics.
    untouched = copy.deepcopy(network)
    loss = network.loss(x)
    loss.backward()
    parameters = dict(network.named_parameters())
    found = {
        'autoencoder size factors': deviation(x.sum(dim=1, keepdim=True), size_factors),
        'autoencoder loss': deviation(loss, golden['loss']),
        'autoencoder gradients': max(
            deviation(parameters[name].grad, gradient) for name, gradient in renamed(golden['gradients_before_clip'], pairs).items()
        ),
        'negative binomial': deviation(
            negative_binomial(x, torch.tensor(golden['mu']).log(), torch.tensor(golden['weights_before']['theta']).exp()),
            golden['log_likelihood'],
        ),
    }
    batch = {'X': x, 'X_norm': torch.log1p(x)}
    authors = AuthorsAutoencoder(shape['genes'])
    authors.network = untouched
    found["the authors' autoencoder loss"] = deviation(authors.loss(batch), golden['loss_by_scvi'])
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), settings['max_norm'])
    optimiser.step()
    state = network.state_dict()
    found['autoencoder gradient norm'] = deviation(norm, golden['total_norm'])
    found['autoencoder weights after a step'] = max(
        deviation(state[name], value) for name, value in renamed(golden['weights_after'], pairs).items()
    )
    network.eval()
    z = network.encode(x)
    found['autoencoder inference z'] = deviation(z, golden['inference_after']['z'])
    found['autoencoder inference mu'] = deviation(network.log_means(z, size_factors).exp(), golden['inference_after']['mu'])
    return found


FIELDS = {
    'decay': lambda t, y: -3 * y,
    'oscillator': lambda t, y: torch.stack([y[:, 1], -25 * y[:, 0]], dim=1),
    'time_dependent': lambda t, y: 3 * math.cos(10 * t) * y,
    'logistic': lambda t, y: 8 * y * (1 - y),
    'zero': lambda t, y: 0 * y,
}


def check_solvers(golden):
    """The adaptive solver is the package that the authors call: as many evaluations as on record, and the same end within its tolerance."""
    found = {}
    for name, field in FIELDS.items():
        result = golden['results'][name]
        y0, evaluations = torch.tensor(result['y0']), 0

        def counted(t, y):
            nonlocal evaluations
            evaluations += 1
            return field(t, y)

        recorded = result['torchdyn_dopri5']
        end = dopri5(counted, y0, golden['rtol'])
        found[f'dopri5 {name} evaluations'] = deviation(torch.tensor(float(evaluations)), float(recorded['field_evaluations']))
        if (end - torch.tensor(recorded['y1'])).abs().max() > golden['rtol']:
            raise ValueError(f'dopri5 does not end where it is on record on the field "{name}"')
        found[f'rk4 {name}'] = deviation(rk4(field, y0, 10), result['rk4_classical_10_steps']['y1'])
    return found
