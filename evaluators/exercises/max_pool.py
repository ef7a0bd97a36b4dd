"""Max pooling, forward and backward. Source: Goodfellow, Bengio and Courville, Deep Learning, section 9.3."""

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
    Invariant,
    Wrong,
)

TASK = """
Write 2 × 2 max pooling with stride 2, forward and backward.

- `x` is `(n, c, h, w)` with even `h` and `w`; `dy` is the gradient with respect to the output, `(n, c, h / 2, w /
  2)`
- when several entries of a window are the largest, the gradient goes to the first of them in row-major order

Return `(out, dx)`.
"""


def reference(x: Array, dy: Array, bugs: Bugs = NO_BUGS) -> tuple[Array, Array]:
    out, dx = np.zeros_like(dy), np.zeros_like(x)
    step = 1 if "stride_one" in bugs else 2
    batch, channel = np.indices(x.shape[:2])
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            top, left = step * i, step * j
            window = x[:, :, top : top + 2, left : left + 2]
            flat = window.reshape(*x.shape[:2], 4)
            first = flat.argmax(axis=2)  # (n, c)
            out[:, :, i, j] = flat.mean(axis=2) if "average_forward" in bugs else flat.max(axis=2)
            arriving = dy[:, :, i, j]
            if "gradient_to_all_ties" in bugs:
                largest = window == flat.max(axis=2)[:, :, None, None]
                dx[:, :, top : top + 2, left : left + 2] += largest * arriving[:, :, None, None]
            elif "gradient_shared_by_ties" in bugs:
                shares = (window == flat.max(axis=2)[:, :, None, None]).astype(float)
                shares /= shares.sum(axis=(2, 3), keepdims=True)
                dx[:, :, top : top + 2, left : left + 2] += shares * arriving[:, :, None, None]
            elif "gradient_averaged" in bugs:
                dx[:, :, top : top + 2, left : left + 2] += arriving[:, :, None, None] / 4
            else:
                dx[batch, channel, top + first // 2, left + first % 2] += arriving
    return out, dx


def cases(rng: np.random.Generator) -> list[Case]:
    tied = rng.integers(0, 3, size=(2, 3, 6, 4)).astype(float)
    tied[0, 0, :2, :2] = 7.0
    return [
        Case("distinct values", (rng.normal(size=(1, 1, 4, 4)), rng.normal(size=(1, 1, 2, 2)) + 2)),
        Case("ties in the windows", (tied, rng.normal(size=(2, 3, 3, 2)) + 2)),
    ]


EXERCISE = Exercise(
    slug="max_pool",
    title="Max pooling, forward and backward",
    topic="convolution",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]), np.array([[[[10.0]]]])),
    wrong=(
        Wrong(
            "gradient_to_all_ties",
            "The gradient is copied to every entry that equals the maximum. With ties, which ReLU produces all "
            "the time with its zeros, the same gradient is counted several times and dx no longer sums to dy. "
            "It goes to one entry: the one that was selected.",
            "All four entries of a window are zero. What should dx sum to in that window?",
            EDGE,
        ),
        Wrong(
            "gradient_shared_by_ties",
            "The gradient is divided among the entries that equal the maximum. It is a valid subgradient, and what "
            "some libraries do for a maximum over an axis, but a pooling layer passes it to the entry that it "
            "selected, here the first.",
            "All four entries of a window are equal. How many of them get a gradient in your version?",
            EDGE,
        ),
        Wrong(
            "gradient_averaged",
            "The gradient is spread over the whole window. That is the backward pass of average pooling: three "
            "of four entries had no influence on the output, so they get nothing.",
            "You nudge an entry that is not the largest. How does the output change?",
        ),
        Wrong(
            "average_forward",
            "The forward pass averages. Max pooling keeps the strongest response of each window, whatever the "
            "other entries are.",
            "A window holds one large value and three zeros. What comes out?",
        ),
        Wrong(
            "stride_one",
            "The windows overlap: they start one pixel apart instead of two, usually because the index is not "
            "multiplied by the stride. The shape is right, but only the top left part of the picture is seen.",
            "Which input pixels does your last output look at?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "the gradient is passed on, not made",
            lambda args, out: (
                np.allclose(out[1].sum(axis=(2, 3)), args[1].sum(axis=(2, 3)), atol=1e-4) and np.any(out[1])
            ),
            "each output's gradient goes to exactly one input, so dx and dy have the same sum",
        ),
    ),
    hints=(
        "Each output looks at its own window; windows do not overlap.",
        "Remember in the forward pass which entry won.",
        "`argmax` returns the first of several largest entries, in row-major order.",
    ),
    follow_ups=(
        "What is kept for the backward pass, at the least?",
        "What do strided convolutions do instead, and why did they largely replace pooling?",
        "How is max pooling invariant, and to what?",
    ),
    complexity="O(size of x).",
    source="Goodfellow, Bengio, Courville: Deep Learning, 9.3",
    banned=("max_pool2d", "MaxPool2d", "max_unpool2d", "backward", "grad"),
)
