from __future__ import annotations

import numpy as np
import pytest

from evaluators.reference.convolution import conv2d_forward, max_pool_backward, max_pool_forward


def test_the_kernel_is_not_flipped() -> None:
    image = np.zeros((1, 1, 3, 3))
    image[0, 0, 1, 1] = 1.0
    kernel = np.arange(9.0).reshape(1, 1, 3, 3)
    out, _ = conv2d_forward(image, kernel, padding=1)
    np.testing.assert_array_equal(out[0, 0], kernel[0, 0, ::-1, ::-1])


def test_a_kernel_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        conv2d_forward(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 3, 3)))


def test_of_equal_numbers_the_first_gets_the_gradient() -> None:
    out, cache = max_pool_forward(np.ones((1, 1, 2, 2)), 2)
    (dx,) = max_pool_backward(np.full(out.shape, 3.0), cache)
    np.testing.assert_array_equal(dx[0, 0], [[3.0, 0.0], [0.0, 0.0]])
