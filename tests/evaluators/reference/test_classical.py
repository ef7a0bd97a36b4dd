"""The classical methods against scikit-learn and SciPy, and against what must hold whatever the data."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.utils.validation
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.reference import metrics
from evaluators.reference.distribution_shift import ks_test, population_stability_index
from evaluators.reference.gradient_check import numeric_gradient
from evaluators.reference.isolation_forest import IsolationForest, average_path
from evaluators.reference.lexical import BM25, TfIdf
from evaluators.reference.linear_models import (
    LinearModel,
    lasso,
    linear_regression_by_descent,
    logistic_loss_gradient,
    logistic_regression,
    mean_squared_error_gradient,
    ridge,
)
from evaluators.reference.rank_fusion import reciprocal_rank_fusion
from evaluators.reference.smote import nearest_neighbours, smote
from evaluators.reference.thresholds import bayes_threshold, cheapest_threshold, threshold_at_precision
from evaluators.reference.validation import bias_variance, k_fold, learning_curve, stratified_k_fold
from evaluators.reference.voting import hard_vote, soft_vote

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0
Y = X @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + 4.0 + draws.normal(size=80) * 0.3
LABELS = (Y + draws.normal(size=80) * 2 > np.median(Y)).astype(int)
SCORES = np.round(draws.normal(size=80) + LABELS, 1)  # rounded: ties


@pytest.mark.parametrize("penalty", [0.0, 0.7, 50.0])
def test_ridge(penalty: float) -> None:
    model = ridge(X, Y, penalty)
    theirs = sklearn.linear_model.Ridge(alpha=penalty).fit(X, Y)
    np.testing.assert_allclose(model.weights, theirs.coef_, atol=1e-8)
    assert model.intercept == pytest.approx(theirs.intercept_)


def test_least_squares_of_columns_that_repeat_is_the_shortest_solution() -> None:
    twice = np.column_stack([X, X[:, 0]])
    model = ridge(twice, Y)
    np.testing.assert_allclose(model(twice), ridge(X, Y)(X), atol=1e-8)
    assert model.weights[0] == pytest.approx(model.weights[-1])


@pytest.mark.parametrize("penalty", [0.01, 0.2, 100.0])
def test_lasso(penalty: float) -> None:
    model = lasso(X, Y, penalty)
    theirs = sklearn.linear_model.Lasso(alpha=penalty, tol=1e-10, max_iter=100_000).fit(X, Y)
    np.testing.assert_allclose(model.weights, theirs.coef_, atol=1e-6)
    assert model.intercept == pytest.approx(theirs.intercept_, abs=1e-5)


def test_descent_arrives_at_least_squares() -> None:
    centred = X - X.mean(axis=0)
    model = linear_regression_by_descent(centred, Y, 0.1, 2_000)
    np.testing.assert_allclose(model.weights, ridge(centred, Y).weights, atol=1e-8)


@pytest.mark.parametrize("l2", [0.0, 0.05])
def test_logistic_regression(l2: float) -> None:
    model = logistic_regression(X, LABELS, l2)
    strength = 1.0 / (l2 * len(X)) if l2 else np.inf
    theirs = sklearn.linear_model.LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(X, LABELS)
    np.testing.assert_allclose(model.weights, theirs.coef_[0], rtol=1e-3, atol=1e-4)
    loss, dweights, dintercept = logistic_loss_gradient(X, LABELS, model, l2)
    np.testing.assert_allclose([*dweights, dintercept], 0.0, atol=1e-9)
    if not l2:
        assert loss == pytest.approx(sklearn.metrics.log_loss(LABELS, scipy.special.expit(model(X))))


@pytest.mark.parametrize("function", [logistic_loss_gradient, mean_squared_error_gradient])
def test_gradients_of_the_linear_losses(function) -> None:
    weights = draws.normal(size=5)
    _, dweights, dintercept = function(X, LABELS, LinearModel(weights, 0.3))
    numeric = numeric_gradient(
        lambda w: function(X, LABELS, LinearModel(w[:5], float(w[5])))[0], np.append(weights, 0.3)
    )
    np.testing.assert_allclose([*dweights, dintercept], numeric, rtol=1e-6, atol=1e-8)


def test_a_saturated_logistic_score_costs_a_finite_number() -> None:
    loss, dweights, _ = logistic_loss_gradient(np.array([[1e4]]), np.array([0]), LinearModel(np.ones(1), 0.0))
    assert loss == pytest.approx(1e4)
    assert np.isfinite(dweights).all()


def test_metrics_equal_scikit_learn() -> None:
    decided = (SCORES > 0.5).astype(int)
    counts = metrics.count_decisions(LABELS, decided)
    assert counts.precision == pytest.approx(sklearn.metrics.precision_score(LABELS, decided))
    assert counts.recall == pytest.approx(sklearn.metrics.recall_score(LABELS, decided))
    assert counts.f1 == pytest.approx(sklearn.metrics.f1_score(LABELS, decided))
    assert counts.accuracy == pytest.approx(sklearn.metrics.accuracy_score(LABELS, decided))
    three, other = draws.integers(0, 3, (2, 40))
    np.testing.assert_array_equal(
        metrics.confusion_matrix(three, other, 3), sklearn.metrics.confusion_matrix(three, other)
    )
    assert metrics.roc_auc(LABELS, SCORES) == pytest.approx(sklearn.metrics.roc_auc_score(LABELS, SCORES))
    assert metrics.average_precision(LABELS, SCORES) == pytest.approx(
        sklearn.metrics.average_precision_score(LABELS, SCORES)
    )
    p = scipy.special.expit(SCORES)
    assert metrics.log_loss(LABELS, p) == pytest.approx(sklearn.metrics.log_loss(LABELS, p))
    assert metrics.brier_score(LABELS, p) == pytest.approx(sklearn.metrics.brier_score_loss(LABELS, p))
    assert metrics.r_squared(Y, X[:, 0]) == pytest.approx(sklearn.metrics.r2_score(Y, X[:, 0]))
    assert metrics.mean_squared_error(Y, X[:, 0]) == pytest.approx(sklearn.metrics.mean_squared_error(Y, X[:, 0]))


def test_no_alarm_and_no_positive_are_zero_not_an_error() -> None:
    counts = metrics.count_decisions(np.zeros(3), np.zeros(3))
    assert (counts.precision, counts.recall, counts.f1, counts.accuracy) == (0.0, 0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="both classes"):
        metrics.roc_auc(np.zeros(3), np.arange(3))


def test_ranking_metrics() -> None:
    gains = np.array([0, 3, 0, 1, 2])
    for k in (1, 3, 5, 9):
        expected = sklearn.metrics.ndcg_score([2.0**gains - 1], [np.arange(5, 0, -1)], k=k)
        assert metrics.ndcg(gains, k) == pytest.approx(expected)
    assert metrics.ndcg(np.zeros(3), 2) == 0.0
    assert metrics.recall_at_k(["a", "a", "b", "c"], {"a", "c"}, 3) == 0.5
    assert metrics.recall_at_k(["a"], set(), 3) == 0.0


@given(st.integers(2, 40), st.integers(2, 12), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_index_is_tested_once(count: int, folds: int, shuffled: bool) -> None:
    generator = np.random.default_rng(count) if shuffled else None
    if folds > count:
        with pytest.raises(ValueError, match="folds"):
            k_fold(count, folds)
        return
    parts = k_fold(count, folds, generator)
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(count))
    for train, test in parts:
        assert sorted([*train, *test]) == list(range(count))
    if not shuffled:
        expected = sklearn.model_selection.KFold(folds).split(np.zeros(count))
        for (_, test), (_, theirs) in zip(parts, expected, strict=True):
            np.testing.assert_array_equal(test, theirs)


@given(st.lists(st.integers(0, 2), min_size=6, max_size=60), st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_folds_share_every_class(labels: list[int], folds: int) -> None:
    y = np.array(labels)
    counts = np.array([np.bincount(y[test], minlength=3) for _, test in stratified_k_fold(y, folds)])
    assert (counts.max(axis=0) - counts.min(axis=0)).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1
    assert counts.sum() == len(y)


def test_a_learning_curve_closes_its_gap() -> None:
    held_out = (X[60:], Y[60:])
    on_train, on_held_out = learning_curve(ridge, metrics.mean_squared_error, (X, Y), held_out, [6, 20, 60])
    assert on_train[0] < 1e-2 < on_held_out[0]
    assert abs(on_train[-1] - on_held_out[-1]) < abs(on_train[0] - on_held_out[0])


def test_bias_and_variance_add_up_to_the_error() -> None:
    truth = np.sin(np.linspace(0, 3, 20))
    predictions = truth + 0.5 + draws.normal(size=(4_000, 20)) * 0.3
    parts = bias_variance(predictions, truth, 0.04)
    assert parts.bias_squared == pytest.approx(0.25, abs=0.02)
    assert parts.variance == pytest.approx(0.09, abs=0.01)
    observed = truth + draws.normal(size=(4_000, 20)) * 0.2
    assert parts.total == pytest.approx(np.mean((predictions - observed) ** 2), abs=0.01)


def test_thresholds() -> None:
    for wanted in (0.5, 0.6, 0.7):
        threshold = threshold_at_precision(LABELS, SCORES, wanted)
        assert threshold is not None
        recalls = [
            metrics.count_decisions(LABELS, cut <= SCORES).recall
            for cut in np.unique(SCORES)
            if metrics.count_decisions(LABELS, cut <= SCORES).precision >= wanted
        ]
        assert metrics.count_decisions(LABELS, threshold <= SCORES).recall == max(recalls)
    assert threshold_at_precision(np.array([1, 0]), np.array([0.5, 0.5]), 0.9) is None
    assert threshold_at_precision(np.array([0, 1, 1, 1]), np.array([0.9, 0.8, 0.7, 0.6]), 0.7) == 0.6  # not monotone


def test_the_cheapest_threshold_of_calibrated_scores_is_bayes() -> None:
    p = draws.random(20_000)
    y = (draws.random(20_000) < p).astype(int)
    p = np.round(p, 2)
    assert cheapest_threshold(y, p, 1.0, 4.0) == pytest.approx(bayes_threshold(1.0, 4.0), abs=0.06)
    assert cheapest_threshold(np.zeros(5), np.arange(5.0), 1.0, 1.0) == np.inf


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


def test_votes() -> None:
    p = draws.dirichlet(np.ones(3), size=(4, 10))
    weights = np.array([1.0, 2.0, 0.5, 1.0])
    np.testing.assert_allclose(soft_vote(p, weights), np.einsum("m,mnc->nc", weights, p) / weights.sum())
    labels = p.argmax(axis=2)
    np.testing.assert_array_equal(hard_vote(labels, 3), scipy.stats.mode(labels, axis=0).mode)
    assert hard_vote(np.array([[0], [1], [1]]), 2, np.array([3.0, 1.0, 1.0]))[0] == 0


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


def test_kolmogorov_smirnov() -> None:
    for shift, second in ((0.0, 300), (0.15, 500), (0.6, 40)):
        a, b = np.round(draws.normal(size=400), 1), np.round(draws.normal(size=second) + shift, 1)
        found = ks_test(a, b)
        assert found.statistic == pytest.approx(scipy.stats.ks_2samp(a, b).statistic)
        effective = 400 * second / (400 + second)
        expected = scipy.special.kolmogorov(np.sqrt(effective) * found.statistic)
        assert found.p_value == pytest.approx(expected, abs=1e-12)
    assert ks_test(X[:, 0], X[:, 0]) == (0.0, 1.0)


def test_population_stability_index() -> None:
    a, b = draws.normal(size=20_000), draws.normal(size=20_000)
    assert population_stability_index(a, b) < 0.01
    assert population_stability_index(a, b + 1.0) > 0.25
    assert np.isfinite(population_stability_index(a, b + 100.0))
    # ten bins of a tenth each; all of the new data in the last
    alone = 0.9 * np.log(1.0 / 0.1) + 9 * (1e-4 - 0.1) * np.log(1e-4 / 0.1)
    assert population_stability_index(a, np.full(10, 99.0)) == pytest.approx(alone, rel=1e-3)


DOCUMENTS = [
    "Gradient descent follows the negative gradient",
    "The gradient of the loss vanishes in deep networks",
    "Batch norm keeps activations in range, batch by batch",
    "",
]


def test_tf_idf_equals_scikit_learn() -> None:
    theirs = sklearn.feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2)).fit(DOCUMENTS)
    ours = TfIdf(DOCUMENTS, 2)
    assert ours.vocabulary == theirs.vocabulary_
    unseen = [*DOCUMENTS, "gradient of something never seen"]
    np.testing.assert_allclose(ours.transform(unseen), theirs.transform(unseen).toarray(), atol=1e-12)


def test_bm25_by_the_formula() -> None:
    documents = [document.lower().split() for document in DOCUMENTS]
    query = ["gradient", "batch", "batch", "unknown"]
    mean = np.mean([len(document) for document in documents])
    expected = []
    for document in documents:
        total = 0.0
        for term in query:
            df = sum(term in other for other in documents)
            tf = document.count(term)
            idf = np.log((len(documents) - df + 0.5) / (df + 0.5) + 1.0)
            total += idf * tf * 2.5 / (tf + 1.5 * (0.25 + 0.75 * len(document) / mean))
        expected.append(total)
    np.testing.assert_allclose(BM25(documents).scores(query), expected)
    assert BM25([]).scores(["a"]).shape == (0,)


def test_reciprocal_rank_fusion() -> None:
    fused = reciprocal_rank_fusion([["a", "b", "c"], ["b", "d"]])
    assert [item for item, _ in fused] == ["b", "a", "d", "c"]
    assert dict(fused)["b"] == pytest.approx(1 / 62 + 1 / 61)
    assert reciprocal_rank_fusion([]) == []
