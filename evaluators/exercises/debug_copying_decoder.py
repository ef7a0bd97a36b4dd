"""Debugging: a decoder that has seen the answer. Source: Vaswani et al. 2017, section 3.2.3, arXiv:1706.03762."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    UNDONE,
    Array,
    Broken,
    Bugs,
    Case,
    Exercise,
    Invariant,
    Value,
    Wrong,
)

TASK = """
A one-layer decoder predicts the next token. Its training loss is a wonder; what it writes is not. Find the fault and
hand in the corrected function.

- `tokens` holds `t + 1` token ids; the inputs are the first `t`, the targets the last `t`
- `E` is the token table `(v, d)`, `P` the position table with at least `t` rows, both `d` wide
- `Wq`, `Wk`, `Wv` are `(d, d)`; scores are divided by the square root of `d`; `Wo` is `(d, v)`
- the prediction for position `i + 1` may use the tokens at `0..i`, and no other

Return `(logits, loss)`: logits of shape `(t, v)`, and the mean cross-entropy over the `t` targets.
"""

CODE = '''
import numpy as np


def log_softmax(z: np.ndarray) -> np.ndarray:
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def debug_copying_decoder(tokens: np.ndarray, E: np.ndarray, P: np.ndarray, Wq: np.ndarray, Wk: np.ndarray, Wv: np.ndarray, Wo: np.ndarray) -> tuple[np.ndarray, float]:
    """One layer of causal self-attention; next-token logits and loss."""
    inputs, targets = tokens[:-1], tokens[1:]
    t, d = len(inputs), E.shape[1]
    x = E[inputs] + P[:t]  # (t, d)

    scores = (x @ Wq) @ (x @ Wk).T / np.sqrt(d)  # (t, t)
    future = np.triu(np.ones((t, t), dtype=bool), k=2)
    scores = np.where(future, -np.inf, scores)
    attended = np.exp(log_softmax(scores)) @ (x @ Wv)  # (t, d)

    logits = attended @ Wo  # (t, v)
    loss = float(-log_softmax(logits)[np.arange(t), targets].mean())
    return logits, loss
'''  # noqa: E501


def reference(
    tokens: Array, E: Array, P: Array, Wq: Array, Wk: Array, Wv: Array, Wo: Array, bugs: Bugs = NO_BUGS
) -> tuple[Array, float]:
    inputs, targets = tokens[:-1], tokens[1:]
    t, d = len(inputs), E.shape[1]
    x = E[inputs] + P[:t]  # (t, d)
    scores = (x @ Wq) @ (x @ Wk).T / np.sqrt(d)  # (t, t)
    ahead = 2 if "one_token_ahead" in bugs else 1
    ahead = 0 if "own_position_hidden" in bugs else ahead
    future = np.triu(np.ones((t, t), dtype=bool), k=ahead)
    if "past_hidden" in bugs:
        future = np.tril(np.ones((t, t), dtype=bool), k=-1)
    hidden = 0.0 if "scores_set_to_zero" in bugs else -1e9
    if "masked_after_softmax" in bugs:
        weights = np.exp(_log_softmax(scores)) * ~future
    else:
        weights = np.exp(_log_softmax(np.where(future, hidden, scores)))
    logits = weights @ (x @ Wv) @ Wo  # (t, v)
    return logits, float(-_log_softmax(logits)[np.arange(t), targets].mean())


def _log_softmax(z: Array) -> Array:
    z = z - z.max(axis=-1, keepdims=True)
    out: Array = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return out


def cases(rng: np.random.Generator) -> list[Case]:
    def decoder(t: int, v: int, d: int) -> tuple[Value, ...]:
        tokens = rng.integers(0, v, size=t + 1)
        E, P = rng.normal(size=(v, d)), rng.normal(size=(t + 2, d))
        return (tokens, E, P, *(rng.normal(size=(d, d)) for _ in range(3)), rng.normal(size=(d, v)))

    return [
        Case("three inputs", decoder(3, 4, 3)),
        Case("five inputs", decoder(5, 6, 4)),
        Case("eight inputs", decoder(8, 5, 6)),
    ]


BUGS = frozenset({"one_token_ahead"})


def looking_ahead(tokens: Array, v: int) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Weights that attend one position ahead and copy its token: what training finds when the mask allows it."""
    t = len(tokens) - 1
    d = v + t + 1
    E, P = np.zeros((v, d)), np.zeros((t + 1, d))
    E[:, :v], P[:, v:] = np.eye(v), np.eye(t + 1)
    Wq, Wk, Wv = np.zeros((d, d)), np.zeros((d, d)), np.zeros((d, d))
    Wk[v:, v:] = np.eye(t + 1)
    Wq[v:, v:] = 60 * np.eye(t + 1, k=1)
    Wv[:v, :v] = np.eye(v)
    return tokens, E, P, Wq, Wk, Wv, 12 * np.eye(d, v)


def symptom() -> str:
    tokens = np.random.default_rng(1).integers(0, 20, size=201)
    args = looking_ahead(tokens, 20)
    leaking, honest = (reference(*args, bugs)[1] for bugs in (BUGS, NO_BUGS))
    return (
        f"The tokens are drawn at random from 20, so that no model can have a loss below {np.log(20):.2f}. Training "
        f"goes far below it. Its weights attend to the next position and copy what is there: such weights, set by "
        f"hand, have a loss of {leaking:.3f} in this code, and of {honest:.2f} under a right mask. A test that "
        f"changes the last input and looks at the first logits passes."
    )


def blind_to_the_second_input(args: tuple[Value, ...], out: Value) -> bool:
    """The first position attends to itself alone."""
    tokens, E, P, _, _, Wv, Wo = args
    return bool(np.allclose(out[0][0], (E[tokens[0]] + P[0]) @ Wv @ Wo, rtol=1e-3, atol=1e-4))


EXERCISE = Exercise(
    slug="debug_copying_decoder",
    title="Debugging: a loss below the entropy of the data",
    topic="debugging",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([0, 1, 1, 0]),
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        np.zeros((3, 2)),
        np.eye(2),
        np.eye(2),
        np.eye(2),
        np.eye(2),
    ),
    wrong=(
        Wrong(
            "one_token_ahead",
            "Each position still sees one token ahead, and the token one ahead of input i is exactly its target. A "
            "test far from the diagonal passes, since only the neighbour leaks. Inputs and targets are already "
            "shifted against each other, so the mask begins right above the diagonal: `k=1`.",
            "Change only the second input token. Which rows of the logits may move?",
            UNDONE,
        ),
        Wrong(
            "own_position_hidden",
            "The mask now hides the diagonal too. The first position has nothing left to attend to, which gives nan "
            "or an average over everything, and every other one predicts without the token it stands on. Inputs and "
            "targets are shifted already; hiding the own token shifts a second time.",
            "What may the first position attend to, and what does a softmax over nothing return?",
        ),
        Wrong(
            "past_hidden",
            "The mask is upside down: what is hidden is the past, and each position sees itself and all that follows. "
            "The leak is now complete. Look at the first row of the weights; it should have one entry.",
            "Print the weights of the first and the last position. Which of them should have a single entry?",
        ),
        Wrong(
            "masked_after_softmax",
            "Forbidden weights are set to zero after the softmax. The sum in its denominator still contains the "
            "future, so the rows no longer sum to 1 and their size tells what lies ahead. Mask the scores, before the "
            "softmax.",
            "What do the weights of each row sum to in your version?",
            TERM,
        ),
        Wrong(
            "scores_set_to_zero",
            "Forbidden scores are set to 0, and exp(0) is 1: a forbidden position still gets weight, more than any "
            "allowed one with a negative score. Minus infinity is the score whose exponential vanishes.",
            "Which weight does a score of zero get next to a score of -3?",
        ),
    ),
    invariants=(
        Invariant(
            "the first prediction uses the first token alone",
            blind_to_the_second_input,
            "the first position may attend only to itself",
        ),
    ),
    hints=(
        "Change one input token at a time and note which rows of the logits move.",
        "Print `future` for t = 4 and read row 0: which columns may it see?",
        "In `np.triu(..., k)` the diagonal is k = 0. Where does the future begin?",
    ),
    follow_ups=(
        "Which test would have caught it, for any mask and without a reference?",
        "How low can the loss get on random tokens, and why is that a useful check before any long run?",
        "When a key cache is used at generation, would this mask still show the fault?",
    ),
    complexity="O(t²·d + t·d² + t·d·v) time, O(t²) memory.",
    source="Vaswani et al. 2017, arXiv:1706.03762, 3.2.3",
    banned=("scaled_dot_product_attention", "MultiheadAttention"),
    broken=Broken(code=CODE, bugs=BUGS, fix=(("k=2", "k=1"),), symptom=symptom),
    minutes=10,
)
