"""How time grows with the size of the input: the slope of log time over log n."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluators.coding.exercise import Growth

MEASURABLE = 2e-3
"""Seconds. A faster call is mostly noise, and is left out."""


def observed_growth(growth: Growth, seconds: Sequence[float]) -> str:
    """One sentence: the measured slope beside the expected growth. Never a reason to fail: machines are noisy.

    Args:
        growth: the claim, with the sizes of the calls.
        seconds: one duration a size; the largest sizes may be missing.
    """
    measured = [(n, taken) for n, taken in zip(growth.sizes, seconds, strict=False) if taken >= MEASURABLE]
    if len(measured) < 2:
        return f"expected {growth.expected}; too few measurable calls up to n = {growth.sizes[-1]:,}"
    sizes, times = zip(*measured, strict=True)
    slope = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
    verdict = "which agrees" if slope <= growth.exponent else "which is steeper: look for a loop inside a loop"
    return (
        f"expected {growth.expected}; your time grew like n^{slope:.1f} from n = {sizes[0]:,} to {sizes[-1]:,} "
        f"(last call {times[-1] * 1e3:.0f} ms), {verdict}"
    )
