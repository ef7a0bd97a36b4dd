from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fusion import reciprocal_rank_fusion

RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=12), min_size=1, max_size=4)


def test_scores_are_those_of_the_paper() -> None:
    fused = dict(reciprocal_rank_fusion([["a", "b"], ["b"]]))
    assert fused == pytest.approx({"b": 1 / 62 + 1 / 61, "a": 1 / 61})


def test_what_both_rank_second_beats_what_one_ranks_first() -> None:
    assert [name for name, _ in reciprocal_rank_fusion([["a", "m"], ["z", "m"]])] == ["m", "a", "z"]


@given(RANKINGS)
def test_everything_ranked_is_in_the_result_once_and_in_falling_order(rankings: list[list[int]]) -> None:
    fused = reciprocal_rank_fusion(rankings)
    assert sorted(identity for identity, _ in fused) == sorted({one for ranking in rankings for one in ranking})
    assert all(left[1] >= right[1] for left, right in itertools.pairwise(fused))


@given(st.lists(st.integers(), unique=True, max_size=12))
def test_one_ranking_keeps_its_order(ranking: list[int]) -> None:
    assert [identity for identity, _ in reciprocal_rank_fusion([ranking])] == ranking
