"""Two-dimensional convolution as one matrix product an image (im2col), and its gradient.

What deep learning calls convolution is cross-correlation: the kernel is not flipped.

Source: LeCun et al. 1998, Gradient-based learning applied to document recognition; im2col, Chellapilla, Puri & Simard
2006, High performance convolutional neural networks for document processing.
"""

from __future__ import annotations

import numpy as np

from evaluators.reference.arrays import Array, Cache


def conv2d_forward(
    x: Array, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0
) -> tuple[Array, Cache]:
    """Return `(n, filters, out_height, out_width)`.

    Args:
        x: `(n, channels, height, width)`.
        weight: `(filters, channels, kernel_height, kernel_width)`.
        bias: `(filters,)`.
        stride: step in both directions.
        padding: zeros added on all four sides.
    """
    padded = _pad(x, padding)
    filters = weight.shape[0]
    height, width = _output_size(padded, weight, stride)
    matrix = weight.reshape(filters, -1)  # (f, c·kh·kw)
    out = np.empty((len(x), filters, height, width), np.result_type(x, weight))
    columns = np.empty((*weight.shape[1:], height, width), x.dtype)  # one image's patches, reused: it stays in cache
    for image, target in zip(padded, out, strict=True):
        _gather(image, columns, stride)
        np.matmul(matrix, columns.reshape(matrix.shape[1], -1), out=target.reshape(filters, -1))  # (f, oh·ow)
    if bias is not None:
        out += bias[:, None, None]
    return out, (padded, weight, bias is not None, stride, padding)


def conv2d_backward(dout: Array, cache: Cache) -> tuple[Array, ...]:
    """Return the gradients with respect to `x`, `weight` and, where there was one, `bias`."""
    padded, weight, biased, stride, padding = cache
    filters = weight.shape[0]
    height, width = dout.shape[2:]
    matrix = weight.reshape(filters, -1)  # (f, c·kh·kw)
    dmatrix = np.zeros_like(matrix)
    dpadded = np.zeros_like(padded)
    columns = np.empty((*weight.shape[1:], height, width), padded.dtype)
    for image, dimage, part in zip(padded, dpadded, dout, strict=True):
        flat = part.reshape(filters, -1)  # (f, oh·ow)
        _gather(image, columns, stride)
        dmatrix += np.matmul(flat, columns.reshape(matrix.shape[1], -1).T)
        np.matmul(matrix.T, flat, out=columns.reshape(matrix.shape[1], -1))
        _scatter(columns, dimage, stride)
    dx = dpadded[:, :, padding : padded.shape[2] - padding, padding : padded.shape[3] - padding]
    gradients = (dx, dmatrix.reshape(weight.shape))
    return (*gradients, dout.sum(axis=(0, 2, 3))) if biased else gradients


def max_pool_forward(x: Array, size: int, stride: int | None = None) -> tuple[Array, Cache]:
    """Return the largest number of every `size × size` window of `(n, c, height, width)`."""
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))[:, :, ::stride, ::stride]
    flat = windows.reshape(*windows.shape[:4], size * size)  # (n, c, oh, ow, size²)
    winners = flat.argmax(axis=-1)  # (n, c, oh, ow); the first of several equals wins, as in PyTorch
    return np.take_along_axis(flat, winners[..., None], axis=-1)[..., 0], (x.shape, winners, size, stride)


def max_pool_backward(dout: Array, cache: Cache) -> tuple[Array]:
    """Return the gradient with respect to `x`: each window's goes to its winner alone."""
    shape, winners, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    n, c, row, column = np.indices(winners.shape)
    np.add.at(dx, (n, c, row * stride + winners // size, column * stride + winners % size), dout)
    return (dx,)


def _pad(x: Array, padding: int) -> Array:
    if not padding:
        return x
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding), x.dtype)
    padded[:, :, padding:-padding, padding:-padding] = x
    return padded


def _output_size(padded: Array, weight: Array, stride: int) -> tuple[int, int]:
    height, width = ((padded.shape[axis] - weight.shape[axis]) // stride + 1 for axis in (2, 3))
    if height < 1 or width < 1:
        raise ValueError(f"a kernel of {weight.shape[2:]} does not fit into {padded.shape[2:]}")
    return height, width


def _gather(image: Array, columns: Array, stride: int) -> None:
    """Copy, for every place in the kernel, the pixels that it meets: `(c, h, w)` to `(c, kh, kw, oh, ow)`."""
    for row, column, pixels in _places(image, columns, stride):
        columns[:, row, column] = pixels


def _scatter(columns: Array, image: Array, stride: int) -> None:
    """Add every patch back to where it came from; pixels in several patches collect from each."""
    for row, column, pixels in _places(image, columns, stride):
        pixels += columns[:, row, column]


def _places(image: Array, columns: Array, stride: int) -> list[tuple[int, int, Array]]:
    _, rows, width, height_out, width_out = columns.shape
    return [
        (i, j, image[:, i : i + stride * height_out : stride, j : j + stride * width_out : stride])
        for i in range(rows)
        for j in range(width)
    ]
