"""Layer normalisation: every position is normalised over its own features, so a batch of one works.

Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array, Cache


def layer_norm_forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> tuple[Array, Cache]:
    """Return `(x − mean) / √(variance + eps) · gamma + beta` over the last axis, and what the backward pass wants."""
    features = x.shape[-1]
    normal = x - x.mean(axis=-1, keepdims=True)  # (..., d)
    variance = np.einsum("...d,...d->...", normal, normal)[..., None] / features  # (..., 1), biased as in the paper
    inverse = 1.0 / np.sqrt(variance + eps).astype(x.dtype, copy=False)  # (..., 1)
    normal *= inverse
    out = normal * gamma
    out += beta
    return out, (normal, inverse, gamma)


def layer_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Return the normalised array alone."""
    return layer_norm_forward(x, gamma, beta, eps)[0]


def layer_norm_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Return the gradients with respect to `x`, `gamma` and `beta`.

    Mean and variance depend on every feature, hence the two subtracted projections.
    """
    normal, inverse, gamma = cache
    features = normal.shape[-1]
    dgamma = np.einsum("nd,nd->d", dout.reshape(-1, features), normal.reshape(-1, features))  # (d,)
    dbeta = dout.reshape(-1, features).sum(axis=0)  # (d,)
    dx = dout * gamma  # (..., d)
    along = np.einsum("...d,...d->...", dx, normal)[..., None] / features  # (..., 1)
    dx -= dx.mean(axis=-1, keepdims=True)
    dx -= normal * along
    dx *= inverse
    return dx, dgamma, dbeta
