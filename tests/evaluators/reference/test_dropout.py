from __future__ import annotations

import numpy as np
import pytest

from evaluators.reference import operations as ops


def test_dropout_keeps_the_mean_and_does_nothing_at_inference() -> None:
    x = np.ones((100, 100))
    dropped = ops.dropout(x, rate=0.3, draws=np.random.default_rng(0))
    assert set(np.round(np.unique(dropped), 6)) == {0.0, round(1 / 0.7, 6)}
    assert dropped.mean() == pytest.approx(1.0, abs=0.02)
    assert ops.dropout(x, rate=0.3, draws=None) is x
