"""Several rankings become one.

Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
SIGIR 2009, equation 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)

# The paper's k; it flattens the difference between the first ranks so that agreement counts for more.
_CONSTANT = 60


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Id]]) -> list[tuple[Id, float]]:
    """Return ids with their fused scores, best first; ties keep the order of the first ranking that has them.

    Args:
        rankings: ids of one searcher each, best first, without repetition.
    """
    scores: defaultdict[Id, float] = defaultdict(float)
    for ranking in rankings:
        for rank, identity in enumerate(ranking, start=1):
            scores[identity] += 1 / (_CONSTANT + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
