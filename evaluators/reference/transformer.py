"""The transformer encoder layer, written once for tensors and arrays.

Source: Vaswani et al. 2017, arXiv:1706.03762, figure 1 (normalisation after each residual sum, as BERT has it);
normalisation before, Xiong et al. 2020, arXiv:2002.04745.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluators.reference import operations as ops
from evaluators.reference.arrays import Array

Parameters = Mapping[str, Any]
"""Arrays or tensors by name."""


def encoder_layer(
    parameters: Parameters,
    prefix: str,
    x: Any,
    heads: int,
    mask: Array | None = None,
    eps: float = 1e-12,
    norm_first: bool = False,
) -> Any:
    """Return `(b, t, d)`: self-attention, then a two-layer network, each added to what went in.

    Args:
        parameters: arrays to serve, tensors to train.
        prefix: name of the layer, for example `layer.0`.
        x: `(b, t, d)`.
        heads: number of attention heads, a divisor of `d`.
        mask: True where a query may look, broadcastable to `(b, h, t, t)`.
        eps: of the normalisation.
        norm_first: normalise before each part rather than after each sum.
    """

    def part(name: str, *kinds: str) -> tuple[Any, ...]:
        return tuple(parameters[f"{prefix}.{name}.{kind}"] for kind in kinds)

    def attend(y: Any) -> Any:
        qkv = ops.linear(y, *part("qkv", "weight", "bias"))  # (b, t, 3d)
        return ops.linear(ops.self_attention(qkv, heads=heads, mask=mask), *part("project", "weight", "bias"))

    def think(y: Any) -> Any:
        wide = ops.gelu(ops.linear(y, *part("expand", "weight", "bias")))  # (b, t, 4d)
        return ops.linear(wide, *part("contract", "weight", "bias"))  # (b, t, d)

    def norm(y: Any, name: str) -> Any:
        return ops.layer_norm(y, *part(name, "gamma", "beta"), eps=eps)

    if norm_first:
        x = x + attend(norm(x, "norm1"))
        return x + think(norm(x, "norm2"))
    x = norm(x + attend(x), "norm1")
    return norm(x + think(x), "norm2")


def encoder_layer_parameters(draws: np.random.Generator, prefix: str, width: int, wide: int) -> dict[str, Array]:
    """Return fresh float32 parameters of one layer: weights from N(0, 0.02²) as in BERT, offsets zero."""
    shapes = {"qkv": (width, 3 * width), "project": (width, width), "expand": (width, wide), "contract": (wide, width)}
    parameters: dict[str, Array] = {}
    for name, shape in shapes.items():
        parameters[f"{prefix}.{name}.weight"] = draws.normal(0.0, 0.02, shape).astype(np.float32)
        parameters[f"{prefix}.{name}.bias"] = np.zeros(shape[1], np.float32)
    for name in ("norm1", "norm2"):
        parameters[f"{prefix}.{name}.gamma"] = np.ones(width, np.float32)
        parameters[f"{prefix}.{name}.beta"] = np.zeros(width, np.float32)
    return parameters
