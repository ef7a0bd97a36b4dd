"""Two judgements of the same answers side by side: is one harsher, where do they part, would a verdict change?

Interviews, not answers, are the unit of the interval: the answers of one interview come from one person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from evaluators.reliability.agreement import pearson
from knowledge.models import Frozen

FEWEST = 20  # interviews before a difference says anything
LARGE = 0.5  # of 5: a difference that a candidate would notice
WORST = 5


class Pair(Frozen):
    """One answer's overall score from 0 to 5 by both, None where there is none, and the verdict of each."""

    interview: str
    question: str
    before: float | None
    after: float | None
    verdict_before: str
    verdict_after: str


class Comparison(Frozen):
    """What the second judge does differently.

    Attributes:
        points: its scores minus the first's, mean over interviews, with the 95 % interval; None without a pair.
        large: share of answers that differ by half a point or more.
        verdicts_changed: share of answers whose verdict differs.
        pearson: correlation of the two, None where it is not defined.
        only_before, only_after: answers that only one of them could score.
        worst: the answers with the greatest difference.
    """

    interviews: int
    answers: int
    points: float | None
    points_interval: tuple[float, float] | None
    large: float
    verdicts_changed: float
    pearson: float | None
    only_before: int
    only_after: int
    worst: tuple[Pair, ...]

    @property
    def enough(self) -> bool:
        """Whether there are interviews enough to go by."""
        return self.interviews >= FEWEST


def compare(pairs: Sequence[Pair]) -> Comparison:
    """Return how the judgements `after` differ from those `before`."""
    both = [(pair, pair.before, pair.after) for pair in pairs if pair.before is not None and pair.after is not None]
    before, after = np.array([b for _, b, _ in both]), np.array([a for _, _, a in both])
    by_interview: dict[str, list[float]] = defaultdict(list)
    for pair, was, now in both:
        by_interview[pair.interview].append(now - was)
    means = np.array([sum(values) / len(values) for values in by_interview.values()])
    ordered = sorted(both, key=lambda item: -abs(item[2] - item[1]))
    return Comparison(
        interviews=len({pair.interview for pair in pairs}),
        answers=len(pairs),
        points=float(means.mean()) if len(means) else None,
        points_interval=_interval(means),
        large=float(np.mean(np.abs(after - before) >= LARGE)) if both else 0.0,
        verdicts_changed=sum(p.verdict_before != p.verdict_after for p in pairs) / len(pairs) if pairs else 0.0,
        pearson=pearson(before, after),
        only_before=sum(pair.after is None and pair.before is not None for pair in pairs),
        only_after=sum(pair.before is None and pair.after is not None for pair in pairs),
        worst=tuple(pair for pair, was, now in ordered[:WORST] if was != now),
    )


def _interval(means: np.ndarray) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean, by Student's t."""
    if len(means) < 2:
        return None
    from scipy.special import stdtrit

    half = float(stdtrit(len(means) - 1, 0.975) * means.std(ddof=1) / np.sqrt(len(means)))
    return float(means.mean()) - half, float(means.mean()) + half
