from __future__ import annotations

import numpy as np
import pytest
import torch

from evaluators.reference.attention import (
    attention,
    attention_forward,
    causal_mask,
    multi_head_attention,
    padding_mask,
)

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


def test_a_query_that_may_look_nowhere_gets_zeros() -> None:
    q = _n(2, 1, 4, 3)
    out = attention(q, q, q, padding_mask(np.array([4, 0]), 4))
    np.testing.assert_array_equal(out[1], 0.0)
    assert np.isfinite(out).all()


def test_attention_in_chunks_is_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = _n(2, 5, 6, 4), _n(2, 5, 7, 4), _n(2, 5, 7, 4)
    whole, _ = attention_forward(q, k, v)
    monkeypatch.setattr("evaluators.reference.attention._CHUNK", 50)
    np.testing.assert_allclose(attention(q, k, v), whole, atol=1e-14)


def test_multi_head_attention_equals_pytorch() -> None:
    x, wq, wk, wv, wo = _n(2, 5, 8), _n(8, 8), _n(8, 8), _n(8, 8), _n(8, 8)
    theirs = torch.nn.MultiheadAttention(8, 2, bias=False, batch_first=True, dtype=torch.float64)
    weights = {"in_proj_weight": np.concatenate([wq.T, wk.T, wv.T]), "out_proj.weight": wo.T}
    theirs.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    same = torch.tensor(x)
    expected = theirs(same, same, same, attn_mask=torch.tensor(~causal_mask(5)), need_weights=False)[0]
    np.testing.assert_allclose(
        multi_head_attention(x, wq, wk, wv, wo, 2, causal_mask(5)), expected.detach().numpy(), atol=1e-12
    )
