"""Weights in eight bits: one scale for every output, symmetric around zero.

Source: Jacob et al. 2018, arXiv:1712.05877; per-channel scales, Krishnamoorthi 2018, arXiv:1806.08342, section 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluators.reference.arrays import Array


class Quantised(NamedTuple):
    """A matrix `(outputs, inputs)` as `codes · scales`.

    Attributes:
        codes: int8 in −127…127; −128 is not used, so that the range is symmetric.
        scales: `(outputs, 1)` float32.
    """

    codes: Array
    scales: Array

    def restored(self) -> Array:
        """Return the matrix in float32, off by at most half a scale."""
        return self.codes.astype(np.float32) * self.scales


def quantise(weight: Array) -> Quantised:
    """Return the matrix in int8; each row's largest magnitude becomes ±127, a row of zeros stays zeros."""
    largest = np.abs(weight).max(axis=1, keepdims=True)  # (outputs, 1)
    scales = np.where(largest > 0, largest / 127.0, 1.0)
    codes = np.clip(np.rint(weight / scales), -127, 127).astype(np.int8)
    return Quantised(codes, scales.astype(np.float32))


def quantised_linear(x: Array, weight: Quantised) -> Array:
    """Return `x Wᵀ` in whole numbers: the input is quantised row by row too, the sum of products is int32.

    Codes go through float64 products, which BLAS has and which are exact up to 2⁵³; int8 products in NumPy are slow.
    """
    codes, scales = quantise(x)
    products = codes.astype(np.float64) @ weight.codes.T.astype(np.float64)  # (n, outputs)
    return (products * scales * weight.scales.T).astype(np.float32)


def low_rank_linear(x: Array, weight: Array, down: Array, up: Array, alpha: float) -> Array:
    """Return `x Wᵀ` plus a trained low-rank correction `alpha / r · x Aᵀ Bᵀ`.

    Source: Hu et al. 2021, LoRA, arXiv:2106.09685, section 4.1.
    """
    return x @ weight.T + (alpha / len(down)) * (x @ down.T) @ up.T
