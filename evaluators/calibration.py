"""Two numbers that mend the scale: slope and intercept from about twenty answers that a person graded.

Leniency does not travel between graders; on one graded set the root mean square error fell from 1.7 to .9 of 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError

from evaluators.score import Score
from knowledge.errors import ContentError, InputError
from knowledge.models import Frozen

FEWEST = 20
FILE = "calibration.json"


class Calibration(Frozen):
    """A person's scale: `grade = slope · score + intercept`, both from 0 to 5, and where it comes from."""

    slope: float
    intercept: float
    answers: int = Field(ge=1)
    error_before: float = Field(description="Root mean square error of the uncalibrated scores, of 5.")
    error_after: float = Field(description="The same after calibration, each answer left out in turn.")
    threshold: float = Field(2.5, description="Pass from here on, moved to where false praise costs its price.")
    source: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    made: str = ""

    def apply(self, score: Score) -> Score:
        """Return the score on the person's scale; what a gate decided stays as it is."""
        if score.overall is None or score.overall == 0 or "dont_know" in score.flags:
            return score
        moved = round(float(np.clip(self.slope * score.overall + self.intercept, 0.0, 5.0)), 3)
        low, high = score.band or (moved, moved)
        shift = moved - score.overall
        trace = (*score.trace, f"calibrated on {self.answers} graded answers: {score.overall:.2f} → {moved:.2f}")
        band = (round(max(0.0, low + shift), 2), round(min(5.0, high + shift), 2))
        versions = {**score.versions, "calibration": self.made}
        return score.model_copy(update={"overall": moved, "band": band, "trace": trace, "versions": versions})


def fit(
    scores: Sequence[float],
    grades: Sequence[float],
    source: str = "",
    versions: dict[str, str] | None = None,
    price: float = 2.0,
) -> Calibration:
    """Return the calibration of scores to grades, both from 0 to 5.

    The slope is drawn towards 1 as if five more answers had said so, and is never negative: a grader's scale may be
    stretched, not turned round.

    Raises:
        InputError: fewer than twenty answers.
    """
    x, y = np.asarray(scores, float), np.asarray(grades, float)
    if len(x) < FEWEST:
        raise InputError(f"{len(x)} graded answers are too few.", f"Grade at least {FEWEST} answers.")
    slope, intercept = _line(x, y)
    kept = np.arange(len(x))
    left_out = []
    for i in kept:
        one, other = _line(x[kept != i], y[kept != i])
        left_out.append(np.clip(one * x[i] + other, 0, 5) - y[i])
    return Calibration(
        slope=round(slope, 4),
        intercept=round(intercept, 4),
        answers=len(x),
        error_before=round(float(np.sqrt(np.mean((x - y) ** 2))), 3),
        error_after=round(float(np.sqrt(np.mean(np.square(left_out)))), 3),
        threshold=round(threshold(np.clip(slope * x + intercept, 0, 5), y >= 2.5, price), 2),
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


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    spread = float(np.var(x)) * len(x)
    together = float(np.sum((x - x.mean()) * (y - y.mean())))
    prior = 5 * max(float(np.var(x)), 1e-6)
    slope = max(0.0, (together + prior) / (spread + prior))
    return slope, float(y.mean() - slope * x.mean())
