"""Two-proportion z-test. Source: Casella and Berger, Statistical Inference, section 10.3."""

from __future__ import annotations

import math

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
Evaluate an A/B test on a conversion rate with a two-sided two-proportion z-test.

- `conversions_a` of `visitors_a` converted under A, `conversions_b` of `visitors_b` under B
- `z` is the difference of the rates, B minus A, over its standard error; under the null hypothesis both share one
  rate, so the standard error uses the pooled rate. The unpooled standard error is accepted as another convention

Return `(z, p_value)`. `math.erf` and `math.erfc` give the normal distribution.
"""


def reference(
    conversions_a: int, visitors_a: int, conversions_b: int, visitors_b: int, bugs: Bugs = NO_BUGS
) -> tuple[float, float]:
    rate_a, rate_b = conversions_a / visitors_a, conversions_b / visitors_b
    pooled = (conversions_a + conversions_b) / (visitors_a + visitors_b)
    variance = pooled * (1 - pooled) * (1 / visitors_a + 1 / visitors_b)
    if "unpooled" in bugs:
        variance = rate_a * (1 - rate_a) / visitors_a + rate_b * (1 - rate_b) / visitors_b
    if "one_sample_error" in bugs:
        variance = pooled * (1 - pooled) / (visitors_a + visitors_b)
    z = (rate_b - rate_a) / math.sqrt(variance)
    p = math.erfc((z if "signed_p" in bugs else abs(z)) / math.sqrt(2))
    return z, p / 2 if "one_tailed" in bugs else p


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(rate_a: float, rate_b: float, n_a: int, n_b: int) -> tuple[int, ...]:
        jitter = int(rng.integers(0, 5))
        return int(rate_a * n_a) + jitter, n_a, int(rate_b * n_b) + jitter, n_b

    return [
        Case("B is better", draw(0.10, 0.13, 1000, 1200)),
        Case("B is worse", draw(0.30, 0.27, 800, 500)),
        Case("very unequal groups", draw(0.05, 0.08, 4000, 300)),
    ]


EXERCISE = Exercise(
    slug="ab_test",
    title="A/B test: two-proportion z-test",
    topic="statistics",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(100, 1000, 130, 1000),
    wrong=(
        Wrong(
            "one_tailed",
            "The p-value covers one tail only. It is half of what a two-sided test reports, so twice as many "
            "experiments without any effect would pass. The test asks for a difference in either direction.",
            "Before the experiment, could B also have turned out worse? Does your p-value allow for that?",
            TERM,
        ),
        Wrong(
            "one_sample_error",
            "The standard error treats all visitors as one sample. What varies is a difference of two rates, "
            "whose variances add: 1/n_a + 1/n_b, not 1/(n_a + n_b). With equal groups, z comes out twice too "
            "large.",
            "The variance of a difference of two independent rates: what is it in terms of the two variances?",
        ),
        Wrong(
            "signed_p",
            "The p-value is taken from the signed z. When B is worse, the 'p-value' lies above 1, or close to "
            "it, and a significant loss goes unnoticed. A two-sided test uses the size of z.",
            "B is clearly worse than A. What p-value do you report?",
            EDGE,
        ),
    ),
    conventions=(Convention("unpooled", "the standard error uses each group's own rate"),),
    invariants=(
        Invariant("the p-value is a probability", lambda args, out: 0 <= out[1] <= 1, "a p-value lies between 0 and 1"),
    ),
    hints=(
        "Rate of each group, pooled rate, standard error, z, p.",
        "Variances of independent estimates add.",
        "The two-sided p-value is `erfc(|z| / sqrt(2))`.",
    ),
    follow_ups=(
        "You look at the p-value every morning and stop when it is below 5 %. What is your real error rate?",
        "Twenty metrics, one significant. What do you conclude?",
        "Users see the page several times. What breaks in the standard error?",
    ),
    complexity="O(1).",
    source="Casella, Berger: Statistical Inference, 10.3",
    minutes=10,
)
