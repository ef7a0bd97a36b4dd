"""Two-dimensional convolution, backward. Source: Goodfellow, Bengio and Courville, Deep Learning, section 9.5."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Value,
    Wrong,
)

TASK = """
Write the backward pass of a two-dimensional convolution layer by hand.

- forward: cross-correlation of `x`, `(n, c_in, h, w)`, with `weight`, `(c_out, c_in, kh, kw)`, with `padding`
  zeros on all four sides and the given `stride`, plus a bias of shape `(c_out,)`
- `dy` is the gradient with respect to the output, `(n, c_out, h_out, w_out)`

Return `(dx, dweight, dbias)` in the shapes of `x`, `weight` and the bias. No automatic differentiation.
"""


def reference(
    dy: Array, x: Array, weight: Array, stride: int, padding: int, bugs: Bugs = NO_BUGS
) -> tuple[Array, Array, Array]:
    kh, kw = weight.shape[2:]
    h_out, w_out = dy.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    kernel = weight[:, :, ::-1, ::-1] if "dx_kernel_flipped" in bugs else weight
    for i in range(kh):
        for j in range(kw):
            rows, columns = slice(i, i + stride * h_out, stride), slice(j, j + stride * w_out, stride)
            dweight[:, :, i, j] = np.einsum("nohw,nchw->oc", dy, padded[:, :, rows, columns])
            dpadded[:, :, rows, columns] += np.einsum("nohw,oc->nchw", dy, kernel[:, :, i, j])
    if "dweight_flipped" in bugs:
        dweight = dweight[:, :, ::-1, ::-1]
    dbias = dy.mean(axis=(0, 2, 3)) if "dbias_averaged" in bugs else dy.sum(axis=(0, 2, 3))
    if "padding_kept" in bugs:
        return dpadded, dweight, dbias
    return dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dweight, dbias


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(
        n: int, c_in: int, c_out: int, h: int, w: int, kernel: tuple[int, int], stride: int, padding: int
    ) -> tuple[Value, ...]:
        h_out, w_out = ((size + 2 * padding - k) // stride + 1 for size, k in zip((h, w), kernel, strict=True))
        dy = rng.normal(size=(n, c_out, h_out, w_out))
        return dy, rng.normal(size=(n, c_in, h, w)), rng.normal(size=(c_out, c_in, *kernel)), stride, padding

    return [
        Case("one channel, stride 1", draw(1, 1, 1, 3, 3, (2, 2), 1, 0)),
        Case("stride 2 and padding", draw(2, 2, 3, 6, 5, (3, 3), 2, 1)),
    ]


EXERCISE = Exercise(
    slug="conv2d_backward",
    title="Two-dimensional convolution, backward pass",
    topic="convolution",
    level="staff",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.ones((1, 1, 2, 2)), np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), 1, 0),
    wrong=(
        Wrong(
            "dweight_flipped",
            "The kernel's gradient is turned by 180 degrees. Each weight at (i, j) met the input shifted by (i, j) "
            "in the forward pass, and it is that same shift that its gradient correlates with dy. Nothing is "
            "flipped here.",
            "Which input pixels did the kernel's top left weight touch in the forward pass?",
        ),
        Wrong(
            "dx_kernel_flipped",
            "dx is built with the wrong orientation of the kernel. 'Convolve with the flipped kernel' is true when "
            "you slide over a padded dy; when you scatter dy back into the windows, it is the kernel as it was. "
            "One of the two flips is one too many.",
            "An output pixel was computed from a window with these weights. With which weights does its gradient "
            "go back to each pixel of that window?",
        ),
        Wrong(
            "dbias_averaged",
            "The bias gradient is averaged over batch and positions. The bias was added to each of them with "
            "weight 1, so its gradient is the sum of dy.",
            "You add 0.01 to the bias. By how much does the sum of all outputs change?",
            TERM,
        ),
        Wrong(
            "padding_kept",
            "dx still has the padding around it. Those zeros are no input, so their gradient is dropped; without "
            "the crop the shape does not match x, and the layer below fails or, worse, broadcasts.",
            "What is the shape of x, and what is the shape of your dx?",
            EDGE,
        ),
    ),
    hints=(
        "Loop over the kernel's positions. For each, one slice of the padded input took part in every output.",
        "dweight at (i, j) correlates dy with that slice; dx adds dy times the weight into that slice.",
        "Work on the padded input and crop at the end.",
    ),
    follow_ups=(
        "Why is dx a transposed convolution, and what has that to do with checkerboard artefacts?",
        "What does the forward pass need to keep?",
        "How would you check this with finite differences without waiting all day?",
    ),
    complexity="O(n · c_out · c_in · kh · kw · h_out · w_out) for each of dx and dweight.",
    source="Goodfellow, Bengio, Courville: Deep Learning, 9.5",
    banned=("conv2d", "Conv2d", "conv_transpose2d", "backward", "grad", "conv2d_weight", "conv2d_input", "fold"),
    minutes=35,
)
