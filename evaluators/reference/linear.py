"""The affine map `x W + b`, the workhorse of every network here."""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array, Cache


def linear_forward(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Cache]:
    """Return `x W + b` with `x` `(..., inputs)`, `W` `(inputs, outputs)` and `b` `(outputs,)`."""
    rows = x.reshape(-1, x.shape[-1])  # (n, inputs)
    out = np.matmul(rows, weight)  # (n, outputs)
    if bias is not None:
        out += bias
    return out.reshape(*x.shape[:-1], weight.shape[1]), (x, weight, bias is not None)


def linear_backward(dout: Array, cache: Cache) -> tuple[Array, ...]:
    """Return the gradients with respect to `x`, `W` and, where there was one, `b`."""
    x, weight, biased = cache
    rows = x.reshape(-1, x.shape[-1])  # (n, inputs)
    flat = dout.reshape(-1, dout.shape[-1])  # (n, outputs)
    dx = np.matmul(flat, weight.T).reshape(x.shape)  # (..., inputs)
    dweight = np.matmul(rows.T, flat)  # (inputs, outputs)
    return (dx, dweight, flat.sum(axis=0)) if biased else (dx, dweight)


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Return the map alone."""
    return linear_forward(x, weight, bias)[0]


def embedding_forward(table: Array, ids: Array) -> tuple[Array, Cache]:
    """Return the rows `(..., d)` of a `(vocabulary, d)` table."""
    return table[ids], (table.shape, ids)


def embedding_backward(dout: Array, cache: Cache) -> tuple[Array, None]:
    """Return the gradient with respect to the table: rows used several times add up."""
    shape, ids = cache
    flat = ids.reshape(-1)
    order = np.argsort(flat, kind="stable")  # sorted sums: np.add.at on rows is several times slower
    used, first = np.unique(flat[order], return_index=True)
    dtable = np.zeros(shape, dout.dtype)
    if len(flat):
        dtable[used] = np.add.reduceat(dout.reshape(-1, shape[1])[order], first, axis=0)
    return dtable, None
