"""Gradient descent and its descendants; each changes the parameters in place.

Source: momentum, Polyak 1964; RMSprop, Tieleman & Hinton 2012, lecture 6.5; Adam, Kingma & Ba 2015, arXiv:1412.6980;
AdamW, Loshchilov & Hutter 2019, arXiv:1711.05101. Epsilon stands outside the square root, as in PyTorch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluators.reference.arrays import Array


class SGD:
    """`v ← μ v + g`, `w ← w − η v`; with `weight_decay`, `g` gets the L2 penalty's gradient."""

    def __init__(
        self, parameters: Sequence[Array], rate: float, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        self.parameters, self.rate, self.momentum, self.weight_decay = parameters, rate, momentum, weight_decay
        self._velocity = [np.zeros_like(parameter) for parameter in parameters]

    def step(self, gradients: Sequence[Array]) -> None:
        """Move every parameter by its gradient."""
        for parameter, gradient, velocity in zip(self.parameters, gradients, self._velocity, strict=True):
            velocity *= self.momentum
            velocity += gradient + self.weight_decay * parameter
            parameter -= self.rate * velocity


class RMSprop:
    """`v ← ρ v + (1 − ρ) g²`, `w ← w − η g / (√v + ε)`."""

    def __init__(self, parameters: Sequence[Array], rate: float, decay: float = 0.99, eps: float = 1e-8) -> None:
        self.parameters, self.rate, self.decay, self.eps = parameters, rate, decay, eps
        self._squares = [np.zeros_like(parameter) for parameter in parameters]

    def step(self, gradients: Sequence[Array]) -> None:
        """Move every parameter by its gradient, measured in its own recent size."""
        for parameter, gradient, squares in zip(self.parameters, gradients, self._squares, strict=True):
            squares *= self.decay
            squares += (1.0 - self.decay) * gradient * gradient
            parameter -= self.rate * gradient / (np.sqrt(squares) + self.eps)


class Adam:
    """Momentum and RMSprop, both corrected for having started at zero; `weight_decay` acts through the gradient."""

    decoupled = False

    def __init__(
        self,
        parameters: Sequence[Array],
        rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters, self.rate, self.betas, self.eps = parameters, rate, betas, eps
        self.weight_decay = weight_decay
        self.steps = 0
        self._first = [np.zeros_like(parameter) for parameter in parameters]
        self._second = [np.zeros_like(parameter) for parameter in parameters]

    def step(self, gradients: Sequence[Array]) -> None:
        """Move every parameter; the first step is as long as the rate, whatever the gradient's size."""
        self.steps += 1
        momentum, decay = self.betas
        for parameter, raw, first, second in zip(self.parameters, gradients, self._first, self._second, strict=True):
            gradient = raw
            if self.weight_decay and self.decoupled:
                parameter *= 1.0 - self.rate * self.weight_decay
            elif self.weight_decay:
                gradient = raw + self.weight_decay * parameter
            first *= momentum
            first += (1.0 - momentum) * gradient
            second *= decay
            second += (1.0 - decay) * gradient * gradient
            mean = first / (1.0 - momentum**self.steps)
            size = np.sqrt(second / (1.0 - decay**self.steps))
            parameter -= self.rate * mean / (size + self.eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights directly, out of reach of the adaptive step."""

    decoupled = True


def clip_norm(gradients: Sequence[Array], longest: float) -> float:
    """Scale all gradients together to a total norm of at most `longest`, in place; return the norm before.

    Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1.
    """
    norm = float(np.sqrt(sum(float(np.square(gradient, dtype=np.float64).sum()) for gradient in gradients)))
    if norm > longest:
        for gradient in gradients:
            gradient *= longest / norm
    return norm


def warm_up_cosine(step: int, total: int, warm_up: int, highest: float, lowest: float = 0.0) -> float:
    """Return the learning rate: a straight line up over `warm_up` steps, half a cosine down to `lowest` at `total`.

    Source: Loshchilov & Hutter 2017, SGDR, arXiv:1608.03983; warm-up, Goyal et al. 2017, arXiv:1706.02677.
    """
    if step < warm_up:
        return highest * step / warm_up
    progress = min((step - warm_up) / max(total - warm_up, 1), 1.0)
    return lowest + 0.5 * (highest - lowest) * (1.0 + float(np.cos(np.pi * progress)))
