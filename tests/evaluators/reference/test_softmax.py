from __future__ import annotations

import numpy as np
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluators.reference.softmax import (
    IGNORED,
    cross_entropy,
    cross_entropy_backward,
    cross_entropy_forward,
    log_softmax,
    softmax,
)

SCORES = hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3), elements=st.floats(-1e4, 1e4))


@given(SCORES, st.floats(-1e3, 1e3))
@settings(max_examples=100, deadline=None)
def test_shares_add_up_and_do_not_notice_a_shift(x: np.ndarray, shift: float) -> None:
    shares = softmax(x)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0)
    np.testing.assert_allclose(softmax(x + shift), shares, atol=1e-9)
    np.testing.assert_allclose(shares, scipy.special.softmax(x, axis=-1), atol=1e-12)
    np.testing.assert_allclose(log_softmax(x), scipy.special.log_softmax(x, axis=-1), atol=1e-9)


def test_rows_far_below_each_other_and_far_scores_stay_finite() -> None:
    x = np.array([[1000.0, 0.0, -1000.0], [-2000.0, -2001.0, -2002.0]])
    assert np.isfinite(softmax(x)).all()
    assert cross_entropy(x, np.array([2, 0])) == np.float64((2000.0 - scipy.special.log_softmax(x[1])[0]) / 2)


def test_ignored_positions_count_for_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    labels = np.array([1, IGNORED, 2])
    assert cross_entropy(x, labels) == cross_entropy(x[[0, 2]], labels[[0, 2]])
    loss, cache = cross_entropy_forward(x, np.full(3, IGNORED))
    assert loss == 0.0
    np.testing.assert_array_equal(cross_entropy_backward(np.array(1.0), cache)[0], 0.0)


def test_the_gradient_pulls_down_every_row_as_much_as_it_lifts_its_label() -> None:
    x = np.random.default_rng(0).normal(size=(5, 4))
    _, cache = cross_entropy_forward(x, np.arange(5) % 4)
    gradient = cross_entropy_backward(np.array(1.0), cache)[0]
    np.testing.assert_allclose(gradient.sum(axis=1), 0.0, atol=1e-15)
    assert (gradient[np.arange(5), np.arange(5) % 4] < 0).all()
