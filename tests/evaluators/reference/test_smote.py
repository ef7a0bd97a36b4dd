from __future__ import annotations

import numpy as np
import pytest
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.utils.validation

from evaluators.reference.smote import nearest_neighbours, smote

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0


def test_synthetic_examples_lie_between_neighbours() -> None:
    near = sklearn.neighbors.NearestNeighbors(n_neighbors=4).fit(X).kneighbors(X, return_distance=False)
    np.testing.assert_array_equal(nearest_neighbours(X, 3), near[:, 1:])
    made = smote(X, 50, np.random.default_rng(0), k=3)
    for row in made:
        gaps = np.linalg.norm(row - X, axis=1)
        assert any(
            np.isclose(gaps[base] + gaps[other], np.linalg.norm(X[base] - X[other]), atol=1e-9)
            for base in range(len(X))
            for other in near[base, 1:]
        )
    with pytest.raises(ValueError, match="neighbours"):
        smote(X[:3], 1, np.random.default_rng(0), k=3)
