"""Inverted dropout: survivors are scaled up in training, so that inference does nothing.

Source: Srivastava et al. 2014, Dropout, JMLR 15:1929–1958.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluators.reference.arrays import Array, Cache

if TYPE_CHECKING:
    import numpy as np


def dropout_forward(x: Array, rate: float, draws: np.random.Generator | None) -> tuple[Array, Cache]:
    """Return `x` with each number zeroed with probability `rate`, the others divided by `1 − rate`.

    Args:
        x: any shape.
        rate: probability of dropping, in `[0, 1)`.
        draws: source of randomness in training; None at inference, where `x` comes back untouched.
    """
    if draws is None or rate == 0.0:
        return x, (None,)
    mask = (draws.random(x.shape) >= rate) / (1.0 - rate)
    mask = mask.astype(x.dtype, copy=False)
    return x * mask, (mask,)


def dropout_backward(dout: Array, cache: Cache) -> tuple[Array]:
    """Return the gradient with respect to `x`: the same mask."""
    (mask,) = cache
    return (dout if mask is None else dout * mask,)
