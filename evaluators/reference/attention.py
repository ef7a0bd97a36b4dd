"""Scaled dot-product and multi-head attention, forward and backward.

Source: Vaswani et al. 2017, Attention is all you need, arXiv:1706.03762, equation 1 and section 3.2.2; the backward
pass with row sums over `d` rather than `t`, Dao et al. 2022, FlashAttention, arXiv:2205.14135, appendix B.
"""

from __future__ import annotations

import math

import numpy as np

from evaluators.reference.arrays import Array, Cache

_SAFE = 40.0  # e⁴⁰ and e⁻⁴⁰, and sums of millions of them, are well inside float32
_CHUNK = 262_144  # scores worked on at once: 1 MB of float32, which a core's own cache holds


def attention_forward(
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None = None,
    out: Array | None = None,
    weights: Array | None = None,
) -> tuple[Array, Cache]:
    """Return `softmax(q kᵀ / √d) v`.

    The softmax is left unnormalised until after the product with `v`: dividing `(t, d)` is cheaper than `(t, t)`.

    Args:
        q: `(b, h, t, d)`.
        k: `(b, h, s, d)`.
        v: `(b, h, s, d)`.
        mask: True where a query may look, broadcastable to `(b, h, t, s)`. A query that may look nowhere gets zeros.
        out: where to write the result.
        weights: `(b, h, t, s)` to work in, and to keep for the backward pass.

    Returns:
        `(b, h, t, d)` and what the backward pass wants.
    """
    batch, heads, time, width = q.shape
    out = np.empty((*q.shape[:3], v.shape[-1]), q.dtype) if out is None else out
    weights = np.empty((batch, heads, time, k.shape[2]), q.dtype) if weights is None else weights  # (b, h, t, s)
    inverse = np.empty((batch, heads, time, 1), q.dtype)  # (b, h, t, 1)
    allowed = None if mask is None else np.broadcast_to(mask, weights.shape)
    scale = q.dtype.type(1.0 / math.sqrt(width))
    ones = np.ones(k.shape[2], q.dtype)
    for row, some in _chunks(weights):
        scores = weights[row, some]  # (some, t, s)
        scaled = np.multiply(q[row, some], scale, order="C")  # heads apart: a fifth less time for the product
        np.matmul(scaled, k[row, some].swapaxes(-1, -2), out=scores)
        _exponentiate(scores, None if allowed is None else allowed[row, some], _bound(scaled, k[row, some]))
        total = np.matmul(scores, ones)[..., None]  # (some, t, 1), in a fifth of the time that sum takes
        np.divide(1.0, total, out=inverse[row, some], where=total > 0)
        inverse[row, some][total == 0] = 0.0
        np.matmul(scores, v[row, some], out=out[row, some])
        out[row, some] *= inverse[row, some]
    return out, (q, k, v, weights, inverse, out)


def attention_backward(dout: Array, cache: Cache, into: tuple[Array, ...] | None = None) -> tuple[Array, ...]:
    """Return the gradients with respect to `q`, `k` and `v`, written to `into` if it is given."""
    q, k, v, weights, inverse, out = cache
    dq, dk, dv = into or (np.empty(q.shape, q.dtype), np.empty(k.shape, k.dtype), np.empty(v.shape, v.dtype))
    scale = q.dtype.type(1.0 / math.sqrt(q.shape[-1]))
    for row, some in _chunks(weights):
        p = weights[row, some]  # (some, t, s), rows not normalised: `inverse` is folded into dout instead
        part = dout[row, some] * inverse[row, some]  # (some, t, d)
        np.matmul(p.swapaxes(-1, -2), part, out=dv[row, some])
        dscores = np.matmul(part, v[row, some].swapaxes(-1, -2))  # (some, t, s)
        dscores -= np.einsum("htd,htd->ht", part, out[row, some])[..., None]
        dscores *= p
        np.matmul(dscores, k[row, some], out=dq[row, some])
        np.matmul(dscores.swapaxes(-1, -2), q[row, some], out=dk[row, some])
        dq[row, some] *= scale
        dk[row, some] *= scale
    return dq, dk, dv


def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    """Return the output alone."""
    return attention_forward(q, k, v, mask)[0]


def self_attention_forward(qkv: Array, heads: int, mask: Array | None = None) -> tuple[Array, Cache]:
    """Return `(b, t, d)` from queries, keys and values side by side in `(b, t, 3d)`, split over the heads."""
    batch, time, width = qkv.shape
    q, k, v = _split(qkv, heads)  # (b, h, t, d/h) each, views
    out = np.empty((batch, time, heads, width // 3 // heads), qkv.dtype)
    _, cache = attention_forward(q, k, v, mask, out=out.transpose(0, 2, 1, 3))
    return out.reshape(batch, time, width // 3), (cache, qkv.shape, heads)


def self_attention_backward(dout: Array, cache: Cache) -> tuple[Array]:
    """Return the gradient with respect to `qkv`."""
    inner, shape, heads = cache
    dqkv = np.empty(shape, dout.dtype)
    by_head = dout.reshape(*dout.shape[:2], heads, -1).transpose(0, 2, 1, 3)  # (b, h, t, d/h)
    attention_backward(by_head, inner, into=_split(dqkv, heads))
    return (dqkv,)


def multi_head_attention(
    x: Array, wq: Array, wk: Array, wv: Array, wo: Array, heads: int, mask: Array | None = None
) -> Array:
    """Return the textbook form without offsets: `x` `(b, t, d)`, all weights `(d, d)`, applied from the right."""
    qkv = np.matmul(x, np.concatenate([wq, wk, wv], axis=1))  # (b, t, 3d)
    return np.matmul(self_attention_forward(qkv, heads, mask)[0], wo)  # type: ignore[no-any-return]


def causal_mask(time: int, past: int = 0) -> Array:
    """Return `(time, past + time)`: True where a position may look, which is itself and what came before."""
    return np.tri(time, past + time, past, dtype=bool)


def padding_mask(lengths: Array, time: int) -> Array:
    """Return `(b, 1, 1, time)`: True for the keys inside each row's length."""
    return (np.arange(time) < np.asarray(lengths)[:, None])[:, None, None, :]


def _split(qkv: Array, heads: int) -> tuple[Array, Array, Array]:
    batch, time, width = qkv.shape
    q, k, v = qkv.reshape(batch, time, 3, heads, width // 3 // heads).transpose(2, 0, 3, 1, 4)
    return q, k, v


def _bound(q: Array, k: Array) -> float:
    """Return what no score's magnitude exceeds: the longest query times the longest key (Cauchy–Schwarz)."""
    longest = [np.einsum("htd,htd->ht", rows, rows).max(initial=0.0) for rows in (q, k)]
    return math.sqrt(longest[0] * longest[1])


def _exponentiate(scores: Array, allowed: Array | None, bound: float) -> None:
    """Replace scores by `e^score` up to a factor a row, and by 0 where not allowed, in place.

    The factor, `e^(−row maximum)`, is there against overflow; where no score can be large, two passes are saved.
    """
    if allowed is not None:
        np.copyto(scores, -np.inf, where=~allowed)
    if bound < _SAFE:
        np.exp(scores, out=scores)
        return
    highest = scores.max(axis=-1, keepdims=True)
    if allowed is not None:
        np.copyto(highest, 0.0, where=np.isneginf(highest))  # a row with nothing to look at: e^(−inf − 0) = 0
    scores -= highest
    np.exp(scores, out=scores)


def _chunks(weights: Array) -> list[tuple[int, slice]]:
    """Return the rows of the batch and slices of heads whose scores together fit the cache."""
    batch, heads, time, keys = weights.shape
    count = max(1, _CHUNK // max(time * keys, 1))
    return [(row, slice(first, first + count)) for row in range(batch) for first in range(0, heads, count)]
