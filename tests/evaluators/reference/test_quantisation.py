from __future__ import annotations

import numpy as np

from evaluators.reference.quantisation import low_rank_linear, quantise, quantised_linear

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


def test_eight_bits_are_nearly_enough() -> None:
    weight = _n(16, 32) * np.logspace(-3, 2, 16)[:, None]  # rows of very different size
    weight[3] = 0.0
    packed = quantise(weight)
    assert packed.codes.dtype == np.int8
    assert packed.codes.min() >= -127
    assert (np.abs(packed.restored() - weight) <= packed.scales * 0.501).all()
    x = _n(5, 32)
    exact = x @ weight.T
    steps = quantise(x).scales  # an entry is off by half a step at most, of the input and of the weight
    farthest = np.abs(x).sum(axis=1, keepdims=True) * packed.scales.T + np.abs(weight).sum(axis=1) * steps
    assert (np.abs(quantised_linear(x, packed) - exact) <= 0.51 * farthest + steps * packed.scales.T * 32 / 4).all()
    one_scale = np.rint(weight / (np.abs(weight).max() / 127)) * (np.abs(weight).max() / 127)
    assert np.abs(x @ one_scale.T - exact)[:, 0].max() > 10 * np.abs(quantised_linear(x, packed) - exact)[:, 0].max()


def test_a_low_rank_correction_is_a_change_of_the_weight() -> None:
    x, weight, down, up = _n(3, 6), _n(4, 6), _n(2, 6), _n(4, 2)
    np.testing.assert_allclose(low_rank_linear(x, weight, down, up, 8.0), x @ (weight + 4.0 * up @ down).T)
