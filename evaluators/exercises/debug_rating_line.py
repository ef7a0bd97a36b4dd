"""Debugging: a regression that learns the mean. Source: Harris et al. 2020, Nature 585, broadcasting."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, Array, Broken, Bugs, Case, Exercise, Invariant, Value, Wrong

TASK = """
A line is fitted by gradient descent, from a film's budget to its rating. It learns the mean rating and nothing else,
although the relation is plain in a plot. Find the fault and hand in the corrected function. It may show in more than
one place.

- `x` is `(n, 1)`, as it comes from the feature table; `y` is `(n,)`, as it comes from the label column
- the model is `w·x + b`, both numbers starting at 0; the loss is the mean squared error over the n films
- both are updated from the same predictions, gradients with their factor 2
- one loss is recorded before each of the `steps`

Return `(w, b, losses)`.
"""

CODE = '''
import numpy as np


def mean_squared_error(prediction: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((prediction - y) ** 2))


def debug_rating_line(x: np.ndarray, y: np.ndarray, lr: float, steps: int) -> tuple[float, float, np.ndarray]:
    """Fit a line by gradient descent."""
    w, b = 0.0, 0.0
    losses = []
    for _ in range(steps):
        prediction = w * x + b
        losses.append(mean_squared_error(prediction, y))
        error = prediction - y
        w -= lr * 2 * float(np.mean(error * x))
        b -= lr * 2 * float(np.mean(error))
    return w, b, np.array(losses)
'''


def reference(x: Array, y: Array, lr: float, steps: int, bugs: Bugs = NO_BUGS) -> tuple[float, float, Array]:
    w, b = 0.0, 0.0
    column, target = x[:, 0], y
    losses = []
    for _ in range(steps):
        prediction = w * column + b  # (n,)
        spread = prediction[:, None] - target  # (n, n), what broadcasting makes of it
        losses.append(np.mean(spread**2) if "loss_broadcast" in bugs else np.mean((prediction - target) ** 2))
        error = prediction - target
        if "gradient_broadcast" in bugs:
            error = spread.mean(axis=1)
        if "first_rating_for_all" in bugs:
            error = prediction - target[0]
        factor = 2 * len(y) if "summed_over_films" in bugs else 2
        w -= lr * factor * float(np.mean(error * column))
        b -= lr * factor * float(np.mean(error))
    return w, b, np.array(losses)


def films(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    x = rng.normal(size=(n, 1))
    return x, 2.0 * x[:, 0] + 1.0 + 0.3 * rng.normal(size=n)


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("three films, one step", (*films(rng, 3), 0.1, 1)),
        Case("five films, three steps", (*films(rng, 5), 0.05, 3)),
        Case("nine films, six steps", (*films(rng, 9), 0.05, 6)),
    ]


BUGS = frozenset({"loss_broadcast", "gradient_broadcast"})


def symptom() -> str:
    x, y = films(np.random.default_rng(8), 100)
    w, b, losses = reference(x, y, 0.1, 200, BUGS)
    slope, intercept = np.polyfit(x[:, 0], y, 1)
    return (
        f"On 100 films, the losses of the first, tenth and two-hundredth step are `{losses[0]:.3f}, {losses[9]:.3f}, "
        f"{losses[199]:.3f}`, and it ends at w = {w:.3f}, b = {b:.3f}. Least squares on the same data gives w = "
        f"{slope:.3f}, b = {intercept:.3f}; the variance of the ratings is {y.var():.3f}, their mean {y.mean():.3f}."
    )


def loss_at_zero(args: tuple[Value, ...], out: Value) -> bool:
    return bool(np.isclose(out[2][0], np.mean(args[1] ** 2), rtol=1e-3))


EXERCISE = Exercise(
    slug="debug_rating_line",
    title="Debugging: a regression that learns the mean",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 5.0]), 0.1, 2),
    wrong=(
        Wrong(
            "loss_broadcast",
            "The loss still subtracts `(n,)` from `(n, 1)`. NumPy makes an n by n array of that, every prediction "
            "minus every rating, and the mean over it cannot fall below the variance of the ratings. No error, no "
            "warning: the curve just stops. Bring both to one shape before subtracting.",
            "What is the shape of `prediction - y` inside your loss?",
            TERM,
        ),
        Wrong(
            "gradient_broadcast",
            "The error that drives the updates is still n by n. Averaged over its columns it is each prediction minus "
            "the mean rating, so the line learns the mean and a slope of 0. With one feature every later product "
            "broadcasts as well, so nothing complains.",
            "Print the shape of the error. What is its mean over the second axis?",
        ),
        Wrong(
            "first_rating_for_all",
            "The error has the right shape now, but each prediction is compared with the first rating: one column of "
            "the n by n array was taken. What is wanted is its diagonal, each film with its own rating. Repair the "
            "shapes before subtracting, not after.",
            "Which rating does the third film's error use?",
        ),
        Wrong(
            "summed_over_films",
            "The gradients are summed over the films, while the loss is a mean. The steps are n times too long: three "
            "films still converge, three hundred diverge at the same learning rate. Divide by the number of films.",
            "You list every film twice. What should happen to a step, and what happens to yours?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "the first loss is the mean square of the ratings",
            loss_at_zero,
            "before the first step all predictions are 0, so the loss is mean(y**2)",
        ),
    ),
    hints=(
        "Print the shape of every array in the loop.",
        "What does NumPy make of `(n, 1) - (n,)`, and what is the mean of that array's squares at best?",
        "Turn x or y so that both have one shape, once, at the top of the function.",
    ),
    follow_ups=(
        "Which assertion belongs into every loss function?",
        "Why is the minimum of the broken loss at slope 0 and the mean rating? Show it.",
        "Would PyTorch have said anything?",
    ),
    complexity="O(steps · n) time; the broken version takes O(steps · n²) time and O(n²) memory.",
    source="Harris et al. 2020, Array programming with NumPy, Nature 585; NumPy manual, broadcasting",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(("    w, b = 0.0, 0.0\n", "    w, b, x = 0.0, 0.0, x[:, 0]\n"),),
        symptom=symptom,
    ),
    minutes=6,
)
