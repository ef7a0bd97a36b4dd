"""A small residual network: the block adds what it learned to what it was given, so depth does not block the gradient.

Source: He et al. 2016, Deep residual learning for image recognition, arXiv:1512.03385, figure 2 and section 3.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluators.reference import operations as ops
from evaluators.reference.arrays import Array
from evaluators.reference.batch_norm import BatchNormState
from evaluators.reference.transformer import Parameters

States = dict[str, BatchNormState]


def residual_block(
    parameters: Parameters, states: States, prefix: str, x: Any, stride: int = 1, training: bool = True
) -> Any:
    """Return `relu(x + norm(conv(relu(norm(conv(x))))))`; where sizes differ, a 1×1 convolution carries `x` over."""

    def convolve(y: Any, name: str, stride: int, padding: int) -> Any:
        y = ops.conv2d(y, parameters[f"{prefix}.{name}.weight"], stride=stride, padding=padding)
        gamma, beta = parameters[f"{prefix}.{name}.gamma"], parameters[f"{prefix}.{name}.beta"]
        return ops.batch_norm(y, gamma, beta, state=states[f"{prefix}.{name}"], training=training)

    y = ops.relu(convolve(x, "first", stride, 1))  # (n, c', h/stride, w/stride)
    y = convolve(y, "second", 1, 1)
    carried = convolve(x, "skip", stride, 0) if f"{prefix}.skip.weight" in parameters else x
    return ops.relu(y + carried)


def resnet(parameters: Parameters, states: States, x: Any, training: bool = True) -> Any:
    """Return class scores `(n, classes)` of images `(n, channels, height, width)`: stem, blocks, average, linear."""
    y = ops.conv2d(x, parameters["stem.weight"], padding=1)
    y = ops.batch_norm(y, parameters["stem.gamma"], parameters["stem.beta"], state=states["stem"], training=training)
    y = ops.relu(y)
    index = 0
    while f"block.{index}.first.weight" in parameters:
        y = residual_block(parameters, states, f"block.{index}", y, 2 if index else 1, training)
        index += 1
    return ops.linear(y.mean(axis=(2, 3)), parameters["classes.weight"], parameters["classes.bias"])


def resnet_parameters(
    draws: np.random.Generator, channels: int, widths: tuple[int, ...], classes: int
) -> tuple[dict[str, Array], States]:
    """Return fresh float32 parameters and running statistics: one block a width, halving the image from the second.

    Source: the initial scale, He et al. 2015, arXiv:1502.01852, equation 10.
    """
    parameters: dict[str, Array] = {}
    states: States = {}

    def convolution(name: str, inputs: int, outputs: int, kernel: int) -> None:
        scale = np.sqrt(2.0 / (inputs * kernel * kernel))
        parameters[f"{name}.weight"] = draws.normal(0.0, scale, (outputs, inputs, kernel, kernel)).astype(np.float32)
        parameters[f"{name}.gamma"] = np.ones(outputs, np.float32)
        parameters[f"{name}.beta"] = np.zeros(outputs, np.float32)
        states[name] = BatchNormState(outputs)

    convolution("stem", channels, widths[0], 3)
    before = widths[0]
    for index, width in enumerate(widths):
        convolution(f"block.{index}.first", before, width, 3)
        convolution(f"block.{index}.second", width, width, 3)
        if index:
            convolution(f"block.{index}.skip", before, width, 1)
        before = width
    parameters["classes.weight"] = draws.normal(0.0, 0.01, (before, classes)).astype(np.float32)
    parameters["classes.bias"] = np.zeros(classes, np.float32)
    return parameters, states
