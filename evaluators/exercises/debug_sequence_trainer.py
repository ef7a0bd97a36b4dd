"""Debugging: a recurrent network whose loss explodes. Source: Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063."""

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
A linear recurrent layer reads a sequence and predicts one number from its last state. After a few steps its loss
explodes. Find out what is missing, and hand in the corrected function.

- `X` is `(n, t, d)`, `y` is `(n,)`; `Wx` is `(d, h)`, `Wh` is `(h, h)`, the read-out is the fixed sum of the state
- `h_t = x_t @ Wx + h_(t-1) @ Wh`, starting from zero; the loss is `mean((h_t.sum(axis=1) - y)**2)`
- `max_norm` bounds the length of a step: where the norm of all gradients together is larger, they are all scaled by
  `max_norm / norm`; where it is not, they are left as they are
- loss and norm (before any scaling) are recorded before each of the `steps`

Return `(losses, norms)`. The backward pass is right.
"""

CODE = '''
import numpy as np


def gradients(X: np.ndarray, y: np.ndarray, Wx: np.ndarray, Wh: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """Loss, and its gradients by backpropagation through time."""
    n, t, _ = X.shape
    states = [np.zeros((n, len(Wh)))]
    for i in range(t):
        states.append(X[:, i] @ Wx + states[-1] @ Wh)
    error = states[-1].sum(axis=1) - y
    delta = np.repeat(2 * error[:, None] / n, len(Wh), axis=1)
    dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
    for i in reversed(range(t)):
        dWx += X[:, i].T @ delta
        dWh += states[i].T @ delta
        delta = delta @ Wh.T
    return float(np.mean(error**2)), [dWx, dWh]


def debug_sequence_trainer(X: np.ndarray, y: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, lr: float, max_norm: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Train by gradient descent; the losses and the norms of the gradient."""
    Wx, Wh = Wx.copy(), Wh.copy()
    losses, norms = [], []
    for _ in range(steps):
        loss, grads = gradients(X, y, Wx, Wh)
        norms.append(np.sqrt(sum(np.sum(g**2) for g in grads)))
        losses.append(loss)
        Wx -= lr * grads[0]
        Wh -= lr * grads[1]
    return np.array(losses), np.array(norms)
'''  # noqa: E501


def reference(
    X: Array, y: Array, Wx: Array, Wh: Array, lr: float, max_norm: float, steps: int, bugs: Bugs = NO_BUGS
) -> tuple[Array, Array]:
    losses, norms = [], []
    for _ in range(steps):
        loss, grads = _gradients(X, y, Wx, Wh)
        losses.append(loss)
        norms.append(np.sqrt(sum(np.sum(g**2) for g in grads)))
        dWx, dWh = _bounded(grads, max_norm, bugs)
        Wx, Wh = Wx - lr * dWx, Wh - lr * dWh
    return np.array(losses), np.array(norms)


def _bounded(grads: list[Array], max_norm: float, bugs: Bugs) -> list[Array]:
    if "not_clipped" in bugs:
        return grads
    if "each_on_its_own" in bugs:
        return [g * min(1.0, max_norm / np.linalg.norm(g)) for g in grads]
    if "by_value" in bugs:
        return [np.clip(g, -max_norm, max_norm) for g in grads]
    scale = max_norm / np.sqrt(sum(np.sum(g**2) for g in grads))
    if "short_gradients_stretched" not in bugs:
        scale = min(1.0, scale)
    if "recurrent_only" in bugs:
        return [grads[0], grads[1] * min(1.0, max_norm / np.linalg.norm(grads[1]))]
    return [g * scale for g in grads]


def _gradients(X: Array, y: Array, Wx: Array, Wh: Array) -> tuple[float, list[Array]]:
    n, t, _ = X.shape
    states = [np.zeros((n, len(Wh)))]
    for i in range(t):
        states.append(X[:, i] @ Wx + states[-1] @ Wh)
    error = states[-1].sum(axis=1) - y
    delta = np.repeat(2 * error[:, None] / n, len(Wh), axis=1)
    dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
    for i in reversed(range(t)):
        dWx += X[:, i].T @ delta
        dWh += states[i].T @ delta
        delta = delta @ Wh.T
    return float(np.mean(error**2)), [dWx, dWh]


def _start(args: tuple[Value, ...]) -> tuple[float, float]:
    loss, grads = _gradients(*args[:4])
    return loss, float(np.sqrt(sum(np.sum(g**2) for g in grads)))


def sequences(rng: np.random.Generator, n: int, t: int, h: int, recurrence: float) -> tuple[Array, Array, Array, Array]:
    X = rng.normal(size=(n, t, 2)) + 0.3
    Wh = recurrence * np.eye(h) + 0.05 * rng.normal(size=(h, h))
    return X, X[:, 0, 0] - X[:, -1, 1], 0.5 * rng.normal(size=(2, h)), Wh


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("a long gradient", (*sequences(rng, 4, 6, 2, 1.3), 0.05, 1.0, 3)),
        Case("a short gradient", (*sequences(rng, 4, 3, 2, 0.3), 0.05, 50.0, 3)),
        Case("twelve time steps", (*sequences(rng, 5, 12, 3, 1.2), 0.02, 2.0, 4)),
    ]


BUGS = frozenset({"not_clipped"})


def symptom() -> str:
    args = (*sequences(np.random.default_rng(4), 16, 20, 4, 1.1), 0.01, 1.0, 6)
    short = (args[0][:, :3], *args[1:])
    losses, norms = (", ".join(f"{number:.3g}" for number in each) for each in reference(*args, bugs=BUGS))
    three = ", ".join(f"{loss:.3g}" for loss in reference(*short, bugs=BUGS)[0])
    return (
        f"On sequences of 20 time steps, with a learning rate of 0.01 and `max_norm=1`, the losses are `{losses}` "
        f"and the norms of the gradient `{norms}`. Cut to three time steps each, with the same settings, the losses "
        f"are `{three}`."
    )


EXERCISE = Exercise(
    slug="debug_sequence_trainer",
    title="Debugging: a loss that explodes on long sequences",
    topic="debugging",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[[1.0], [2.0], [1.0]], [[0.5], [1.0], [-1.0]]]),
        np.array([1.0, 0.0]),
        np.array([[1.0]]),
        np.array([[1.5]]),
        0.1,
        1.0,
        2,
    ),
    wrong=(
        Wrong(
            "not_clipped",
            "`max_norm` is accepted and never used. The gradient passes once through Wh for each time step, so it "
            "grows like a power of its largest eigenvalue in size; a huge step then throws the weights where the "
            "next gradient is larger still. Scale all gradients together when their norm exceeds the bound.",
            "Search for `max_norm` in the function. Where does it change what is computed?",
            UNDONE,
        ),
        Wrong(
            "each_on_its_own",
            "Each gradient is clipped by its own norm. The step is bounded, but its direction changes: the larger of "
            "the two loses more. The norm is meant over all parameters together, one common scale for all of them.",
            "Is the step that you take parallel to the gradient?",
            TERM,
        ),
        Wrong(
            "by_value",
            "Entries are clipped one by one. That bounds each of them, not the norm, which can still reach max_norm "
            "times the root of their number; and the direction bends towards the diagonals. What was asked for is one "
            "scale for the whole gradient.",
            "For a gradient (100, 1) and a bound of 1, what do the two ways give, and which keeps the direction?",
        ),
        Wrong(
            "short_gradients_stretched",
            "Every gradient is scaled to the length max_norm, short ones too. Near the minimum the steps no longer "
            "shrink, so the loss stops falling and swings around. Clipping only ever shortens: the factor is at most "
            "1.",
            "What happens to your step when the gradient has a hundredth of the allowed norm?",
            TERM,
        ),
        Wrong(
            "recurrent_only",
            "Only the recurrent matrix is clipped. It is where the growth comes from, but the input weights receive "
            "the same grown error at the early time steps, so their gradient explodes too. The norm and the scale "
            "belong to all parameters.",
            "Through which path does the early input reach the loss, and how often does it pass Wh?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "the first loss and norm are those of the starting weights",
            lambda args, out: np.allclose([out[0][0], out[1][0]], _start(args), rtol=1e-3),
            "before the first step nothing can differ: loss and norm are recorded before any scaling",
        ),
    ),
    hints=(
        "Print the norm of the gradient before each step, for sequences of 3, 10 and 20 time steps.",
        "Which of the parameters of the function is never used?",
        "One norm over all gradients, one factor min(1, max_norm / norm), applied to all of them.",
    ),
    follow_ups=(
        "Which property of Wh decides between exploding and vanishing, and how does an LSTM change it?",
        "Clipping hides the symptom. Which remedies treat the cause?",
        "With Adam, what does clipping the gradient still do?",
        "Mixed precision scales the loss. Before or after unscaling do you clip?",
    ),
    complexity="O(steps · n · t · h·(d + h)) time, O(n·t·h) memory.",
    source="Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063, algorithm 1",
    banned=("clip_grad_norm_", "backward", "grad"),
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            (
                "        losses.append(loss)\n",
                "        losses.append(loss)\n        grads = [g * min(1.0, max_norm / norms[-1]) for g in grads]\n",
            ),
        ),
        symptom=symptom,
    ),
)
