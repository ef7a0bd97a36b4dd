from __future__ import annotations

import numpy as np
import scipy.special
import scipy.stats

from evaluators.reference.voting import hard_vote, soft_vote

draws = np.random.default_rng(2)


def test_votes() -> None:
    p = draws.dirichlet(np.ones(3), size=(4, 10))
    weights = np.array([1.0, 2.0, 0.5, 1.0])
    np.testing.assert_allclose(soft_vote(p, weights), np.einsum("m,mnc->nc", weights, p) / weights.sum())
    labels = p.argmax(axis=2)
    np.testing.assert_array_equal(hard_vote(labels, 3), scipy.stats.mode(labels, axis=0).mode)
    assert hard_vote(np.array([[0], [1], [1]]), 2, np.array([3.0, 1.0, 1.0]))[0] == 0
