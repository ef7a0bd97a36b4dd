"""Batch normalisation: every feature is normalised over the batch; at inference, by running statistics.

Source: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithms 1 and 2; running variance unbiased, as in PyTorch.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array, Cache


class BatchNormState:
    """Running mean and variance `(features,)`, which training updates and inference uses."""

    def __init__(self, features: int, momentum: float = 0.1) -> None:
        self.mean = np.zeros(features)
        self.variance = np.ones(features)
        self.momentum = momentum

    def update(self, mean: Array, variance: Array, count: int) -> None:
        """Move towards the batch's statistics by `momentum`, PyTorch's sense of the word."""
        unbiased = variance * (count / max(count - 1, 1))
        self.mean = (1.0 - self.momentum) * self.mean + self.momentum * mean
        self.variance = (1.0 - self.momentum) * self.variance + self.momentum * unbiased


def batch_norm_forward(
    x: Array, gamma: Array, beta: Array, state: BatchNormState | None = None, training: bool = True, eps: float = 1e-5
) -> tuple[Array, Cache]:
    """Return the normalised array; `x` is `(n, features)` or `(n, channels, height, width)`.

    Raises:
        ValueError: inference without running statistics.
    """
    axes = (0, *range(2, x.ndim))  # everything but the features
    shape = (1, -1) + (1,) * (x.ndim - 2)
    if training:
        mean = x.mean(axis=axes)  # (features,)
        normal = x - mean.reshape(shape)
        variance = np.square(normal).mean(axis=axes)  # (features,), biased
        if state is not None:
            state.update(mean, variance, x.size // x.shape[1])
    elif state is None:
        raise ValueError("inference needs the running statistics of training")
    else:
        normal = x - state.mean.reshape(shape).astype(x.dtype)
        variance = state.variance
    inverse = (1.0 / np.sqrt(variance + eps)).reshape(shape).astype(x.dtype, copy=False)
    normal *= inverse
    out = normal * gamma.reshape(shape) + beta.reshape(shape)
    return out, (normal, inverse, gamma, axes, training)


def batch_norm_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Return the gradients with respect to `x`, `gamma` and `beta`."""
    normal, inverse, gamma, axes, training = cache
    dgamma = (dout * normal).sum(axis=axes)  # (features,)
    dbeta = dout.sum(axis=axes)  # (features,)
    dx = dout * (gamma.reshape(inverse.shape) * inverse)
    if training:  # mean and variance move with x; running statistics do not
        count = normal.size // normal.shape[1]
        scale = gamma.reshape(inverse.shape) * inverse / count
        dx -= scale * (dbeta.reshape(inverse.shape) + normal * dgamma.reshape(inverse.shape))
    return dx, dgamma, dbeta
