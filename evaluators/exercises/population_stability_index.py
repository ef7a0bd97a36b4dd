"""Population stability index. Source: Siddiqi, Credit Risk Scorecards, 2006."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Value,
    Wrong,
)

TASK = """
Measure how far a feature's distribution has moved between training and production, with the population stability
index.

- `expected` is `(n,)`, the training values; `actual` is `(m,)`, the new values; both continuous
- `bins` bins: the inner edges are the quantiles of `expected` at `1/bins, 2/bins, ...` (linear interpolation),
  the outer bins are open. Equal-width bins over the range of `expected` are accepted as another convention
- a share below `1e-4` is raised to `1e-4`, so that an empty bin does no harm
- the index is `sum((actual_share - expected_share) * ln(actual_share / expected_share))`

Return one number.
"""


def reference(expected: Array, actual: Array, bins: int, bugs: Bugs = NO_BUGS) -> float:
    source = actual if "edges_from_actual" in bugs else expected
    steps = np.arange(1, bins) / bins
    edges = np.quantile(source, steps)
    if "equal_width" in bugs:
        edges = source.min() + steps * (source.max() - source.min())
    if "outside_dropped" in bugs:
        actual_inside = actual[(actual >= source.min()) & (actual <= source.max())]
        old, new = _shares(expected, edges), _shares(actual_inside, edges) * len(actual_inside) / len(actual)
    else:
        old, new = _shares(expected, edges), _shares(actual, edges)
    if "no_floor" not in bugs:
        old, new = np.maximum(old, 1e-4), np.maximum(new, 1e-4)
    ratio = np.log2(new / old) if "log_base_two" in bugs else np.log(new / old)
    return float(np.sum((new if "one_sided_divergence" in bugs else new - old) * ratio))


def _shares(values: Array, edges: Array) -> Array:
    return np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) / max(len(values), 1)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, m: int, shift: float, bins: int) -> tuple[Value, ...]:
        return np.exp(rng.normal(size=n)), np.exp(rng.normal(size=m) + shift), bins

    far = rng.uniform(5, 6, size=9)
    return [
        Case("two bins", draw(8, 6, 0.7, 2)),
        Case("four bins, a shift", draw(48, 60, 0.6, 4)),
        Case("an empty bin", (rng.uniform(0, 1, size=12), np.concatenate([far, rng.uniform(0, 0.1, size=3)]), 3)),
    ]


EXERCISE = Exercise(
    slug="population_stability_index",
    title="Population stability index",
    topic="statistics",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.array([4.0, 5.0, 6.0, 7.0]), 3),
    wrong=(
        Wrong(
            "edges_from_actual",
            "The bins come from the new data. Then the ruler moves with what it measures: every week is compared "
            "on other bins, and values are not comparable over time. The edges are fixed once, from the training "
            "data.",
            "Next month you measure again. Are the bins the same as today?",
        ),
        Wrong(
            "one_sided_divergence",
            "This is the Kullback-Leibler divergence in one direction: the weight is the new share alone. The "
            "index weighs by the difference of the shares, which makes it symmetric and every bin's term "
            "non-negative.",
            "Swap the two samples' shares. Should the index change?",
            TERM,
        ),
        Wrong(
            "outside_dropped",
            "New values outside the training range fall into no bin. They are the clearest sign of drift, and they "
            "are lost: the new shares no longer sum to 1. A histogram over edges from minimum to maximum does that; "
            "the outer bins are open.",
            "What do the shares of the new sample sum to when a tenth of it lies above the training maximum?",
            TERM,
        ),
        Wrong(
            "log_base_two",
            "The logarithm has base 2, so values are 44 % larger than those that the usual thresholds, 0.1 and "
            "0.25, were made for. Use the natural logarithm.",
            "You compare your value with the rule of thumb of 0.25. Which logarithm was it made for?",
            EDGE,
        ),
        Wrong(
            "no_floor",
            "A bin that is empty in either sample gives inf, or nan for 0 · inf. One new category or one quiet day "
            "would trip every alarm. Raise small shares to the stated floor before the ratio.",
            "No new value falls into the third bin. What is its term?",
            EDGE,
        ),
    ),
    conventions=(Convention("equal_width", "bins of equal width over the training range instead of quantiles"),),
    invariants=(
        Invariant(
            "finite and not negative",
            lambda args, out: np.isfinite(out) and out >= -1e-9,
            "each bin's term is a product of two factors of the same sign",
        ),
    ),
    hints=(
        "Fix the edges, count both samples in the same bins, compare shares.",
        "Values beyond the training range belong to the outer bins; do not lose them.",
        "`np.searchsorted` with the inner edges gives a bin number for every value.",
    ),
    follow_ups=(
        "How does the index depend on the number of bins and on the sample size?",
        "A feature drifted, the model's metric did not. What do you do?",
        "How do you monitor drift in embeddings or text?",
    ),
    complexity="O(n log n + m log bins).",
    source="Siddiqi: Credit Risk Scorecards, 2006",
)
