"""One training step, for any model that is a function of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evaluators.reference.autograd import Tensor
from evaluators.reference.optimisers import clip_norm

if TYPE_CHECKING:
    from collections.abc import Callable

    from evaluators.reference.arrays import Array
    from evaluators.reference.optimisers import SGD, Adam, RMSprop


def train_step(
    parameters: dict[str, Array],
    optimiser: SGD | RMSprop | Adam,
    loss: Callable[[dict[str, Tensor]], Tensor],
    longest: float = float("inf"),
) -> float:
    """Change the parameters in place by one step down the loss, and return the loss before it.

    Args:
        parameters: arrays by name; the optimiser was made from `list(parameters.values())`.
        optimiser: what turns gradients into a step.
        loss: builds the scalar loss from the parameters as tensors; parameters that it does not use stay as they are.
        longest: gradients are scaled down to this total norm.
    """
    tensors = {name: Tensor(value) for name, value in parameters.items()}
    value = loss(tensors)
    value.backward()
    gradients = [np.zeros_like(item.data) if item.grad is None else item.grad for item in tensors.values()]
    clip_norm(gradients, longest)
    optimiser.step(gradients)
    return float(value.data)
