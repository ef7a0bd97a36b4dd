"""Mistakes that look alike in every derivation: a constant factor, a transpose, a sum over the batch left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from evaluators.coding.exercise import TERM, Wrong
from evaluators.derivation.problem import Problem, Sizes


@dataclass(frozen=True, slots=True)
class Factor:
    """A constant that an answer has too much: `value(sizes)` is answer over truth."""

    wrong: Wrong
    value: Callable[[Sizes], float]


SIGN = Factor(
    Wrong(
        "sign_flipped",
        "The sign is the wrong way round: size and direction are right, and a step along it climbs the loss. It "
        "usually comes from writing target minus prediction, or from the minus of the log-likelihood being lost on "
        "the way.",
        "Take one row with a prediction that is too large. In which direction should the gradient push?",
        TERM,
    ),
    lambda sizes: -1.0,
)
MEAN_MISSING = Factor(
    Wrong(
        "batch_mean_missing",
        "The result is n times too large: the loss is a mean over the batch and this is the gradient of a sum. The "
        "step then grows with the batch size. The factor 1/n enters once, at the first derivative of the loss.",
        "You list every row of the batch twice. What should happen to the gradient, and what happens to yours?",
        TERM,
    ),
    lambda sizes: float(sizes["n"]),
)
MEAN_TWICE = Factor(
    Wrong(
        "batch_mean_twice",
        "The result is n times too small: the factor 1/n is in it twice. It is already in the error that comes back, "
        "so what follows sums over the batch and does not average again.",
        "Where in your derivation does 1/n enter, and how often?",
        TERM,
    ),
    lambda sizes: 1 / sizes["n"],
)
TWO_MISSING = Factor(
    Wrong(
        "factor_two_missing",
        "A factor 2 is missing: the square brings it down, and this loss has no 1/2 that would cancel it. It changes "
        "no direction, but it changes what a learning rate means, and how a penalty weighs against the data.",
        "What is the derivative of the square, and does the loss as it is stated cancel any of it?",
        TERM,
    ),
    lambda sizes: 0.5,
)
TWO_EXTRA = Factor(
    Wrong(
        "factor_two_extra",
        "There is a factor 2 too much. Either the loss has a 1/2 that cancels it, or no square is involved where it "
        "came from. Compare with the loss as it is stated.",
        "Which square does your factor 2 come from?",
        TERM,
    ),
    lambda sizes: 2.0,
)

TRANSPOSED = Wrong(
    "transposed",
    "The numbers are right and lie the other way round: the result is the transpose of what is wanted. A gradient has "
    "the shape of what it belongs to; swap the order of the product and which side is transposed.",
    "Which shape must this gradient have, and which shape has yours?",
    TERM,
)
SUM_MISSING = Wrong(
    "batch_sum_missing",
    "The result still has the batch axis: it is the contribution of each row, and their sum is missing. What is added "
    "to every row by broadcasting collects the gradient of every row.",
    "Every row uses the same bias. If you move it a little, how many rows of the output move?",
    TERM,
)


def _scale(axis: str) -> tuple[Factor, Factor]:
    missing = Wrong(
        "scale_missing",
        f"The factor 1/sqrt({axis}) is missing. The scores were divided by it on the way forward, so the chain rule "
        f"brings it back on the way to the queries and the keys; without it their gradients are sqrt({axis}) times "
        f"too large.",
        "By what were the scores divided going forward, and where is that in your backward pass?",
        TERM,
    )
    twice = Wrong(
        "scale_twice",
        f"The factor 1/sqrt({axis}) is in it twice, which is a division by {axis}. It enters where the scores were "
        f"scaled and nowhere else: either in the gradient of the scores or in those of queries and keys.",
        "In which of your lines does the scale appear?",
        TERM,
    )
    return (
        Factor(missing, lambda sizes: math.sqrt(sizes[axis])),
        Factor(twice, lambda sizes: 1 / math.sqrt(sizes[axis])),
    )


def factors_of(problem: Problem) -> Iterator[tuple[tuple[Wrong, ...], Callable[[Sizes], float]]]:
    """Every single factor, then every pair of two, that a term of this problem may have too much."""
    single = [SIGN, TWO_MISSING, TWO_EXTRA]
    if "n" in problem.sizes[0]:
        single += [MEAN_MISSING, MEAN_TWICE]
    if problem.scale:
        single += _scale(problem.scale)
    for factor in single:
        yield (factor.wrong,), factor.value
    for one, other in combinations(single, 2):
        pair = {one.wrong.id, other.wrong.id}
        if pair not in ({"factor_two_missing", "factor_two_extra"}, {"batch_mean_missing", "batch_mean_twice"}):
            yield (one.wrong, other.wrong), _product(one, other)


def _product(one: Factor, other: Factor) -> Callable[[Sizes], float]:
    return lambda sizes: one.value(sizes) * other.value(sizes)
