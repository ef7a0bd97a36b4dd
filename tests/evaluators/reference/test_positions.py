from __future__ import annotations

import numpy as np

from evaluators.reference.positions import learned_positions, rotate, sinusoidal_positions

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


def test_positions() -> None:
    table = sinusoidal_positions(50, 7)
    assert table.shape == (50, 7)
    np.testing.assert_allclose(
        table[3, :4], [np.sin(3), np.cos(3), np.sin(3 / 1e4 ** (2 / 7)), np.cos(3 / 1e4 ** (2 / 7))]
    )
    even = sinusoidal_positions(50, 8)
    products = even @ even.T
    np.testing.assert_allclose(np.diagonal(products, 5), products[0, 5])  # depends on the distance alone
    q, k = _n(1, 8), _n(1, 8)
    near = rotate(q, np.array([3])) @ rotate(k, np.array([1])).T
    far = rotate(q, np.array([103])) @ rotate(k, np.array([101])).T
    np.testing.assert_allclose(near, far)
    tokens = np.array([[4, 4]])
    learned = learned_positions(tokens, _n(5, 3), np.arange(9.0).reshape(3, 3))
    np.testing.assert_allclose(learned[0, 1] - learned[0, 0], 3.0)
