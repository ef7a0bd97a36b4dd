"""Weight quantisation to eight bits. Source: Jacob et al. 2018, arXiv:1712.05877."""

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
    Wrong,
)

TASK = """
Quantise the weights of a linear layer to eight bits, one scale per output row, and apply the layer.

- `W` is `(out, d)`, `x` is `(n, d)`; the layer computes `x @ W.T`
- symmetric quantisation: the scale of a row is its largest absolute weight divided by 127; a weight becomes
  `round(weight / scale)`, an integer in -127..127
- a row of zeros stays zero, and nothing may become nan
- activations are not quantised

Return `(q, y)`: the quantised weights, integers of shape `(out, d)`, and the layer's output from the quantised
weights, `(n, out)`.
"""


def reference(W: Array, x: Array, bugs: Bugs = NO_BUGS) -> tuple[Array, Array]:
    largest = np.abs(W).max(axis=1, keepdims=True)  # (out, 1)
    if "one_scale" in bugs:
        largest = np.full_like(largest, np.abs(W).max())
    if "scale_per_input" in bugs:
        largest = np.abs(W).max(axis=0, keepdims=True)  # (1, d)
    scale = largest / (128 if "range_wraps" in bugs else 127)
    if "zero_row_divides" not in bugs:
        scale = np.where(scale == 0, 1.0, scale)
    levels = W / scale
    q = np.trunc(levels) if "truncated" in bugs else np.rint(levels)
    if "range_wraps" in bugs:
        q = np.where(q > 127, q - 256, q)
    whole = q if "zero_row_divides" in bugs else q.astype(int)
    return whole, x @ (q if "not_rescaled" in bugs else q * scale).T


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(out: int, d: int, n: int) -> tuple[Array, Array]:
        W = rng.normal(size=(out, d)) * np.geomspace(0.1, 5.0, out)[:, None]
        W[0, 0] = 1.01 * np.abs(W[0]).max()  # the largest weight of a row is positive
        return W, rng.normal(size=(n, d))

    W, x = draw(3, 4, 2)
    W[1] = 0.0
    return [
        Case("two rows of different size", draw(2, 3, 1)),
        Case("a larger layer", draw(5, 8, 4)),
        Case("a row of zeros", (W, x)),
    ]


EXERCISE = Exercise(
    slug="int8_linear",
    title="Eight-bit weight quantisation",
    topic="inference",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, -0.3], [0.005, 0.02]]), np.array([[1.0, 2.0]])),
    wrong=(
        Wrong(
            "one_scale",
            "One scale serves the whole matrix. It is set by the single largest weight, so rows with small weights "
            "have only a few levels left, or none. Each output row gets its own scale; it costs one number per row.",
            "A row's weights are a hundred times smaller than the largest in the matrix. How many distinct values "
            "are left of it?",
        ),
        Wrong(
            "truncated",
            "The division is truncated instead of rounded, which is what a bare cast does. Every weight moves "
            "towards zero by half a step on average, and this bias adds up over a row, where rounding errors would "
            "cancel.",
            "In which direction does your quantisation error point, on average?",
            TERM,
        ),
        Wrong(
            "range_wraps",
            "The scale is the largest weight over 128, so that weight becomes 128, which does not exist in a "
            "signed byte and wraps to -128. The most important weight of the row changes its sign. Divide by 127, "
            "or clip.",
            "Which integer does the largest weight of a row become, and does it fit?",
        ),
        Wrong(
            "not_rescaled",
            "The integers are multiplied with the input, but the scale never comes back. Outputs are off by a "
            "factor of their own in every row. Multiply by the row's scale at the end.",
            "The scale of a row doubles. What happens to its output?",
            TERM,
        ),
        Wrong(
            "scale_per_input",
            "There is one scale per input column. It cannot be taken out of the sum over inputs, so an integer "
            "matrix product is no longer possible, and rows with small weights still suffer. Scales belong to "
            "outputs.",
            "Which factor can be pulled out of the sum over the inputs?",
        ),
        Wrong(
            "zero_row_divides",
            "A row of zeros has scale zero, and 0 / 0 gives nan. Pruned layers have such rows, and one nan spreads "
            "through the network. Give such a row any positive scale.",
            "All weights of a row are zero. What is its scale?",
            EDGE,
        ),
    ),
    hints=(
        "One scale per row: a maximum over the inputs, with keepdims.",
        "Round to the nearest, do not cast.",
        ("The scale of a row can be applied after the product."),
    ),
    follow_ups=(
        "Why are activations so much harder to quantise than weights? What are outlier features?",
        "What does it buy in memory, and what in speed? When nothing at all?",
        "What do GPTQ and AWQ do beyond rounding?",
    ),
    complexity="O(out · d) to quantise, O(n · out · d) to apply.",
    source="Jacob et al. 2018, arXiv:1712.05877",
    banned=("quantize_per_channel", "fake_quantize_per_channel_affine"),
)
