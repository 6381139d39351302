"""
Training as the authors' code does it, re-expressed: Lightning, four loader workers that hand over cell by cell, dense float32 counts,
AdamW as PyTorch makes it, anomaly detection on, the likelihood of scvi-tools, a flow that encodes every batch anew. Left out, in their
favour: their logger (it needs an account), files of checkpoints, the progress bar.
"""

import time

import numpy
import pytorch_lightning
import torch
from scvi.distributions import NegativeBinomial
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, random_split

from networks import Autoencoder, VelocityNetwork
from training import BATCH, CONDITION_PROBABILITY, FLOW, HIDDEN, LATENT, SIGMA_MIN

WORKERS = 4


class AuthorsAutoencoder(pytorch_lightning.LightningModule):
    def __init__(self, genes):
        super().__init__()
        self.network = Autoencoder(genes, HIDDEN, LATENT)

    def loss(self, batch):
        counts = batch['X']
        size_factors = counts.sum(1).unsqueeze(1)
        logits = self.network.decoder(self.network.encoder(batch['X_norm']))
        means = functional.softmax(logits, dim=1) * size_factors
        return -NegativeBinomial(mu=means, theta=torch.exp(self.network.log_theta)).log_prob(counts).sum(1).mean()

    def training_step(self, batch, _index):
        loss = self.loss(batch)
        self.log('train/loss', loss, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch, _index):
        loss = self.loss(batch)
        self.log('valid/loss', loss, on_epoch=True, prog_bar=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3, weight_decay=1e-5)


class AuthorsFlow(pytorch_lightning.LightningModule):
    def __init__(self, autoencoder, categories):
        super().__init__()
        self.autoencoder = autoencoder.requires_grad_(False).eval()
        self.velocity = VelocityNetwork(LATENT, **FLOW, categories=[categories], size_factors=False)

    def loss(self, batch):
        with torch.no_grad():
            latents = batch['z'] if 'z' in batch else self.autoencoder.encoder(batch['X_norm'])
            # Computed for every batch, for size-factor conditioning, which the shipped settings leave off.
            torch.log(batch['X'].sum(1).unsqueeze(1))
        return self.loss_of(latents, batch['y'])

    def loss_of(self, latents, codes):
        size = len(latents)
        times = torch.arange(numpy.random.uniform(0, 1 / size), 1.0, 1.0 / size)[:size]
        # Their solver of couplings, switched off, is handed noise that is then drawn again.
        torch.randn_like(latents)
        t, keep = times.unsqueeze(1), 1 - SIGMA_MIN
        z = t * latents + (1 - keep * t) * torch.randn_like(latents)
        target = (latents - keep * z) / (1 - keep * t)
        shown = torch.bernoulli(torch.tensor([CONDITION_PROBABILITY])).item()
        return functional.mse_loss(target, self.velocity(z, times, (0, codes) if shown else None))

    def training_step(self, batch, _index):
        loss = self.loss(batch)
        self.log_dict({'batch_size': float(len(batch['X'])), 'train/loss': loss}, prog_bar=True)
        return loss

    def validation_step(self, batch, _index):
        self.log_dict({'valid/loss': self.loss(batch)}, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-4, weight_decay=1e-6)


class CellByCell(Dataset):
    def __init__(self, counts, codes):
        self.counts, self.codes = counts, codes

    def __len__(self):
        return len(self.counts)

    def __getitem__(self, i):
        return {'X': self.counts[i], 'X_norm': torch.log1p(self.counts[i]), 'y': self.codes[i]}


class EndsOfBatches(pytorch_lightning.Callback):
    """When each batch and each epoch ended, epoch by epoch."""

    def __init__(self):
        self.batches, self.epochs = [[]], []

    def on_train_batch_end(self, *_args):
        self.batches[-1].append(time.perf_counter())

    def on_train_epoch_end(self, *_args):
        self.epochs.append(time.perf_counter())
        self.batches.append([])

    def seconds(self):
        """Steps and epochs, loading included, after a first epoch of warm-up; the first step of an epoch also starts the workers and is left out."""
        steps = [later - earlier for ends in self.batches[1:] for earlier, later in zip(ends, ends[1:])]
        return steps, [later - earlier for earlier, later in zip(self.epochs, self.epochs[1:])]


def fit(module, counts, codes, epochs):
    """Trains as shipped; answers seconds of steps and epochs."""
    parts = random_split(CellByCell(counts, codes), [0.9, 0.1])
    size = min(BATCH, len(parts[0]))
    training, validation = (DataLoader(part, size, shuffle=i == 0, num_workers=WORKERS, drop_last=True) for i, part in enumerate(parts))
    ends = EndsOfBatches()
    trainer = pytorch_lightning.Trainer(
        **{'max_epochs': epochs, 'accelerator': 'cpu', 'devices': 1, 'detect_anomaly': True, 'gradient_clip_val': 1},
        **{'log_every_n_steps': 1, 'check_val_every_n_epoch': 1, 'callbacks': [ends], 'logger': False},
        **{'enable_checkpointing': False, 'enable_progress_bar': False, 'enable_model_summary': False},
    )
    trainer.fit(module, training, validation)
    return ends.seconds()


def bare_steps(module, loss_of_rows, cells, steps):
    """Seconds of their step alone: batches by index, no Lightning, no anomaly detection; a tenth more for warm-up."""
    torch.autograd.set_detect_anomaly(False)
    optimiser, taken = module.configure_optimizers(), []
    size, warm_up = min(BATCH, cells), max(1, steps // 10)
    for i in range(steps + warm_up):
        rows = torch.randperm(cells)[:size]
        started = time.perf_counter()
        loss = loss_of_rows(rows)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        if i >= warm_up:
            taken.append(time.perf_counter() - started)
    return taken


def measure_authors_training(cells, epochs, flow_epochs, flow_steps):
    """Seconds of steps and epochs, as shipped and bare."""
    counts, codes = cells.dense(), torch.from_numpy(cells.codes)
    pytorch_lightning.seed_everything(0, verbose=False)
    autoencoder = AuthorsAutoencoder(counts.shape[1])
    step, epoch = fit(autoencoder, counts, codes, epochs + 1)
    flow = AuthorsFlow(autoencoder.network, int(codes.max()) + 1)
    encoding_step, flow_epoch = fit(flow, counts, codes, flow_epochs + 1)

    def batch(rows):
        return {'X': counts[rows], 'X_norm': torch.log1p(counts[rows]), 'y': codes[rows]}

    latents = torch.cat([flow.autoencoder.encode(block) for block in counts.split(BATCH)]).detach()
    cached = bare_steps(flow, lambda rows: flow.loss_of(latents[rows], codes[rows]), len(counts), flow_steps)
    looked_up = bare_steps(flow, lambda rows: flow.loss({'X': counts[rows], 'z': latents[rows], 'y': codes[rows]}), len(counts), flow_steps)
    encoding = bare_steps(flow, lambda rows: flow.loss(batch(rows)), len(counts), max(1, flow_steps // 4))
    again = AuthorsAutoencoder(counts.shape[1])
    bare = bare_steps(again, lambda rows: again.loss(batch(rows)), len(counts), max(1, len(step)))
    return {
        **{'autoencoderStep': step, 'autoencoderEpoch': epoch, 'bareAutoencoderStep': bare},
        **{'encodingFlowStep': encoding_step, 'flowEpoch': flow_epoch, 'bareEncodingFlowStep': encoding},
        **{'lookedUpFlowStep': looked_up, 'cachedFlowStep': cached},
    }
