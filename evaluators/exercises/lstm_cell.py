"""One step of an LSTM. Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
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
Write one step of an LSTM for a batch.

- `x` is `(n, d)`, `h` and `c` are `(n, m)`: the previous hidden and cell state
- all four gates come from one product, `concat([x, h], axis=1) @ W + b`, with `W` of shape `(d + m, 4m)` and `b`
  of `(4m,)`
- its four blocks of `m` columns are, in this order: input gate `i`, forget gate `f`, candidate `g`, output gate `o`
- gates go through the sigmoid, the candidate through tanh; there are no peepholes

Return `(h_new, c_new)`.
"""


def reference(x: Array, h: Array, c: Array, W: Array, b: Array, bugs: Bugs = NO_BUGS) -> tuple[Array, Array]:
    z = np.concatenate([x, h], axis=1) @ W + b  # (n, 4m)
    i, f, g, o = np.split(z, 4, axis=1)
    if "forget_and_input_swapped" in bugs:
        i, f = f, i
    if "output_and_candidate_swapped" in bugs:
        g, o = o, g
    candidate = _sigmoid(g) if "sigmoid_on_candidate" in bugs else np.tanh(g)
    forget = 1.0 if "never_forgets" in bugs else _sigmoid(f)
    c_new = forget * c + _sigmoid(i) * candidate
    shown = c_new if "tanh_on_cell_missing" in bugs else np.tanh(c_new)
    return _sigmoid(o) * shown, c_new


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, m: int) -> tuple[Array, ...]:
        state = rng.normal(size=(n, m)), 2 * rng.normal(size=(n, m))
        return rng.normal(size=(n, d)), *state, rng.normal(size=(d + m, 4 * m)), rng.normal(size=4 * m)

    return [Case("one sample, one unit", draw(1, 2, 1)), Case("a batch", draw(4, 3, 5))]


EXERCISE = Exercise(
    slug="lstm_cell",
    title="One step of an LSTM",
    topic="sequence models",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0]]),
        np.array([[0.0]]),
        np.array([[2.0]]),
        np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]),
        np.zeros(4),
    ),
    wrong=(
        Wrong(
            "forget_and_input_swapped",
            "Forget and input gate have changed places: what should decide how much of the past stays decides how "
            "much of the new comes in. A cell trained from scratch would learn it anyway, but the usual forget "
            "bias of 1 then opens the wrong gate. Check the order of the blocks.",
            "Make the second block of b very large. Which part of the new cell state should that preserve?",
            TERM,
        ),
        Wrong(
            "output_and_candidate_swapped",
            "Candidate and output gate are read in the wrong order, i, f, o, g. The shapes agree, so weights from "
            "elsewhere load without a word and produce nonsense. The third block is the candidate here.",
            "Which block of the product may take negative values after its non-linearity?",
            TERM,
        ),
        Wrong(
            "sigmoid_on_candidate",
            "The candidate goes through the sigmoid. It is then never negative, and the cell can only count "
            "upwards. The candidate is content, not a gate: tanh lets it push either way.",
            "Can one step of your cell make a cell value more negative?",
        ),
        Wrong(
            "tanh_on_cell_missing",
            "The cell state leaves without a tanh. It is unbounded by design, and the hidden state inherits that: "
            "after long sequences it grows, and so does everything that reads it. The output is the gate times "
            "tanh of the cell.",
            "The cell value is 50. How large is the hidden state?",
            TERM,
        ),
        Wrong(
            "never_forgets",
            "The old cell state is added without the forget gate, as in the original of 1997. The cell then "
            "accumulates without end and cannot reset at the start of a new sentence. Multiply the old state by "
            "its gate.",
            "How does your cell get rid of what it stored a hundred steps ago?",
        ),
    ),
    invariants=(
        Invariant(
            "the hidden state lies within -1 and 1",
            lambda args, out: np.all(np.abs(out[0]) <= 1) and np.any(out[0]),
            "a gate times tanh of the cell cannot leave -1..1",
        ),
    ),
    hints=(
        "One matrix product, then split into four blocks.",
        "New cell: keep a share of the old one, add a share of the candidate.",
        "Gates answer 'how much' and lie in 0..1; the candidate answers 'what' and may be negative.",
    ),
    follow_ups=(
        (
            "Why does the cell state let gradients survive for long? What is its derivative with respect to the "
            "previous one?"
        ),
        "Why is the forget gate's bias often initialised to 1?",
        "What does a GRU leave out?",
    ),
    complexity="O(n · m · (d + m)) a step.",
    source="Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000",
    banned=("LSTM", "LSTMCell", "lstm_cell"),
)
