from __future__ import annotations

import numpy as np
import scipy.special
import scipy.stats
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.utils.validation

from evaluators.reference import metrics
from evaluators.reference.isolation_forest import IsolationForest, average_path

draws = np.random.default_rng(2)


def test_isolation_forest_finds_what_scikit_learn_finds() -> None:
    ordinary, unusual = draws.normal(size=(400, 3)), draws.uniform(-8, 8, size=(20, 3))
    x = np.vstack([ordinary, unusual])
    ours = IsolationForest(x, np.random.default_rng(0)).score(x)
    theirs = -sklearn.ensemble.IsolationForest(random_state=0).fit(x).score_samples(x)
    assert scipy.stats.spearmanr(ours, theirs).statistic > 0.9
    np.testing.assert_allclose(ours.mean(), theirs.mean(), atol=0.03)
    assert metrics.roc_auc(np.arange(420) >= 400, ours) > 0.95
    sizes = np.array([1, 2, 3, 17, 256])
    np.testing.assert_allclose(average_path(sizes), sklearn.ensemble._iforest._average_path_length(sizes))
