from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import Growth
from evaluators.coding.growth import observed_growth

GROWTH = Growth("O(n log n)", 1.4, (100, 200, 400, 800), lambda n, rng: (rng.normal(size=n),))


def test_slope_of_a_quadratic_is_called_steeper() -> None:
    said = observed_growth(GROWTH, [1e-6 * n**2 for n in GROWTH.sizes])
    assert "n^2.0" in said
    assert "steeper" in said


def test_slope_of_n_log_n_agrees() -> None:
    said = observed_growth(GROWTH, [1e-4 * n * np.log(n) for n in GROWTH.sizes])
    assert "which agrees" in said


def test_noise_is_not_measured() -> None:
    assert "too few measurable calls" in observed_growth(GROWTH, [1e-5, 2e-3, 1e-4, 3e-4])


def test_missing_sizes_are_left_out() -> None:
    assert "to 200" in observed_growth(GROWTH, [0.01, 0.02])
