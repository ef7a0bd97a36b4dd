from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats

from evaluators.reference.distribution_shift import ks_test, population_stability_index

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0


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
