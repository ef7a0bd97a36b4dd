from __future__ import annotations

import numpy as np
import pytest
import torch

from evaluators.reference.batch_norm import BatchNormState, batch_norm_forward

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


def test_batch_norm_keeps_pytorchs_running_statistics() -> None:
    state, theirs = BatchNormState(3), torch.nn.BatchNorm2d(3, dtype=torch.float64)
    gamma, beta = np.ones(3), np.zeros(3)
    for _ in range(3):
        x = _n(4, 3, 2, 2) * 3 + 1
        batch_norm_forward(x, gamma, beta, state)
        theirs(torch.tensor(x))
    np.testing.assert_allclose(state.mean, theirs.running_mean.numpy())
    np.testing.assert_allclose(state.variance, theirs.running_var.numpy())
    served, _ = batch_norm_forward(x, gamma, beta, state, training=False)
    np.testing.assert_allclose(served, theirs.eval()(torch.tensor(x)).detach().numpy())
    with pytest.raises(ValueError, match="running statistics"):
        batch_norm_forward(x, gamma, beta, training=False)
