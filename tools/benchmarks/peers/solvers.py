"""Integrators over a whole batch, from t = 0 to t = 1. A field is a function (t, y) -> dy/dt with one t for all rows."""

import contextlib
import sys

import torch
from torchdyn.core import NeuralODE


class Field(torch.nn.Module):
    """A field in the form that torchdyn calls."""

    def __init__(self, field):
        super().__init__()
        self.field = field

    def forward(self, t, y, *_args, **_named):
        return self.field(t, y)


def dopri5(field, y, tolerance):
    """Dormand-Prince 5(4) of torchdyn, called as the authors do: one step size for the whole batch, atol = rtol = tolerance."""
    # It prints that such a field has nothing to train; what is printed here is the measurement.
    with contextlib.redirect_stdout(sys.stderr):
        ode = NeuralODE(Field(field), solver='dopri5', sensitivity='adjoint', atol=tolerance, rtol=tolerance)
    return ode.trajectory(y, t_span=torch.linspace(0.0, 1.0, 2, dtype=y.dtype))[-1]


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
