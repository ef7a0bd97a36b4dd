"""How time grows with the size of the input: the slope of log time over log n."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluators.exercise import Growth

MEASURABLE = 5e-4
"""Seconds. A largest call that is faster than this says nothing about growth."""


def observed_growth(growth: Growth, seconds: Sequence[float]) -> str:
    """One sentence: the measured slope beside the expected growth. Never a reason to fail: machines are noisy."""
    largest = growth.sizes[-1]
    if seconds[-1] < MEASURABLE:
        return f"expected {growth.expected}; too fast to measure up to n = {largest:,} ({seconds[-1] * 1e3:.2f} ms)"
    slope = float(np.polyfit(np.log(growth.sizes), np.log(np.maximum(seconds, 1e-6)), 1)[0])
    verdict = "which agrees" if slope <= growth.exponent else "which is steeper: look for a loop inside a loop"
    return (
        f"expected {growth.expected}; your time grew like n^{slope:.1f} from n = {growth.sizes[0]:,} to {largest:,} "
        f"(last call {seconds[-1] * 1e3:.1f} ms), {verdict}"
    )
