"""Three ways to tell a transformer where a token stands.

Source: sinusoidal, Vaswani et al. 2017, arXiv:1706.03762, section 3.5; learned, Devlin et al. 2019, arXiv:1810.04805;
rotary, Su et al. 2021, RoFormer, arXiv:2104.09864, equation 34.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array


def sinusoidal_positions(time: int, width: int, base: float = 10_000.0) -> Array:
    """Return `(time, width)`: sines in the even columns, cosines in the odd, wavelengths from 2π to `base` · 2π."""
    angles = np.arange(time)[:, None] / base ** (np.arange(0, width, 2) / width)  # (t, ⌈d/2⌉)
    table = np.empty((time, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)[:, : width // 2]
    return table


def learned_positions(tokens: Array, token_table: Array, position_table: Array) -> Array:
    """Return `(b, t, d)`: each token's row plus the row of its place in the sequence."""
    return token_table[tokens] + position_table[: tokens.shape[-1]]


def rotate(x: Array, positions: Array, base: float = 10_000.0) -> Array:
    """Return `x` `(..., t, d)` with every pair of neighbouring features turned by its position times its frequency.

    Dot products of rotated queries and keys then depend on the distance of their positions alone.

    Args:
        x: queries or keys, `d` even.
        positions: `(t,)`, the absolute place of each row; decoding with a cache does not start at 0.
        base: sets the slowest frequency.
    """
    width = x.shape[-1]
    angles = positions[:, None] / base ** (np.arange(0, width, 2) / width)  # (t, d/2)
    cos, sin = np.cos(angles).astype(x.dtype, copy=False), np.sin(angles).astype(x.dtype, copy=False)
    even, odd = x[..., 0::2], x[..., 1::2]  # (..., t, d/2)
    out = np.empty_like(x)
    out[..., 0::2] = even * cos - odd * sin
    out[..., 1::2] = even * sin + odd * cos
    return out


def rotate_backward(dout: Array, positions: Array, base: float = 10_000.0) -> Array:
    """Return the gradient with respect to `x`: a rotation's transpose is the rotation back."""
    return rotate(dout, -positions, base)
