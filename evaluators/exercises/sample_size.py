"""Sample size of an A/B test. Source: Fleiss, Levin and Paik, Statistical Methods for Rates, chapter 4."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Bugs,
    Case,
    Convention,
    Exercise,
    Wrong,
)

TASK = """
How many visitors does each group of an A/B test need, to detect a change of the conversion rate from `p1` to `p2`?

- two-sided test at level `alpha`, power `power`, two groups of equal size
- normal approximation with each group's own variance, `p·(1 - p)`; the forms with the mean of the two rates, under the
  null hypothesis (Fleiss) or throughout, are accepted as other conventions
- `statistics.NormalDist().inv_cdf` gives normal quantiles

Return the size of **one** group, rounded up to an integer.
"""


def reference(p1: float, p2: float, alpha: float, power: float, bugs: Bugs = NO_BUGS) -> int:
    quantile = NormalDist().inv_cdf
    z_alpha = quantile(1 - alpha if "one_sided_level" in bugs else 1 - alpha / 2)
    z_beta = 0.0 if "power_omitted" in bugs else quantile(power)
    variances = p1 * (1 - p1) + p2 * (1 - p2)
    if "single_group_variance" in bugs:
        variances /= 2
    if "pooled_throughout" in bugs:
        variances = variances + (p2 - p1) ** 2 / (
            4 if "single_group_variance" in bugs else 2
        )  # 2 p (1 - p) of the mean
    spread = (z_alpha + z_beta) * math.sqrt(variances)
    if "pooled_under_null" in bugs:
        mean = (p1 + p2) / 2
        spread = z_alpha * math.sqrt(2 * mean * (1 - mean)) + z_beta * math.sqrt(variances)
    size = (spread / (p2 - p1)) ** 2
    return math.ceil(size) * (2 if "total_returned" in bugs else 1)


def cases(rng: np.random.Generator) -> list[Case]:
    base = float(rng.uniform(0.04, 0.08))
    return [
        Case("a small lift", (0.10, float(rng.uniform(0.11, 0.12)), 0.05, 0.8)),
        Case("a drop, with more power", (base + 0.05, base, 0.01, 0.9)),
    ]


EXERCISE = Exercise(
    slug="sample_size",
    title="Sample size of an A/B test",
    topic="statistics",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(0.10, 0.12, 0.05, 0.8),
    wrong=(
        Wrong(
            "one_sided_level",
            "The critical value belongs to a one-sided test: 1.64 instead of 1.96 at 5 %. The experiment comes "
            "out about a fifth too small for the two-sided test that will be run on it.",
            "At alpha = 5 %, which critical value will your final test use?",
            TERM,
        ),
        Wrong(
            "single_group_variance",
            "Only one group's variance enters. The difference of two rates has the variances of both, so the "
            "plan is half as large as needed and the power is nearer to 50 % than to 80 %.",
            "Which two random quantities does the difference consist of?",
        ),
        Wrong(
            "power_omitted",
            "The power does not enter. With only the critical value, a true effect of exactly this size is "
            "found every second time: that is a power of 50 %. Add the quantile of the power.",
            "If the true effect is exactly p2 - p1, how often will your experiment find it?",
        ),
        Wrong(
            "total_returned",
            "This is the size of both groups together. Whoever reads it as visitors per group runs the "
            "experiment twice as long as needed. The statement asks for one group.",
            "How many visitors does the whole experiment need, by your number?",
            EDGE,
        ),
    ),
    conventions=(
        Convention("pooled_under_null", "the critical value is weighted by the pooled variance (Fleiss)"),
        Convention("pooled_throughout", "both quantiles are weighted by the variance at the mean of the two rates"),
    ),
    hints=(
        "Two requirements: few false alarms, and enough power. Each brings a normal quantile.",
        "The difference of the rates has to be as large as the two quantiles together, in standard errors.",
        "Solve that for n; the standard error contains 1/n from both groups.",
    ),
    follow_ups=(
        "You halve the effect you want to detect. What happens to the sample size?",
        "How does CUPED or stratification reduce it?",
        "The traffic would take six months. What are your options?",
    ),
    complexity="O(1).",
    source="Fleiss, Levin, Paik, chapter 4",
    minutes=10,
)
