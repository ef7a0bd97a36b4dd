"""Softmax and cross-entropy, stable for any finite scores.

Source: Bridle 1990, Probabilistic interpretation of feedforward classification network outputs; Goodfellow, Bengio &
Courville 2016, Deep Learning, section 6.2.2.3.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array, Cache

IGNORED = -100
"""The label of a position that does not count, as in PyTorch."""


def softmax(x: Array, axis: int = -1) -> Array:
    """Return `e^x / Σ e^x` along the axis. Subtracting the maximum changes nothing but the overflow."""
    out: Array = x - x.max(axis=axis, keepdims=True)
    np.exp(out, out=out)
    out /= out.sum(axis=axis, keepdims=True)
    return out


def softmax_backward(dout: Array, out: Array, axis: int = -1) -> Array:
    """Return the gradient with respect to `x`: the Jacobian `diag(p) − p pᵀ` times `dout`, never built."""
    along: Array = (dout * out).sum(axis=axis, keepdims=True)
    gradient: Array = out * (dout - along)
    return gradient


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return `log softmax(x)` without taking the logarithm of a number that underflowed."""
    shifted: Array = x - x.max(axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


def log_softmax_backward(dout: Array, out: Array, axis: int = -1) -> Array:
    """Return the gradient with respect to `x`, from the output."""
    total: Array = dout.sum(axis=axis, keepdims=True)
    gradient: Array = dout - np.exp(out) * total
    return gradient


def cross_entropy_forward(logits: Array, labels: Array) -> tuple[Array, Cache]:
    """Return the mean negative log-likelihood of the labels.

    Args:
        logits: `(..., classes)` scores before any softmax.
        labels: `(...)` class numbers; `IGNORED` leaves a position out of the mean.
    """
    rows = logits.reshape(-1, logits.shape[-1])  # (n, classes)
    flat = labels.reshape(-1)  # (n,)
    kept = np.flatnonzero(flat != IGNORED)
    log_p = log_softmax(rows[kept])  # (kept, classes)
    chosen = log_p[np.arange(len(kept)), flat[kept]]  # (kept,)
    return -chosen.sum() / max(len(kept), 1), (log_p, flat, kept, logits.shape)


def cross_entropy_backward(dout: Array, cache: Cache) -> tuple[Array, None]:
    """Return the gradient with respect to the logits: `(p − y) / n`."""
    log_p, flat, kept, shape = cache
    part = np.exp(log_p)  # (kept, classes)
    part[np.arange(len(kept)), flat[kept]] -= 1.0
    part *= dout / max(len(kept), 1)
    gradient = np.zeros((len(flat), shape[-1]), part.dtype)
    gradient[kept] = part
    return gradient.reshape(shape), None


def cross_entropy(logits: Array, labels: Array) -> float:
    """Return the loss alone."""
    return float(cross_entropy_forward(logits, labels)[0])
