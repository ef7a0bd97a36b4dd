"""Activation functions and their derivatives.

Source: GELU, Hendrycks & Gimpel 2016, arXiv:1606.08415; leaky ReLU, Maas et al. 2013; SiLU, Elfwing et al. 2017,
arXiv:1702.03118.
"""

from __future__ import annotations

import math

import numpy as np

from evaluators.reference.arrays import Array

_BLOCK = 16_384  # elements worked on at once: 64 kB of float32, a few of which stay in the second-level cache
# The minimax fit of artanh(2Φ(x) − 1) / x by powers of x², from x¹⁰ down, weighted by what an error does to Φ.
_TANH_TERMS = (-6.6667609e-08, 3.10523311e-06, -5.04138915e-05, -4.4730422e-05, 0.0363445176, 0.797882253)
_FAR = 5.4  # beyond, Φ is 0 or 1 to within 4e-8


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


def normal_cdf(x: Array) -> Array:
    """Return Φ, the standard normal's distribution function: exact in float64, within 3e-7 in float32.

    In float32, where speed matters, `Φ(x) = (1 + tanh(x · P(x²))) / 2`: the paper's approximation by a hyperbolic
    tangent, with six terms where the paper has two.
    """
    if x.dtype != np.float32:
        return 0.5 + 0.5 * np.vectorize(math.erf, otypes=[np.float64])(x * math.sqrt(0.5))  # type: ignore[no-any-return]
    near = np.clip(x, -_FAR, _FAR)
    square = near * near
    out: Array = square * np.float32(_TANH_TERMS[0])
    for term in _TANH_TERMS[1:-1]:
        out += np.float32(term)
        out *= square
    out += np.float32(_TANH_TERMS[-1])
    out *= near
    np.tanh(out, out=out)
    out *= np.float32(0.5)
    out += np.float32(0.5)
    return out


def gelu(x: Array, out: Array | None = None) -> Array:
    """Return `x · Φ(x)`, written to `out` if it is given; it may be `x` itself, and has to be contiguous."""
    out = np.empty_like(x, order="C") if out is None else out
    flat, into = np.ascontiguousarray(x).reshape(-1), out.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        np.multiply(flat[part], normal_cdf(flat[part]), out=into[part])
    return out


def gelu_forward(x: Array) -> tuple[Array, Array]:
    """Return `x · Φ(x)` and `Φ(x)`, which the backward pass wants."""
    flat = np.ascontiguousarray(x).reshape(-1)
    out, phi = np.empty_like(flat), np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        phi[part] = normal_cdf(flat[part])
        np.multiply(flat[part], phi[part], out=out[part])
    return out.reshape(x.shape), phi.reshape(x.shape)


def gelu_backward(dout: Array, x: Array, phi: Array) -> Array:
    """Return the gradient with respect to `x`: `Φ(x) + x · φ(x)` with φ the normal density."""
    density: Array = np.exp(x * x * x.dtype.type(-0.5))
    density *= x.dtype.type(1.0 / math.sqrt(2.0 * math.pi))
    density *= x
    density += phi
    density *= dout
    return density
