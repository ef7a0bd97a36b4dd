"""Two-sample Kolmogorov-Smirnov statistic. Source: Hodges, Arkiv för Matematik 3 (1958)."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Growth,
    Invariant,
    Value,
    Wrong,
)

TASK = """
Compute the two-sample Kolmogorov-Smirnov statistic, as used to detect that a feature's distribution has drifted:
the largest distance between the two empirical distribution functions.

- `a` is `(n,)`, `b` is `(m,)`; the sizes may differ, values may be tied
- the statistic is two-sided: `max over x of |F_a(x) - F_b(x)|`, with `F(x)` the share of values `<= x`

Return one number.
"""


def reference(a: Array, b: Array, bugs: Bugs = NO_BUGS) -> float:
    points = a if "only_first_sample" in bugs else np.concatenate([a, b])
    below_a = np.searchsorted(np.sort(a), points, side="right")
    below_b = np.searchsorted(np.sort(b), points, side="right")
    gaps = below_a / len(a) - below_b / (len(a) if "one_size_for_both" in bugs else len(b))
    if "one_sided" in bugs:
        return float(max(gaps.max(), 0.0))
    return float(np.abs(gaps).mean() if "mean_gap" in bugs else np.abs(gaps).max())


def cases(rng: np.random.Generator) -> list[Case]:
    low, high = np.sort(rng.normal(size=7))[[0, 1, 2, 3, 4, 5, 6]], 10.0
    return [
        Case("b lies wholly below a", (low[3:5] + high, low[:3])),
        Case("different sizes", (rng.normal(size=9), rng.normal(size=14) + 0.8)),
        Case("ties between the samples", (np.round(rng.normal(size=12)) + 1.0, np.round(1.5 * rng.normal(size=8)))),
    ]


def grow(n: int, rng: np.random.Generator) -> tuple[Value, ...]:
    return rng.normal(size=n), rng.normal(size=n)


EXERCISE = Exercise(
    slug="ks_two_sample",
    title="Two-sample Kolmogorov-Smirnov statistic",
    topic="statistics",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0])),
    wrong=(
        Wrong(
            "one_sided",
            "Only one direction is looked at: F_a above F_b. When the new data moved the other way, the statistic "
            "stays near zero and the drift goes unseen. Take the absolute difference.",
            "Swap the two samples. Should the statistic change?",
        ),
        Wrong(
            "only_first_sample",
            "The distance is measured only at the points of the first sample. The supremum can sit at any jump of "
            "either function: if the second sample lies below the first, the gap is widest at its points. Evaluate "
            "at the points of both.",
            "The two samples do not overlap at all. What is the statistic, and at which point is it reached?",
            TERM,
        ),
        Wrong(
            "one_size_for_both",
            "Both counts are divided by the size of the first sample. F_b then does not end at 1, and samples of "
            "different sizes look different even when their distributions are equal. Each distribution function "
            "has its own denominator.",
            "To which value does each of your two functions rise in the end?",
            TERM,
        ),
        Wrong(
            "mean_gap",
            "The gaps are averaged. That is another distance, and the tables for the Kolmogorov-Smirnov test do "
            "not apply to it; a narrow but strong shift is averaged away. The statistic is the largest gap.",
            "The distributions agree except for one narrow region. What does an average make of it?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "no gap is larger than the statistic",
            lambda args, out: reference(*args) - 1e-6 <= out <= 1,
            "at some observed value the functions are farther apart than that, or the value is no difference of shares",
        ),
    ),
    hints=(
        "Both functions are steps: they change only at observed values.",
        "The number of values <= x is a binary search in the sorted sample.",
        "Which side of the binary search counts ties as below?",
    ),
    follow_ups=(
        "With a million rows, every feature 'drifts' significantly. What do you monitor instead?",
        "Why does the test lose power in the tails?",
        "How would you do it on a stream, with bounded memory?",
    ),
    complexity="O((n + m) log(n + m)) time.",
    source="Hodges 1958",
    banned=("ks_2samp",),
    growth=Growth("O(n log n)", 1.4, (10_000, 20_000, 40_000, 80_000), grow),
)
