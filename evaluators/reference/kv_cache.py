"""Decoding with a cache: keys and values of the past are kept, so a new token costs one row, not the whole square.

Source: Pope et al. 2022, Efficiently scaling transformer inference, arXiv:2211.05102, section 2.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array
from evaluators.reference.attention import attention, causal_mask
from evaluators.reference.positions import rotate


class KeyValueCache:
    """Keys and values `(b, h, t, d)` of what was read so far, in buffers that double when full."""

    def __init__(self) -> None:
        self.length = 0
        self._keys: Array | None = None
        self._values: Array | None = None

    def extend(self, keys: Array, values: Array) -> tuple[Array, Array]:
        """Append along the time axis and return everything so far, as views."""
        self._keys = self._appended(self._keys, keys)
        self._values = self._appended(self._values, values)
        self.length += keys.shape[2]
        return self._keys[:, :, : self.length], self._values[:, :, : self.length]

    def _appended(self, buffer: Array | None, new: Array) -> Array:
        needed = self.length + new.shape[2]
        if buffer is None or buffer.shape[2] < needed:
            larger = np.empty((*new.shape[:2], 2 * needed, new.shape[3]), new.dtype)
            if buffer is not None:
                larger[:, :, : self.length] = buffer[:, :, : self.length]
            buffer = larger
        buffer[:, :, self.length : needed] = new
        return buffer


def decode(x: Array, wq: Array, wk: Array, wv: Array, heads: int, cache: KeyValueCache) -> Array:
    """Return causal attention with rotary positions for the new rows `x` `(b, t, d)`, and remember them.

    Feeding a sequence in any pieces gives what feeding it whole gives.
    """
    batch, time, width = x.shape
    past = cache.length
    places = np.arange(past, past + time)  # absolute: a decoded token does not stand at 0

    def split(weight: Array) -> Array:
        return (x @ weight).reshape(batch, time, heads, width // heads).transpose(0, 2, 1, 3)  # (b, h, t, d/h)

    keys, values = cache.extend(rotate(split(wk), places), split(wv))
    out = attention(rotate(split(wq), places), keys, values, causal_mask(time, past))
    return out.transpose(0, 2, 1, 3).reshape(batch, time, width)
