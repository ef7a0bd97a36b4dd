"""BERT's forward pass for serving: the tokens of several texts stand one after another, and every buffer is used again.

The same numbers as `bert`. Nothing is padded, so nothing is masked; and nothing is allocated in a layer, because on
fresh memory the kernel clears every page: a tenth of the time of many texts went there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evaluators.reference.activations import gelu
from evaluators.reference.arrays import Array
from evaluators.reference.attention import attention_forward
from evaluators.reference.bert import BertShape

_EPS = 1e-12


class Server:
    """One thread's encoder: it computes in buffers of its own."""

    def __init__(self, parameters: Mapping[str, Array], shape: BertShape, most: int) -> None:
        """`most` is how many tokens are read at once; no text may be longer, nor longer than the model reads."""
        self._parameters = parameters
        self._shape = shape
        longest = min(most, shape.longest)
        self._x, self._y, self._seen = (np.empty((most, shape.width), np.float32) for _ in range(3))
        self._qkv = np.empty((most, 3 * shape.width), np.float32)
        self._wide = np.empty((most, shape.wide), np.float32)
        self._weights = np.empty(shape.heads * longest * longest, np.float32)

    def states(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return the states `(n, d)` of the last layer for the `n` tokens of the texts, one text after another."""
        lengths = [len(text) for text in texts]
        x = self._x[: sum(lengths)]  # (n, d)
        np.take(self._parameters["token"], np.concatenate(texts), axis=0, out=x, mode="clip")
        x += self._parameters["position"][np.concatenate([np.arange(length) for length in lengths])]
        x += self._parameters["segment"][0]
        self._normalise(x, "norm")
        y, seen, qkv, wide = (buffer[: len(x)] for buffer in (self._y, self._seen, self._qkv, self._wide))
        for index in range(self._shape.layers):
            layer = f"layer.{index}"
            self._map(x, f"{layer}.qkv", qkv)
            self._attend(qkv, lengths, seen)
            x += self._map(seen, f"{layer}.project", y)
            self._normalise(x, f"{layer}.norm1")
            gelu(self._map(x, f"{layer}.expand", wide), out=wide)
            x += self._map(wide, f"{layer}.contract", y)
            self._normalise(x, f"{layer}.norm2")
        return x.copy()

    def _map(self, x: Array, name: str, out: Array) -> Array:
        np.matmul(x, self._parameters[f"{name}.weight"], out=out)
        out += self._parameters[f"{name}.bias"]
        return out

    def _attend(self, qkv: Array, lengths: Sequence[int], out: Array) -> None:
        """Write to `out` `(n, d)` what every text sees of itself."""
        heads, first = self._shape.heads, 0
        for length in lengths:
            rows = slice(first, first + length)
            q, k, v = qkv[None, rows].reshape(1, length, 3, heads, -1).transpose(2, 0, 3, 1, 4)  # (1, h, t, d/h) each
            by_head = out[None, rows].reshape(1, length, heads, -1).transpose(0, 2, 1, 3)  # (1, h, t, d/h), a view
            weights = self._weights[: heads * length * length].reshape(1, heads, length, length)
            attention_forward(q, k, v, out=by_head, weights=weights)
            first += length

    def _normalise(self, x: Array, name: str) -> None:
        """Normalise the rows of `x` in place."""
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("nd,nd->n", x, x) / np.float32(x.shape[1])
        x *= (1.0 / np.sqrt(variance + np.float32(_EPS)))[:, None]
        x *= self._parameters[f"{name}.gamma"]
        x += self._parameters[f"{name}.beta"]
