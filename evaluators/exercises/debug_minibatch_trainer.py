"""Debugging: a training loop that takes ever longer steps. Source: Baydin et al. 2018, arXiv:1502.05767, 3.2."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, UNDONE, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
A small training loop in the style of the large frameworks: a parameter carries its value and its gradient, `backward`
adds to the gradient, `step` moves the value. Find out why it does not converge, and hand in the corrected function.

- `batches` is a list of pairs `(X, y)`, `X` of shape `(m, d)`, `y` of shape `(m,)`; `w` is the start, `(d,)`
- each step is plain SGD on the mean squared error of one batch, `mean((X @ w - y)**2)`, gradient with its factor 2
- `backward` adds, as it does in the frameworks; that is not the fault
- the loss of each batch is taken before its step, epochs go through the batches in order

Return `(w, losses)`; `w` handed in is not changed.
"""

CODE = '''
import numpy as np


class Parameter:
    def __init__(self, value: np.ndarray) -> None:
        self.value = value.copy()
        self.grad = np.zeros_like(self.value)

    def zero_grad(self) -> None:
        self.grad = np.zeros_like(self.value)


def backward(w: Parameter, X: np.ndarray, y: np.ndarray) -> float:
    """Adds the gradient of the mean squared error to w.grad, and returns the loss."""
    error = X @ w.value - y
    w.grad += 2 * X.T @ error / len(y)
    return float(np.mean(error**2))


def debug_minibatch_trainer(batches: list[tuple[np.ndarray, np.ndarray]], w: np.ndarray, lr: float, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Plain SGD over mini-batches."""
    weight = Parameter(w)
    losses = []
    for _ in range(epochs):
        for X, y in batches:
            losses.append(backward(weight, X, y))
            weight.value -= lr * weight.grad
    return weight.value, np.array(losses)
'''  # noqa: E501


def reference(
    batches: list[tuple[Array, Array]], w: Array, lr: float, epochs: int, bugs: Bugs = NO_BUGS
) -> tuple[Array, Array]:
    w = w.copy()
    grad = np.zeros_like(w)
    losses = []
    for _ in range(epochs):
        if "zeroed_once_an_epoch" in bugs:
            grad = np.zeros_like(w)
        for X, y in batches:
            error = X @ w - y
            losses.append(np.mean(error**2))
            grad = grad + 2 * X.T @ error / len(y)
            if "zeroed_before_the_step" in bugs:
                grad = np.zeros_like(w)
            if "one_step_an_epoch" not in bugs:
                w = w - lr * grad
            if not bugs & {"never_zeroed", "zeroed_once_an_epoch", "one_step_an_epoch"}:
                grad = np.zeros_like(w)
        if "one_step_an_epoch" in bugs:
            w, grad = w - lr * grad, np.zeros_like(w)
    return w, np.array(losses)


def problem(rng: np.random.Generator, count: int, m: int, d: int) -> tuple[list[tuple[Array, Array]], Array]:
    truth = rng.normal(size=d)
    batches = []
    for _ in range(count):
        X = rng.normal(size=(m, d))
        batches.append((X, X @ truth + 0.1 * rng.normal(size=m)))
    return batches, rng.normal(size=d)


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("two batches, one epoch", (*problem(rng, 2, 3, 1), 0.1, 1)),
        Case("three batches, two epochs", (*problem(rng, 3, 4, 2), 0.05, 2)),
        Case("four batches, three epochs", (*problem(rng, 4, 5, 3), 0.03, 3)),
    ]


BUGS = frozenset({"never_zeroed"})


def symptom() -> str:
    batches, w = problem(np.random.default_rng(11), 8, 16, 5)
    epochs = [reference(batches, w, 0.1, 8, bugs)[1].reshape(8, -1).mean(axis=1) for bugs in (BUGS, NO_BUGS)]
    shown = [", ".join(f"{loss:.3g}" for loss in each) for each in epochs]
    return (
        f"Mean loss of each of eight epochs, with a learning rate of 0.1 on data that is linear with a little noise: "
        f"`{shown[0]}`. A colleague's loop on the same data, with the same learning rate, gives `{shown[1]}`."
    )


EXERCISE = Exercise(
    slug="debug_minibatch_trainer",
    title="Debugging: a loop that swings instead of settling",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        [(np.array([[1.0], [2.0]]), np.array([2.0, 4.0])), (np.array([[1.0]]), np.array([2.0]))],
        np.zeros(1),
        0.1,
        1,
    ),
    wrong=(
        Wrong(
            "never_zeroed",
            "The gradient of every batch so far is still in the one that is used. After t steps the update is the sum "
            "of t gradients: momentum without any decay, which swings past the minimum and back. `backward` adds by "
            "design; clearing the gradient before each backward pass is the loop's duty.",
            "Print the norm of the gradient after each backward pass. What should it do as the loss falls?",
            UNDONE,
        ),
        Wrong(
            "zeroed_once_an_epoch",
            "The gradient is cleared, but only at the start of an epoch. The first step of each epoch is right, and "
            "every later one still carries the batches before it; with a single batch an epoch the fault is invisible. "
            "It has to be cleared for each step.",
            "At the third batch of an epoch, which batches are in the gradient that you apply?",
            TERM,
        ),
        Wrong(
            "zeroed_before_the_step",
            "The gradient is cleared between the backward pass and the step, so that each step moves by zero: the "
            "weights never change and the loss repeats itself from epoch to epoch. The order is clear, backward, step.",
            "By how much do the weights move in the first step?",
        ),
        Wrong(
            "one_step_an_epoch",
            "There is one step an epoch now, on the sum of the batches' gradients. That is gradient accumulation, "
            "with a step that grows with the number of batches, and not the SGD that was asked for: one step for each "
            "batch.",
            "How many times do the weights change in one epoch?",
        ),
    ),
    hints=(
        "Print the norm of the gradient at each step, next to the loss.",
        "For the second batch, compute the gradient by hand and compare it with `weight.grad`.",
        (
            "The class has a method that nobody calls. Where in the loop does it belong: before backward, or before "
            "the step?"
        ),
    ),
    follow_ups=(
        "Why do the frameworks add to the gradient instead of overwriting it?",
        "When do you want to leave the gradient in place on purpose, and what has to be scaled then?",
        "With Adam instead of SGD, would the symptom look the same?",
    ),
    complexity="O(epochs · batches · m · d) time.",
    source="Baydin et al. 2018, arXiv:1502.05767, 3.2; PyTorch, Optimizer.zero_grad",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            (
                "            losses.append(backward(weight, X, y))",
                "            weight.zero_grad()\n            losses.append(backward(weight, X, y))",
            ),
        ),
        symptom=symptom,
    ),
    minutes=8,
)
