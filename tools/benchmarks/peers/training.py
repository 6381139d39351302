"""Training as a careful PyTorch user would write it, timed. Settings: the `paper` preset of CFGen."""

import copy
import time

import torch
from torch.nn import functional

from networks import Autoencoder, VelocityNetwork, gaussian_path

BATCH = 256
HIDDEN, LATENT = [512, 256], 50
FLOW = {'hidden': 64, 'embedding': 100, 'blocks': 3}
SIGMA_MIN = 1e-4
CONDITION_PROBABILITY = 0.8


class AutoencoderTraining:
    """Dense counts in memory, fused AdamW, clipped gradients, 90/10 split, best weights by validation loss."""

    def __init__(self, counts):
        order = torch.randperm(len(counts))
        held_out = round(0.1 * len(counts))
        self.counts, self.validation, self.fitted = counts, order[:held_out], order[held_out:]
        self.network = Autoencoder(counts.shape[1], HIDDEN, LATENT)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=1e-3, weight_decay=1e-5, fused=True)
        self.best, self.best_loss = None, float('inf')

    def step(self, rows):
        self.optimiser.zero_grad()
        loss = self.network.loss(self.counts[rows])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        return loss.detach()

    def epoch(self):
        """Runs one epoch. Answers seconds of each step, and of the epoch with its validation."""
        started = time.perf_counter()
        order = self.fitted[torch.randperm(len(self.fitted))]
        batch = min(BATCH, len(order))
        self.network.train()
        steps = []
        for i in range(len(order) // batch):
            before = time.perf_counter()
            self.step(order[i * batch : (i + 1) * batch])
            steps.append(time.perf_counter() - before)
        loss = self.validate()
        if loss < self.best_loss:
            self.best, self.best_loss = copy.deepcopy(self.network.state_dict()), loss
        return steps, time.perf_counter() - started

    @torch.no_grad()
    def validate(self):
        self.network.eval()
        return self.network.loss(self.counts[self.validation]).item()

    @torch.no_grad()
    def encode_all(self):
        """Latents of all cells, by the best weights."""
        self.network.load_state_dict(self.best)
        self.network.eval()
        return torch.cat([self.network.encode(block) for block in self.counts.split(BATCH)])


class FlowTraining:
    """Antithetic times, one attribute shown to a whole batch or none, mean squared error."""

    def __init__(self, latents, codes):
        self.latents, self.codes = latents, codes
        self.batch = min(BATCH, len(latents))
        self.order, self.place = None, len(latents)
        self.network = VelocityNetwork(latents.shape[1], **FLOW, categories=[int(codes.max()) + 1], size_factors=False)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=1e-4, weight_decay=1e-6, fused=True)

    def next_rows(self):
        if self.place + self.batch > len(self.latents):
            self.order, self.place = torch.randperm(len(self.latents)), 0
        self.place += self.batch
        return self.order[self.place - self.batch : self.place]

    def step(self):
        rows = self.next_rows()
        latents = self.latents[rows]
        times = (torch.rand(1) + torch.arange(self.batch)) / self.batch
        z, target = gaussian_path(latents, torch.randn_like(latents), times, SIGMA_MIN)
        shown = (0, self.codes[rows]) if torch.rand(1).item() < CONDITION_PROBABILITY else None
        self.optimiser.zero_grad()
        loss = functional.mse_loss(self.network(z, times, shown), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        return loss.detach()

    def seconds(self, steps, warm_up):
        for _ in range(warm_up):
            self.step()
        taken = []
        for _ in range(steps):
            before = time.perf_counter()
            self.step()
            taken.append(time.perf_counter() - before)
        return taken


def measure_training(cells, epochs, flow_steps):
    """Seconds of each step and epoch after warm-up (one epoch, a tenth of the flow's steps)."""
    autoencoder = AutoencoderTraining(cells.dense())
    steps, epoch_seconds = [], []
    for epoch in range(epochs + 1):
        of_steps, of_epoch = autoencoder.epoch()
        if epoch > 0:
            steps += of_steps
            epoch_seconds.append(of_epoch)
    flow = FlowTraining(autoencoder.encode_all(), torch.from_numpy(cells.codes))
    cached = flow.seconds(flow_steps, max(1, flow_steps // 10))
    per_epoch = len(cells.codes) // flow.batch
    flow_epochs = [sum(cached[i : i + per_epoch]) for i in range(0, len(cached) - per_epoch + 1, per_epoch)]
    return {'autoencoderStep': steps, 'autoencoderEpoch': epoch_seconds, 'flowStep': cached, 'flowEpoch': flow_epochs}
