"""Gradients by finite differences: slow, obvious, and therefore the judge of every backward pass.

Source: central differences, error O(step²); Press et al., Numerical Recipes, section 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from evaluators.reference.arrays import Array


def numeric_gradient(function: Callable[[Array], float], x: Array, step: float = 1e-6) -> Array:
    """Return the gradient of a scalar function at `x`; use float64, or rounding drowns the differences."""
    x = x.astype(np.float64)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        centre = x[index]
        x[index] = centre + step
        above = function(x)
        x[index] = centre - step
        below = function(x)
        x[index] = centre
        gradient[index] = (above - below) / (2.0 * step)
    return gradient
