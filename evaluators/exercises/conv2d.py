"""Two-dimensional convolution, forward. Source: Dumoulin and Visin, 2016, arXiv:1603.07285."""

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
Write the forward pass of a two-dimensional convolution layer as deep-learning libraries define it: a
cross-correlation, the kernel is not flipped.

- `x` is `(n, c_in, h, w)`, `weight` is `(c_out, c_in, kh, kw)`, `bias` is `(c_out,)`
- `padding` zeros are added on all four sides; the window moves by `stride` in both directions
- windows that do not fit are left out

Return the output, shape `(n, c_out, h_out, w_out)` with `h_out = (h + 2 * padding - kh) // stride + 1`.
"""


def reference(x: Array, weight: Array, bias: Array, stride: int, padding: int, bugs: Bugs = NO_BUGS) -> Array:
    kh, kw = weight.shape[2:]
    sides = (2 * padding, 0) if "padding_on_one_side" in bugs else (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), sides, sides))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(2, 3))  # (n, c_in, ., ., kh, kw)
    strided = windows[:, :, ::stride, ::stride]
    if "stride_ignored" in bugs:
        strided = windows[:, :, : strided.shape[2], : strided.shape[3]]
    if "kernel_flipped" in bugs:
        weight = weight[:, :, ::-1, ::-1]
    out = np.einsum("nchwij,ocij->nohw", strided, weight)
    if "channels_averaged" in bugs:
        out = out / x.shape[1]
    return out if "bias_omitted" in bugs else out + bias[:, None, None]


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(
        n: int, c_in: int, c_out: int, h: int, w: int, kernel: tuple[int, int], stride: int, padding: int
    ) -> tuple[Value, ...]:
        weight = rng.normal(size=(c_out, c_in, *kernel))
        return rng.normal(size=(n, c_in, h, w)), weight, rng.normal(size=c_out) + 2.0, stride, padding

    return [
        Case("one channel, stride 1", draw(1, 1, 1, 3, 3, (2, 2), 1, 0)),
        Case("stride 2 and padding", draw(2, 3, 4, 7, 6, (3, 3), 2, 1)),
        Case("a kernel that is not square", draw(1, 2, 2, 5, 6, (3, 2), 1, 1)),
    ]


EXERCISE = Exercise(
    slug="conv2d",
    title="Two-dimensional convolution, forward pass",
    topic="convolution",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), np.array([0.5]), 1, 0),
    wrong=(
        Wrong(
            "kernel_flipped",
            "The kernel is turned by 180 degrees: a convolution in the mathematical sense. Libraries compute "
            "the cross-correlation and call it convolution. A network trained from scratch would not care, but "
            "weights loaded from elsewhere see everything upside down.",
            "Put a single 1 into the kernel's top left corner. Which input pixel does the first output show?",
            TERM,
        ),
        Wrong(
            "stride_ignored",
            "The windows move by one pixel, and the result is cropped to the right shape. You get the top left "
            "part of the picture at full resolution instead of the whole picture at half of it. Multiply the "
            "output position by the stride.",
            "Which input rows does the last output row look at?",
        ),
        Wrong(
            "padding_on_one_side",
            "All padding sits above and to the left. The shape is right, but the picture is shifted, and the "
            "right and lower borders are never padded. Half of it belongs on each side.",
            "Which output entry has the picture's last pixel at the centre of its window?",
            EDGE,
        ),
        Wrong(
            "bias_omitted",
            "The bias is not added. It is one number per output channel and has to be broadcast over batch, "
            "rows and columns.",
            "The picture is all zeros. What does the layer output?",
            TERM,
        ),
        Wrong(
            "channels_averaged",
            "The contributions of the input channels are averaged, not summed. Each output is one inner "
            "product over channels and window together; with more channels yours gets weaker.",
            "How many products are summed for one output pixel?",
            TERM,
        ),
    ),
    hints=(
        (
            "For one output pixel: cut out the window over all input channels, multiply with one filter, sum "
            "everything, add the bias."
        ),
        "The window of output (i, j) starts at (i · stride, j · stride) in the padded input.",
        "Get four loops right first. `sliding_window_view` and `einsum` remove them afterwards.",
    ),
    follow_ups=(
        "How does im2col turn this into a matrix product, and what does it cost in memory?",
        "Parameters and multiplications of a depthwise separable convolution, against this one?",
        "How does the receptive field grow with depth, stride and dilation?",
    ),
    complexity="O(n · c_out · c_in · kh · kw · h_out · w_out).",
    source="Dumoulin, Visin 2016, arXiv:1603.07285",
    banned=("conv2d", "Conv2d", "convolve2d", "correlate2d", "unfold", "Unfold"),
    minutes=25,
)
