from __future__ import annotations

import tracemalloc

import numpy as np

from evaluators.reference.attention import (
    attention,
    causal_mask,
)
from evaluators.reference.blockwise_attention import (
    blockwise_attention,
    blockwise_attention_backward,
    blockwise_attention_forward,
)

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


def test_blockwise_attention_equals_the_plain_one_with_memory_that_grows_with_the_length() -> None:
    peaks = []
    for time in (256, 1024):
        q, k, v = (_n(1, 2, time, 16).astype(np.float32) for _ in range(3))
        dout = np.ones_like(q)
        tracemalloc.start()
        out, cache = blockwise_attention_forward(q, k, v, block=64)
        blockwise_attention_backward(dout, cache)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        np.testing.assert_allclose(out, attention(q, k, v), atol=1e-5)
    assert peaks[1] < 5 * peaks[0]  # four times the length; the square would be sixteen
    assert peaks[1] < 1024 * 1024 * 4  # one head's scores alone would be more


def test_plain_attention_does_grow_with_the_square() -> None:
    peaks = []
    for time in (256, 1024):
        q = _n(1, 2, time, 16).astype(np.float32)
        tracemalloc.start()
        attention(q, q, q)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] > 10 * peaks[0]


def test_blockwise_attention_survives_large_scores_and_ragged_blocks() -> None:
    q, k, v = _n(1, 2, 37, 8) * 40, _n(1, 2, 37, 8) * 40, _n(1, 2, 37, 8)
    np.testing.assert_allclose(
        blockwise_attention(q, k, v, block=10, causal=True), attention(q, k, v, causal_mask(37)), atol=1e-12
    )
