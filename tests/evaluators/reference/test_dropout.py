from __future__ import annotations

import numpy as np
import pytest

from evaluators.reference import operations as ops
from evaluators.reference.autograd import Tensor


def test_dropout_keeps_the_mean_and_does_nothing_at_inference() -> None:
    x = np.ones((100, 100))
    dropped = ops.dropout(x, rate=0.3, draws=np.random.default_rng(0))
    assert set(np.round(np.unique(dropped), 6)) == {0.0, round(1 / 0.7, 6)}
    assert dropped.mean() == pytest.approx(1.0, abs=0.02)
    assert ops.dropout(x, rate=0.3, draws=None) is x


def test_the_gradient_passes_where_the_value_did() -> None:
    x = Tensor(np.full((50, 50), 2.0))
    out = ops.dropout(x, rate=0.3, draws=np.random.default_rng(0))
    out.backward(np.ones(out.shape))
    np.testing.assert_allclose(x.grad, out.data / 2.0)
    same = ops.dropout(x, rate=0.3, draws=None)
    x.zero_grad()
    same.backward(np.ones(out.shape))
    np.testing.assert_array_equal(x.grad, 1.0)
