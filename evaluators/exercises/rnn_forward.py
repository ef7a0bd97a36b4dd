"""A recurrent layer, forward. Source: Elman, Finding Structure in Time, 1990."""

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
Run a plain (Elman) recurrent layer over a batch of sequences.

- `x` is `(n, t, d)`, `h0` is `(n, h)`: the initial hidden state
- `Wx` is `(d, h)`, `Wh` is `(h, h)`, `b` is `(h,)`
- `h_t = tanh(x_t @ Wx + h_{t-1} @ Wh + b)`

Return the hidden states of all steps, shape `(n, t, h)`.
"""


def reference(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, bugs: Bugs = NO_BUGS) -> Array:
    h = np.zeros_like(h0) if "initial_state_ignored" in bugs else h0
    recurrent = Wh.T if "recurrent_transposed" in bugs else Wh
    states = []
    for t in range(x.shape[1]):
        before = h0 if "state_not_carried" in bugs else h
        z = x[:, t] @ Wx + before @ recurrent + b
        h = np.maximum(z, 0) if "relu" in bugs else np.tanh(z)
        states.append(h)
    return np.stack(states, axis=1)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int, d: int, h: int) -> tuple[Array, ...]:
        weights = 0.7 * rng.normal(size=(d, h)), 0.7 * rng.normal(size=(h, h)), 0.5 * rng.normal(size=h)
        return rng.normal(size=(n, t, d)), rng.normal(size=(n, h)), *weights

    return [Case("one sequence, two steps", draw(1, 2, 2, 2)), Case("a batch, five steps", draw(3, 5, 4, 6))]


EXERCISE = Exercise(
    slug="rnn_forward",
    title="Recurrent layer, forward pass",
    topic="sequence models",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[[1.0], [0.0]]]), np.array([[0.5]]), np.array([[1.0]]), np.array([[2.0]]), np.array([0.0])),
    wrong=(
        Wrong(
            "state_not_carried",
            "Every step starts from the initial state again: the new state is computed and stored, but the next "
            "step does not read it. The layer then has no memory at all, and each output depends on its own token "
            "only.",
            "Change the first token of a sequence. Does your last output change?",
        ),
        Wrong(
            "initial_state_ignored",
            "The first step starts from zeros, whatever h0 says. Passing the state from chunk to chunk, or from an "
            "encoder to a decoder, then has no effect. Only the first steps are off, and the error fades along the "
            "sequence.",
            "You process a long text in two chunks. How does the second chunk know of the first?",
            TERM,
        ),
        Wrong(
            "relu",
            "The state goes through a ReLU instead of tanh. It is then unbounded, and a recurrent matrix with an "
            "eigenvalue above 1 makes it explode. tanh keeps it within -1 and 1.",
            "How large can your hidden state become after a thousand steps?",
            TERM,
        ),
        Wrong(
            "recurrent_transposed",
            "The recurrent matrix is transposed. It is square, so nothing complains; with PyTorch's weights, "
            "stored as (out, in), it even looks right. The statement multiplies `h @ Wh`.",
            "Which unit does the entry Wh[0, 1] connect to which, in your code and in the statement?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "states lie within -1 and 1",
            lambda args, out: np.all(np.abs(out) <= 1) and np.any(out),
            "the output of tanh lies between -1 and 1",
        ),
    ),
    hints=(
        "A loop over time; the state is the only thing that survives a step.",
        "Start from h0.",
        ("The input's part for all steps can be computed at once, outside the loop."),
    ),
    follow_ups=(
        "Why do gradients vanish or explode here? Name the matrix.",
        "What is truncated back-propagation through time?",
        "What can and cannot be done in parallel over time?",
    ),
    complexity="O(n · t · h · (d + h)), sequential in t.",
    source="Elman 1990",
    banned=("RNN", "RNNCell", "rnn_tanh"),
    minutes=10,
)
