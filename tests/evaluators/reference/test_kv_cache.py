from __future__ import annotations

import itertools

import numpy as np

from evaluators.reference.kv_cache import KeyValueCache, decode

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


def test_decoding_in_pieces_is_decoding_at_once() -> None:
    x, wq, wk, wv = _n(2, 9, 8), _n(8, 8), _n(8, 8), _n(8, 8)
    whole = decode(x, wq, wk, wv, 2, KeyValueCache())
    cache = KeyValueCache()
    ends = itertools.pairwise([0, 4, 5, 6, 9])
    pieces = [decode(x[:, start:end], wq, wk, wv, 2, cache) for start, end in ends]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-12)
    assert cache.length == 9
    changed = x.copy()
    changed[:, 5:] += 1.0
    np.testing.assert_allclose(decode(changed, wq, wk, wv, 2, KeyValueCache())[:, :5], whole[:, :5])
