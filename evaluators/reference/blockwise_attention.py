"""Attention whose memory grows with the length, not with its square: keys are read block by block.

A running maximum and a running sum make the softmax of blocks add up to the softmax of the whole. The backward pass
computes the scores again, from the log of each row's sum.

Source: Milakov & Gimelshein 2018, Online normalizer calculation for softmax, arXiv:1805.02867; Rabe & Staats 2021,
arXiv:2112.05682; Dao et al. 2022, FlashAttention, arXiv:2205.14135, algorithms 1 and 4.
"""

from __future__ import annotations

import math

import numpy as np

from evaluators.reference.arrays import Array, Cache


def blockwise_attention_forward(
    q: Array, k: Array, v: Array, block: int = 128, causal: bool = False
) -> tuple[Array, Cache]:
    """Return `softmax(q kᵀ / √d) v` for `(b, h, t, d)` arrays; at most `block²` scores a head exist at any time."""
    scale = q.dtype.type(1.0 / math.sqrt(q.shape[-1]))
    out = np.empty((*q.shape[:3], v.shape[-1]), q.dtype)
    log_sums = np.empty((*q.shape[:3], 1), q.dtype)  # (b, h, t, 1)
    for rows in _blocks(q.shape[2], block):
        highest = np.full((*q.shape[:2], rows.stop - rows.start, 1), -np.inf, q.dtype)  # (b, h, block, 1)
        total = np.zeros_like(highest)
        mixed = np.zeros((*highest.shape[:3], v.shape[-1]), q.dtype)  # (b, h, block, d)
        for columns in _blocks(k.shape[2], block):
            if causal and columns.start >= rows.stop:
                break
            scores = _scores(q, k, rows, columns, scale, causal)  # (b, h, block, block)
            raised = np.maximum(highest, scores.max(axis=-1, keepdims=True))
            shrink = np.exp(highest - raised)  # what was added up so far stood on a lower maximum
            np.exp(np.subtract(scores, raised, out=scores), out=scores)
            total = total * shrink + scores.sum(axis=-1, keepdims=True)
            mixed = mixed * shrink + np.matmul(scores, v[:, :, columns])
            highest = raised
        out[:, :, rows] = mixed / total
        log_sums[:, :, rows] = highest + np.log(total)
    return out, (q, k, v, out, log_sums, block, causal)


def blockwise_attention_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Return the gradients with respect to `q`, `k` and `v`."""
    q, k, v, out, log_sums, block, causal = cache
    scale = q.dtype.type(1.0 / math.sqrt(q.shape[-1]))
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    along = np.einsum("bhtd,bhtd->bht", dout, out)[..., None]  # (b, h, t, 1)
    for rows in _blocks(q.shape[2], block):
        for columns in _blocks(k.shape[2], block):
            if causal and columns.start >= rows.stop:
                break
            p = _scores(q, k, rows, columns, scale, causal)  # (b, h, block, block)
            np.exp(np.subtract(p, log_sums[:, :, rows], out=p), out=p)
            dv[:, :, columns] += np.matmul(p.swapaxes(-1, -2), dout[:, :, rows])
            dscores = np.matmul(dout[:, :, rows], v[:, :, columns].swapaxes(-1, -2))
            dscores -= along[:, :, rows]
            dscores *= p
            dscores *= scale
            dq[:, :, rows] += np.matmul(dscores, k[:, :, columns])
            dk[:, :, columns] += np.matmul(dscores.swapaxes(-1, -2), q[:, :, rows])
    return dq, dk, dv


def blockwise_attention(q: Array, k: Array, v: Array, block: int = 128, causal: bool = False) -> Array:
    """Return the output alone."""
    return blockwise_attention_forward(q, k, v, block, causal)[0]


def _scores(q: Array, k: Array, rows: slice, columns: slice, scale: Array, causal: bool) -> Array:
    scores: Array = np.matmul(q[:, :, rows] * scale, k[:, :, columns].swapaxes(-1, -2))
    if causal and columns.stop > rows.start + 1:
        future = np.arange(columns.start, columns.stop) > np.arange(rows.start, rows.stop)[:, None]
        np.copyto(scores, -np.inf, where=future)
    return scores


def _blocks(length: int, block: int) -> list[slice]:
    return [slice(start, min(start + block, length)) for start in range(0, length, block)]
