from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from evaluators.reference.optimisers import SGD, Adam, AdamW, RMSprop, clip_norm, warm_up_cosine

draws = np.random.default_rng(3)
START = [draws.normal(size=(3, 2)), draws.normal(size=4)]
SCALES = [1.0, 1e-4]  # unequal sizes show where epsilon stands and whether the bias is corrected
STEPS = [[draws.normal(size=value.shape) * scale for value, scale in zip(START, SCALES, strict=True)] for _ in range(6)]

PAIRS: dict[str, tuple[Any, Any]] = {
    "sgd": (lambda p: SGD(p, 0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "momentum": (
        lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    ),
    "rmsprop": (lambda p: RMSprop(p, 0.01, eps=1e-3), lambda p: torch.optim.RMSprop(p, 0.01, eps=1e-3)),
    "adam": (
        lambda p: Adam(p, 0.01, eps=1e-3, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, 0.01, eps=1e-3, weight_decay=0.1),
    ),
    "adamw": (
        lambda p: AdamW(p, 0.01, eps=1e-3, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, 0.01, eps=1e-3, weight_decay=0.1),
    ),
}


def _run(name: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    ours = [value.copy() for value in START]
    theirs = [torch.tensor(value, requires_grad=True) for value in START]
    optimiser, other = PAIRS[name][0](ours), PAIRS[name][1](theirs)
    for gradients in STEPS:
        optimiser.step(gradients)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        other.step()
    return ours, [parameter.detach().numpy() for parameter in theirs]


@pytest.mark.parametrize("name", PAIRS)
def test_six_steps_equal_pytorch(name: str) -> None:
    for mine, other in zip(*_run(name), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10)


def test_decoupled_decay_is_not_the_penalty_of_adam() -> None:
    assert not np.allclose(_run("adam")[0][1], _run("adamw")[0][1])


def test_gradients_are_clipped_together() -> None:
    gradients = [np.array([3.0]), np.array([4.0])]
    assert clip_norm(gradients, 1.0) == pytest.approx(5.0)
    np.testing.assert_allclose(np.concatenate(gradients), [0.6, 0.8])
    assert clip_norm(gradients, 2.0) == pytest.approx(1.0)
    np.testing.assert_allclose(np.concatenate(gradients), [0.6, 0.8])


def test_the_rate_climbs_then_falls() -> None:
    rates = [warm_up_cosine(step, 110, 10, 1.0, 0.1) for step in range(130)]
    assert rates[0] == 0.0
    assert rates[10] == max(rates) == 1.0
    assert rates[60] == pytest.approx(0.55)
    assert rates[110] == rates[129] == pytest.approx(0.1)
