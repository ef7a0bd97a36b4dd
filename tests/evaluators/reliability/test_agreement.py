from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import cohen_kappa_score

from evaluators.reliability.agreement import agreement, interval, pearson, weighted_kappa, within_groups

RNG = np.random.default_rng(3)
GRADES = RNG.integers(0, 6, 200).astype(float)
SCORES = np.clip(GRADES + RNG.normal(0, 1.2, 200), 0, 5)
GROUPS = [str(i % 11) for i in range(200)]


def test_agreement_equals_scipy_and_scikit_learn():
    found = agreement(SCORES, GRADES, GROUPS)
    assert found.pearson == pytest.approx(pearsonr(SCORES, GRADES).statistic)
    assert found.spearman == pytest.approx(spearmanr(SCORES, GRADES).statistic)
    kappa = cohen_kappa_score(np.rint(SCORES).astype(int), GRADES.astype(int), weights="quadratic")
    assert weighted_kappa(SCORES, GRADES) == pytest.approx(kappa)


def test_the_interval_holds_the_estimate_and_repeats():
    low, high = interval(SCORES, GRADES, GROUPS, pearson)
    assert low < pearson(SCORES, GRADES) < high
    assert interval(SCORES, GRADES, GROUPS, pearson) == (low, high)


def test_order_within_a_question_ignores_how_hard_the_questions_are():
    grades = np.array([1.0, 2.0, 4.0, 5.0])
    scores = np.array([3.0, 4.0, 1.0, 2.0])
    assert within_groups(scores, grades, ["a", "a", "b", "b"]) == 1.0
    assert pearson(scores, grades) < 0


def test_a_constant_has_no_correlation():
    assert pearson(np.ones(5), np.arange(5.0)) is None
