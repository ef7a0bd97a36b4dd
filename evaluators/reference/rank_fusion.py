"""Reciprocal rank fusion: rankings are merged by place alone, so scores need no common scale.

Source: Cormack, Clarke & Büttcher 2009, Reciprocal rank fusion outperforms Condorcet, SIGIR.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    Item = TypeVar("Item", bound=Hashable)


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Item]], k: int = 60) -> list[tuple[Item, float]]:
    """Return `(item, Σ 1 / (k + rank))`, best first; ranks start at 1, ties keep the order of first appearance."""
    scores: defaultdict[Item, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] += 1.0 / (k + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
