from __future__ import annotations

import numpy as np
import scipy.special

from evaluators.reference.activations import gelu, normal_cdf, sigmoid


def test_the_normal_distribution_function_in_both_precisions() -> None:
    x = np.concatenate([np.linspace(-12, 12, 100_001), [0.0, -1e30, 1e30]])
    np.testing.assert_allclose(normal_cdf(x), scipy.special.ndtr(x), atol=1e-15)
    single = x.astype(np.float32)
    np.testing.assert_allclose(normal_cdf(single), scipy.special.ndtr(single.astype(float)), atol=4e-7)


def test_gelu_of_long_arrays_is_gelu_of_their_parts() -> None:
    x = np.random.default_rng(0).normal(size=(7, 11_111)).astype(np.float32)
    np.testing.assert_array_equal(gelu(x)[3], gelu(x[3]))
    strided = x[:, ::2]
    np.testing.assert_array_equal(gelu(strided), gelu(strided.copy()))
    assert gelu(x[:0]).shape == (0, 11_111)


def test_sigmoid_saturates_without_overflow() -> None:
    x = np.array([-1e4, -50.0, 0.0, 50.0, 1e4])
    np.testing.assert_allclose(sigmoid(x), scipy.special.expit(x))
