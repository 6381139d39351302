"""The networks of CFGen in plain PyTorch, from their formulas: what a PyTorch user of the same model would run.

Tensors carry the names of CFGen's model files, so a trained model folder can be loaded (`model_folder.py`).
"""

import math

import torch
from torch import nn
from torch.nn import functional


class HiddenLayer(nn.Module):
    """Linear, BatchNorm1d, ELU."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs, eps=1e-5, momentum=0.1)

    def forward(self, x):
        return functional.elu(self.norm(self.linear(x)))


class Perceptron(nn.Module):
    """Hidden layers, then a plain linear one. `widths`: inputs first, outputs last."""

    def __init__(self, widths):
        super().__init__()
        self.hidden = nn.ModuleList(HiddenLayer(a, b) for a, b in zip(widths[:-2], widths[1:-1]))
        self.out = nn.Linear(widths[-2], widths[-1])

    def forward(self, x):
        for layer in self.hidden:
            x = layer(x)
        return self.out(x)


class Autoencoder(nn.Module):
    """Counts [B, G] -> latents [B, D] -> logits [B, G]; one inverse dispersion a gene, stored as its logarithm."""

    def __init__(self, genes, hidden, latent):
        super().__init__()
        self.encoder = Perceptron([genes, *hidden, latent])
        self.decoder = Perceptron([latent, *reversed(hidden), genes])
        self.log_theta = nn.Parameter(torch.randn(genes))

    def encode(self, counts):
        return self.encoder(torch.log1p(counts))

    def log_means(self, latents, size_factors):
        """ln(l softmax(decoder(z))) [B, G]; size factors [B, 1]."""
        return torch.log(size_factors) + functional.log_softmax(self.decoder(latents), dim=1)

    def loss(self, counts):
        """Minus the log-likelihood, summed over genes, mean over cells."""
        size_factors = counts.sum(dim=1, keepdim=True)
        log_means = self.log_means(self.encode(counts), size_factors)
        return -negative_binomial(counts, log_means, self.log_theta.exp()).sum(dim=1).mean()


def negative_binomial(x, log_mu, theta):
    """ln p(x) with mean exp(log_mu) and inverse dispersion theta."""
    log_sum = torch.log(theta + log_mu.exp())
    return (
        theta * (torch.log(theta) - log_sum)
        + x * (log_mu - log_sum)
        + torch.lgamma(x + theta)
        - torch.lgamma(theta)
        - torch.lgamma(x + 1)
    )


class WaveEmbedder(nn.Module):
    """Values [B] -> sin and cos of 1000 times them at E/2 frequencies -> Linear, SiLU, Linear [B, E]."""

    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.register_buffer('frequencies', 1000 * 10 ** -torch.linspace(0, 4, width // 2, dtype=torch.float64), persistent=False)

    def forward(self, values):
        angles = values[:, None] * self.frequencies.to(values.dtype)
        waves = torch.cat([angles.sin(), angles.cos()], dim=1)
        return self.second(functional.silu(self.first(waves)))


class Block(nn.Module):
    """h + W2 silu(W1 silu(h) + Wc silu(emb))."""

    def __init__(self, hidden, embedding):
        super().__init__()
        self.first = nn.Linear(hidden, hidden)
        self.condition = nn.Linear(embedding, hidden)
        self.second = nn.Linear(hidden, hidden)

    def forward(self, h, embedding):
        u = self.first(functional.silu(h)) + self.condition(functional.silu(embedding))
        return h + self.second(functional.silu(u))


class VelocityNetwork(nn.Module):
    """v(z, t, l, y) of the flow: a residual MLP fed by time, size factor (optional) and attribute embeddings."""

    def __init__(self, latent, hidden, embedding, blocks, categories, size_factors):
        super().__init__()
        self.time = WaveEmbedder(embedding)
        self.size = WaveEmbedder(embedding) if size_factors else None
        self.attributes = nn.ModuleList(nn.Embedding(count, embedding) for count in categories)
        self.entry = nn.Linear(latent, hidden)
        self.blocks = nn.ModuleList(Block(hidden, embedding) for _ in range(blocks))
        self.exit = nn.Linear(hidden, latent)
        for name, parameter in self.named_parameters():
            if name.endswith('.bias') or '.second.weight' in name and name.startswith('blocks'):
                nn.init.zeros_(parameter)
            elif not name.startswith('attributes'):
                # A normal cut at two standard deviations, scaled back to variance 1/fan_in.
                deviation = 1 / (0.8796256610342398 * math.sqrt(parameter.shape[1]))
                nn.init.trunc_normal_(parameter, std=deviation, a=-2 * deviation, b=2 * deviation)

    def forward(self, z, times, shown=None, sizes=None):
        """z [B, D], times [B]; shown: None, or (attribute, its codes [B]); sizes [B] where the network is conditioned on them."""
        embedding = self.time(times)
        if self.size is not None:
            embedding = embedding + self.size(sizes)
        if shown is not None:
            attribute, codes = shown
            embedding = embedding + self.attributes[attribute](codes)
        h = self.entry(z)
        for block in self.blocks:
            h = block(h, embedding)
        return self.exit(functional.silu(h))


def gaussian_path(latents, noise, times, sigma):
    """z_t and its target velocity for times [B]."""
    t = times[:, None]
    return t * latents + (1 - (1 - sigma) * t) * noise, latents - (1 - sigma) * noise


def guided_velocity(network, z, times, guidance, sizes=None):
    """v + sum_k w_k (v(y_k) - v), every term computed. guidance: (weight, attribute, codes) each."""
    free = network(z, times, None, sizes)
    return free + sum(weight * (network(z, times, (attribute, codes), sizes) - free) for weight, attribute, codes in guidance)
