"""Integrators over a whole batch, from t = 0 to t = 1. A field is a function (t, y) -> dy/dt with one t for all rows."""

import torch

# Dormand-Prince 5(4): nodes, stages, and the difference between the two orders.
NODES = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
STAGES = [
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]

SAFETY, LARGEST_GROWTH, LARGEST_CUT, ORDER = 0.9, 10.0, 0.2, 5


def dopri5(field, y, tolerance):
    """Adaptive, ONE step size for the whole batch (the error norm is taken over all elements), atol = rtol = tolerance."""
    t, k = 0.0, field(0.0, y)
    step = first_step(field, y, k, tolerance)
    while t < 1:
        # What is left at the end is taken whole, so that rounding cannot leave a sliver.
        step = min(step, 1 - t) if t + step < 1 - 1e-9 else 1 - t
        slopes = [k]
        for node, row in zip(NODES, STAGES):
            stage = weighted_sum(row, slopes).mul_(step).add_(y)
            slopes.append(field(t + node * step, stage))
        error = weighted_sum(ERROR, slopes).mul_(step)
        ratio = scaled_norm(error, tolerance * (1 + torch.maximum(y.abs(), stage.abs())))
        if ratio <= 1:
            t, y, k = (1.0 if t + step >= 1 else t + step), stage, slopes[-1]
        cut = 1.0 if ratio <= 1 else LARGEST_CUT
        step *= LARGEST_GROWTH if ratio == 0 else min(LARGEST_GROWTH, max(cut, SAFETY * ratio ** (-1 / ORDER)))
    return y


def first_step(field, y, k, tolerance):
    """Hairer, Norsett, Wanner, Solving ODEs I, section II.4."""
    scale = tolerance * (1 + y.abs())
    d0, d1 = scaled_norm(y, scale), scaled_norm(k, scale)
    h0 = 1e-6 if d0 < 1e-5 or d1 < 1e-5 else 0.01 * d0 / d1
    d2 = scaled_norm(field(h0, y + h0 * k) - k, scale) / h0
    h1 = max(1e-6, 1e-3 * h0) if max(d1, d2) <= 1e-15 else (0.01 / max(d1, d2)) ** (1 / ORDER)
    return min(100 * h0, h1)


def rk4(field, y, steps):
    """The classical Runge-Kutta formula with `steps` equal steps."""
    h = 1 / steps
    for i in range(steps):
        t = i * h
        k1 = field(t, y)
        k2 = field(t + h / 2, y + h / 2 * k1)
        k3 = field(t + h / 2, y + h / 2 * k2)
        k4 = field(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def weighted_sum(weights, tensors):
    total = None
    for weight, tensor in zip(weights, tensors):
        if weight != 0:
            total = weight * tensor if total is None else total.add_(tensor, alpha=weight)
    return total


def scaled_norm(x, scale):
    return (x / scale).pow(2).mean().sqrt().item()
