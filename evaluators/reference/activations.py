"""Activation functions and their derivatives.

Source: GELU, Hendrycks & Gimpel 2016, arXiv:1606.08415; erf, Abramowitz & Stegun 1964, formula 7.1.26.
"""

from __future__ import annotations

import math

import numpy as np

from evaluators.reference.arrays import Array

_BLOCK = 16_384  # elements worked on at once: 64 kB of float32 stay in the second-level cache
_ERF_POINT = 0.3275911
_ERF_TERMS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


def sigmoid(x: Array) -> Array:
    """Return `1 / (1 + e^-x)` without overflow: `exp` only ever sees numbers at or below zero."""
    small: Array = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def sigmoid_backward(dout: Array, out: Array) -> Array:
    """Return the gradient with respect to `x`, from the output."""
    return dout * out * (1.0 - out)


def tanh_backward(dout: Array, out: Array) -> Array:
    """Return the gradient with respect to `x` of `np.tanh(x)`, from the output."""
    return dout * (1.0 - out * out)


def relu(x: Array) -> Array:
    """Return the positive part."""
    return np.maximum(x, 0)


def relu_backward(dout: Array, x: Array) -> Array:
    """Return the gradient with respect to `x`; at 0 it is 0, as in PyTorch."""
    return dout * (x > 0)


def leaky_relu(x: Array, slope: float = 0.01) -> Array:
    """Return `x` where positive, `slope · x` elsewhere, so that no unit dies."""
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dout: Array, x: Array, slope: float = 0.01) -> Array:
    """Return the gradient with respect to `x`."""
    return np.where(x > 0, dout, slope * dout)


def silu(x: Array) -> Array:
    """Return `x · sigmoid(x)`, also called swish."""
    return x * sigmoid(x)


def silu_backward(dout: Array, x: Array) -> Array:
    """Return the gradient with respect to `x`."""
    gate = sigmoid(x)
    return dout * gate * (1.0 + x * (1.0 - gate))


def erf(x: Array) -> Array:
    """Return the error function: exact in float64, within 3e-7 in float32 (where speed matters)."""
    if x.dtype != np.float32:
        return np.vectorize(math.erf, otypes=[np.float64])(x)  # type: ignore[no-any-return]
    magnitude = np.abs(x)
    t = magnitude * np.float32(_ERF_POINT)
    t += np.float32(1.0)
    np.reciprocal(t, out=t)
    result: Array = t * np.float32(_ERF_TERMS[0])
    for term in _ERF_TERMS[1:]:
        result += np.float32(term)
        result *= t
    magnitude *= magnitude
    np.negative(magnitude, out=magnitude)
    result *= np.exp(magnitude, out=magnitude)
    np.subtract(np.float32(1.0), result, out=result)
    np.copysign(result, x, out=result)
    return result


def gelu(x: Array) -> Array:
    """Return `x · Φ(x)` with Φ the standard normal's distribution function."""
    return gelu_forward(x)[0]


def gelu_forward(x: Array) -> tuple[Array, Array]:
    """Return `x · Φ(x)` and `Φ(x)`, which the backward pass wants."""
    flat = np.ascontiguousarray(x).reshape(-1)
    out, phi = np.empty_like(flat), np.empty_like(flat)
    half, root = flat.dtype.type(0.5), flat.dtype.type(math.sqrt(0.5))
    for start in range(0, flat.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        block = erf(flat[part] * root)
        block *= half
        block += half
        phi[part] = block
        np.multiply(flat[part], block, out=out[part])
    return out.reshape(x.shape), phi.reshape(x.shape)


def gelu_backward(dout: Array, x: Array, phi: Array) -> Array:
    """Return the gradient with respect to `x`: `Φ(x) + x · φ(x)` with φ the normal density."""
    density: Array = np.exp(x * x * x.dtype.type(-0.5))
    density *= x.dtype.type(1.0 / math.sqrt(2.0 * math.pi))
    density *= x
    density += phi
    density *= dout
    return density
