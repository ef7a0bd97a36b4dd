from __future__ import annotations

import pytest

from evaluators.reference.rank_fusion import reciprocal_rank_fusion


def test_reciprocal_rank_fusion() -> None:
    fused = reciprocal_rank_fusion([["a", "b", "c"], ["b", "d"]])
    assert [item for item, _ in fused] == ["b", "a", "d", "c"]
    assert dict(fused)["b"] == pytest.approx(1 / 62 + 1 / 61)
    assert reciprocal_rank_fusion([]) == []
