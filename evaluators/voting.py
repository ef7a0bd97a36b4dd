"""Several scorers, one vote: weights by precision and recall on graded answers, the threshold by what praise costs.

The weights come from how well each scorer alone tells good answers from poor ones (area under its precision-recall
curve above chance). The threshold is where false praise at its price and false blame together cost least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from evaluators.calibration import FEWEST, threshold
from evaluators.score import Score
from knowledge.errors import InputError
from knowledge.models import Frozen

GOOD = 2.5
APART = 1.5  # of 5: scorers further apart leave the answer uncertain


class Ensemble(Frozen):
    """Weights of the scorers by name, the threshold from which an answer passes, and where both come from."""

    weights: dict[str, float]
    threshold: float = Field(ge=0, le=5)
    price: float = Field(2.0, gt=0, description="What false praise costs, when false blame costs 1.")
    precision: float
    recall: float
    answers: int
    source: str = ""
    made: str = ""


def average_precision(scores: NDArray[np.float64], good: NDArray[np.bool_]) -> float:
    """Return the area under the precision-recall curve, as steps; ties count together.

    Source: scikit-learn's `average_precision_score`.
    """
    cuts = np.unique(scores)[::-1]
    recall_before, area = 0.0, 0.0
    for cut in cuts:
        chosen = scores >= cut
        precision, recall = good[chosen].mean(), good[chosen].sum() / good.sum()
        area += (recall - recall_before) * precision
        recall_before = recall
    return float(area)


def tune(
    scores: Mapping[str, Sequence[float]], grades: Sequence[float], price: float = 2.0, source: str = ""
) -> Ensemble:
    """Return the ensemble tuned on graded answers, both scores and grades from 0 to 5.

    Raises:
        InputError: fewer than twenty answers, or all of them good or all poor.
    """
    good = np.asarray(grades, float) >= GOOD
    if len(good) < FEWEST:
        raise InputError(f"{len(good)} graded answers are too few.", f"Grade at least {FEWEST} answers.")
    if good.all() or not good.any():
        raise InputError("The grades are all good or all poor.", "Add answers of the other kind.")
    columns = {name: np.asarray(values, float) for name, values in scores.items()}
    chance = float(good.mean())
    gains = {name: max(0.0, average_precision(values, good) - chance) for name, values in columns.items()}
    whole = sum(gains.values())
    weights = {name: gain / whole if whole else 1 / len(gains) for name, gain in gains.items()}
    joined = np.sum([weights[name] * values for name, values in columns.items()], axis=0)
    cut = threshold(joined, good, price)
    passed = joined >= cut
    return Ensemble(
        weights={name: round(weight, 4) for name, weight in weights.items()},
        threshold=round(cut, 3),
        price=price,
        precision=float(good[passed].mean()) if passed.any() else 0.0,
        recall=float((good & passed).sum() / good.sum()),
        answers=len(good),
        source=source,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def vote(scores: Mapping[str, Score], weights: Mapping[str, float]) -> Score:
    """Return the weighted vote of several scores of one answer; a wide gap between them is said and widens the band.

    The criteria, quotations and advice are those of the scorer with the greatest weight that gave a number.
    """
    judged = {name: score for name, score in scores.items() if score.overall is not None and weights.get(name, 0.0) > 0}
    if not judged:
        first = next(iter(scores.values()))
        return first.model_copy(update={"engine": "ensemble"})
    whole = sum(weights[name] for name in judged)
    overall = sum(weights[name] * float(score.overall or 0.0) for name, score in judged.items()) / whole
    values = [float(score.overall or 0.0) for score in judged.values()]
    lows = [score.band[0] for score in judged.values() if score.band]
    highs = [score.band[1] for score in judged.values() if score.band]
    apart = max(values) - min(values)
    lead = judged[max(judged, key=lambda name: weights[name])]
    flags = [*dict.fromkeys(flag for score in judged.values() for flag in score.flags)]
    trace = [f"{name}: {score.overall:.2f} × {weights[name] / whole:.2f}" for name, score in judged.items()]
    if apart > APART:
        flags.append("uncertain")
        trace.append(f"the scorers are {apart:.1f} apart: uncertain")
    band = (
        (min([*lows, overall, *values]), max([*highs, overall, *values]))
        if apart > APART
        else (min([*lows, overall]), max([*highs, overall]))
    )
    return lead.model_copy(
        update={
            "overall": round(overall, 3),
            "band": band,
            "flags": tuple(flags),
            "trace": (*lead.trace, *trace),
            "engine": "ensemble",
        }
    )
