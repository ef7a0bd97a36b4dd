"""Debugging: early stopping that returns the last weights. Source: Prechelt 1998, Early Stopping - But When?"""

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
A linear model is trained by gradient descent, and the weights of the step with the lowest validation loss are to be
kept. The best loss is reported correctly; the weights that come back do not have it. Find the fault and hand in the
corrected function.

- `X`, `y` are the training rows, `Xv`, `yv` the validation rows; the loss is the mean squared error
- `w` is the start, `(d,)`, and is not changed; each of the `steps` first moves the weights, by the gradient with its
  factor 2, and then measures the validation loss
- the start itself is not a candidate; among equal losses the earliest wins

Return `(best, best_loss)`: the weights with the lowest validation loss, and that loss.
"""

CODE = '''
import numpy as np


def debug_best_checkpoint(X: np.ndarray, y: np.ndarray, Xv: np.ndarray, yv: np.ndarray, w: np.ndarray, lr: float, steps: int) -> tuple[np.ndarray, float]:
    """Gradient descent that keeps the weights with the lowest validation loss."""
    w = w.copy()
    best, best_loss = w, np.inf
    for _ in range(steps):
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)
        loss = float(np.mean((Xv @ w - yv) ** 2))
        if loss < best_loss:
            best, best_loss = w, loss
    return best, best_loss
'''  # noqa: E501


def reference(
    X: Array, y: Array, Xv: Array, yv: Array, w: Array, lr: float, steps: int, bugs: Bugs = NO_BUGS
) -> tuple[Array, float]:
    seen = []
    for _ in range(steps):
        before = w
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
        measured = before if "measured_before_the_step" in bugs else w
        loss = np.mean((X @ w - y) ** 2) if "chosen_on_training" in bugs else np.mean((Xv @ measured - yv) ** 2)
        seen.append((float(loss), w))
    losses = [loss for loss, _ in seen]
    at = int(np.argmin(losses))
    if "stopped_at_the_first_rise" in bugs:
        rises = [i for i in range(1, steps) if losses[i] >= losses[i - 1]]
        at = rises[0] - 1 if rises else steps - 1
    if "largest_kept" in bugs:
        at = int(np.argmax(losses))
    best_loss, best = seen[at]
    if "same_array" in bugs:
        best = w
    return best, best_loss


def overfitting(rng: np.random.Generator, noise: float) -> tuple[Array, ...]:
    """The validation loss falls, rises for a step, falls below its first minimum, and rises for good.

    Training is linear, so its path is known in closed form: one feature decays fast with a changing sign, one slowly.
    """
    X = np.array([[1.0, 0.0], [0.0, 0.3]]) * np.sqrt(2)
    truth = rng.uniform(0.9, 1.1, size=2)
    Xv = np.array([[1.0, 0.35], [0.6, 1.0]])
    aim = truth * np.array([1.0, 0.45])
    start = truth * np.array([1 + rng.uniform(0.55, 0.65), 0.0])
    return X, X @ truth, Xv, Xv @ aim + noise * rng.normal(size=2), start


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("six steps", (*overfitting(rng, 0.0), 0.92, 6)),
        Case("twelve steps", (*overfitting(rng, 0.01), 0.9, 12)),
        Case("twenty steps", (*overfitting(rng, 0.01), 0.94, 20)),
    ]


def own_loss(args: tuple[Value, ...], out: Value) -> bool:
    return bool(np.isclose(np.mean((args[2] @ out[0] - args[3]) ** 2), out[1], rtol=1e-3, atol=1e-7))


BUGS = frozenset({"same_array"})


def symptom() -> str:
    X, y, Xv, yv, w = overfitting(np.random.default_rng(0), 0.0)
    best, reported = reference(X, y, Xv, yv, w, 0.9, 40, BUGS)
    return (
        f"After 40 steps the function reports a best validation loss of {reported:.4f}. Evaluated again with the "
        f"weights that it returned, the loss is {np.mean((Xv @ best - yv) ** 2):.4f}."
    )


EXERCISE = Exercise(
    slug="debug_best_checkpoint",
    title="Debugging: the best weights are not the best",
    topic="debugging",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0], [2.0]]),
        np.array([2.0, 4.0]),
        np.array([[1.0]]),
        np.array([1.0]),
        np.zeros(1),
        0.1,
        3,
    ),
    wrong=(
        Wrong(
            "same_array",
            "`best` and `w` are still two names for one array. The step changes that array in place, so the kept "
            "weights move on with every later step, and what comes back are the last ones. The number was copied, the "
            "array was not: keep a copy.",
            "After the best step, which line changes what `best` refers to?",
            UNDONE,
        ),
        Wrong(
            "measured_before_the_step",
            "The loss that is compared was measured before the step, the weights that are kept are those after it. "
            "The reported loss belongs to the weights one step earlier. Measure and keep the same weights.",
            "Evaluate what you return on the validation rows. Is it the loss that you report?",
            TERM,
        ),
        Wrong(
            "chosen_on_training",
            "The weights are chosen by the training loss, which here falls with nearly every step: the last ones win, "
            "and the validation rows decide nothing. Early stopping needs the rows that training does not see.",
            "Which rows decide which step is kept?",
        ),
        Wrong(
            "stopped_at_the_first_rise",
            "The search ends at the first step whose loss rises. Validation losses are not smooth; here a lower "
            "minimum follows after the first. Without a patience in the statement, all steps are run and the lowest "
            "is kept.",
            "The losses are 3, 2, 2.1, 1. Which do you return?",
            TERM,
        ),
        Wrong(
            "largest_kept",
            "The comparison is the wrong way round: the weights with the largest validation loss are kept. It happens "
            "when code for an accuracy is reused for a loss. Print the losses and mark the one that is kept.",
            "For this quantity, is more better?",
        ),
    ),
    invariants=(
        Invariant(
            "the reported loss is that of the returned weights",
            own_loss,
            "evaluate the returned weights on the validation rows: the reported loss has to come out",
        ),
    ),
    hints=(
        "Compute the validation loss of what is returned and compare it with what is reported.",
        "Print `id(w)` and `id(best)` in each step.",
        "`w -= ...` changes the array in place. What does a second name for the same array see of that?",
    ),
    follow_ups=(
        "Where does the same mistake hide with `state_dict()`?",
        "The best validation loss of many steps is reported as the model's quality. What is wrong with that number?",
        "How do you choose patience, and what do you restore besides the weights?",
    ),
    complexity="O(steps · (n + n_validation) · d) time, O(d) memory for the copy.",
    source="Prechelt 1998, Early Stopping - But When?, in: Neural Networks: Tricks of the Trade",
    broken=Broken(
        code=CODE, bugs=BUGS, fix=(("best, best_loss = w, loss", "best, best_loss = w.copy(), loss"),), symptom=symptom
    ),
    minutes=6,
)
