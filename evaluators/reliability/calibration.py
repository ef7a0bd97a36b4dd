"""A person's own scale, from about twenty answers that they graded: slope, intercept, threshold, the scorers' weights.

Leniency does not travel between graders; on one graded set the root mean square error fell from 1.7 to .9 of 5. Slope
and intercept mend that. The weights of the scorers move only as far as the number of answers warrants.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError

from evaluators.reliability import voting
from evaluators.score import Score
from evaluators.text.language import counted
from knowledge.errors import ContentError, InputError
from knowledge.models import Frozen

FEWEST = 20
USUAL = 0.85  # slope from which a person's own departs: the mean of five graded sets (0.5 to 1.2)
ENOUGH = 0.5  # score from which a person's line holds
DECIDED = frozenset(  # gates, not marks
    {"dont_know", "keyword_list", "word_salad", "reference_pasted", "sample_pasted", "skeleton", "repetition"}
)
GOOD = 2.5  # of 5: from here on an answer counts as good
FILE = "calibration.json"


class Calibration(Frozen):
    """A person's scale: `grade = slope · score + intercept`, both from 0 to 5, and where it comes from."""

    slope: float
    intercept: float
    answers: int = Field(ge=1)
    error_before: float = Field(description="Root mean square error of the uncalibrated scores, of 5.")
    error_after: float = Field(description="The same after calibration, each answer left out in turn.")
    threshold: float = Field(2.5, description="Pass from here on, moved to where false praise costs its price.")
    price: float = Field(2.0, description="What false praise costs, when false blame costs 1.")
    precision: float | None = Field(None, description="Of the answers that pass, the share the person passed too.")
    recall: float | None = Field(None, description="Of the answers the person passed, the share that passes.")
    weights: dict[str, float] = Field(
        default_factory=dict, description="The scorers' weights; none for those that everybody starts with."
    )
    source: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    made: str = ""

    @property
    def panel(self) -> voting.Panel:
        """Who votes by which weights."""
        return voting.shipped().weighted(self.weights) if self.weights else voting.shipped()

    def apply(self, score: Score) -> Score:
        """Return the score on the person's scale, under the same caps; what a gate decided stays as it is."""
        if score.overall is None or score.overall == 0 or DECIDED & set(score.flags):
            return score
        moved_to = round(float(moved(np.array(score.overall), self.slope, self.intercept)), 3)
        lifted = min(moved_to, score.ceiling)
        low, high = score.band or (score.overall, score.overall)
        shift = lifted - score.overall
        passes = "passes" if lifted >= self.threshold else "does not pass"
        trace = (
            *score.trace,
            f"calibrated on {self.answers} graded answers: {score.overall:.2f} → {moved_to:.2f}",
            *([f"at most {score.ceiling:g}: the same cap on your scale"] if moved_to > lifted else []),
            f"{passes}: the threshold is {self.threshold:.2f}, false praise at {self.price:g} times false blame",
        )
        band = (round(max(0.0, low + shift), 2), round(min(score.ceiling, high + shift), 2))
        versions = {**score.versions, "calibration": self.made}
        return score.model_copy(update={"overall": lifted, "band": band, "trace": trace, "versions": versions})


def fit(
    scores: Sequence[float],
    grades: Sequence[float],
    source: str = "",
    versions: dict[str, str] | None = None,
    price: float = 2.0,
    weights: dict[str, float] | None = None,
) -> Calibration:
    """Return the calibration of scores to grades, both from 0 to 5; `weights` are those that gave the scores.

    The slope is drawn towards 0.85 as if five more answers had said so, and is never negative: a grader's scale may be
    stretched, not turned round.

    Raises:
        InputError: fewer than twenty answers.
    """
    x, y = np.asarray(scores, float), np.asarray(grades, float)
    if len(x) < FEWEST:
        raise InputError(f"{counted(len(x), 'graded answer')}: too few.", f"Grade at least {FEWEST} answers.")
    judged = x > 0  # what a gate put at nothing stays there, and says nothing of the scale
    if judged.sum() < FEWEST / 4:
        raise InputError("Almost every answer was stopped by a gate.", "Grade answers that say something.")
    slope, intercept = _line(x[judged], y[judged])
    kept = np.arange(len(x))
    left_out = [moved(x[i : i + 1], *_line(x[judged & (kept != i)], y[judged & (kept != i)]))[0] - y[i] for i in kept]
    lifted, good = moved(x, slope, intercept), y >= GOOD
    cut = threshold(lifted, good, price)
    passed = lifted >= cut
    return Calibration(
        slope=round(slope, 4),
        intercept=round(intercept, 4),
        answers=len(x),
        error_before=round(float(np.sqrt(np.mean((x - y) ** 2))), 3),
        error_after=round(float(np.sqrt(np.mean(np.square(left_out)))), 3),
        threshold=round(cut, 2),
        price=price,
        precision=round(float(good[passed].mean()), 3) if passed.any() else None,
        recall=round(float(passed[good].mean()), 3) if good.any() else None,
        weights=weights or {},
        source=source,
        versions=versions or {},
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def threshold(scores: np.ndarray, good: np.ndarray, price: float = 2.0) -> float:
    """Return the score from which to pass: there, false praise at `price` each and false blame cost least."""
    if good.all() or not good.any():
        return 2.5
    cuts = np.unique(np.concatenate([scores, [2.5]]))
    costs = [price * np.sum((scores >= cut) & ~good) + np.sum((scores < cut) & good) for cut in cuts]
    best = np.flatnonzero(np.array(costs) == np.min(costs))
    return float(cuts[best].mean())


def load(home: Path) -> Calibration | None:
    """Return the calibration that the user made, None when there is none.

    Raises:
        ContentError: the file is damaged.
    """
    path = home / FILE
    try:
        return Calibration.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path} is damaged.", "Run `interviewer calibrate` again, or delete it.") from error


def moved(x: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Return scores on a person's scale.

    Below half a point the line goes to nothing with the score: on a lenient scale filler would be lifted else.
    """
    on_line: np.ndarray = np.clip(slope * x + intercept, 0.0, 5.0) * np.minimum(1.0, x / ENOUGH)
    return on_line


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    spread = float(np.var(x)) * len(x)
    together = float(np.sum((x - x.mean()) * (y - y.mean())))
    prior = 5 * max(float(np.var(x)), 1e-6)
    slope = max(0.0, (together + USUAL * prior) / (spread + prior))
    return slope, float(y.mean() - slope * x.mean())
