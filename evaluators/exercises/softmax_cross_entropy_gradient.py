"""Gradient of softmax with cross-entropy. Source: Bishop, Pattern Recognition and Machine Learning, section 4.3.4."""

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
Write the gradient of the mean cross-entropy with respect to the logits, by hand.

- `logits` is `(n, c)`, `labels` holds `n` integers in `0..c-1`
- the loss is `mean over i of -log softmax(logits[i])[labels[i]]`

Return the gradient, shape `(n, c)`. Do not change `logits` in place. No automatic differentiation.
"""


def reference(logits: Array, labels: Array, bugs: Bugs = NO_BUGS) -> Array:
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)  # (n, c)
    target = np.eye(logits.shape[1])[labels]
    gradient = p - (0 if "target_not_subtracted" in bugs else target)
    if "extra_jacobian" in bugs:
        gradient = gradient * p * (1 - p)
    if "sign_flipped" in bugs:
        gradient = -gradient
    return gradient if "mean_missing" in bugs else gradient / len(labels)


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("two samples", (rng.normal(size=(2, 3)), np.array([1, 0]))),
        Case("seven samples", (2 * rng.normal(size=(7, 4)), rng.integers(0, 4, size=7))),
    ]


EXERCISE = Exercise(
    slug="softmax_cross_entropy_gradient",
    title="Gradient of softmax with cross-entropy",
    topic="neural networks",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[0.0, 0.0]]), np.array([0])),
    wrong=(
        Wrong(
            "mean_missing",
            "The loss is a mean, the gradient that of a sum: n times too large. Compare with a finite difference "
            "of the mean loss and the factor n stands out. Divide by the batch size, once.",
            "How does a single sample's gradient change when the batch gets twice as large?",
            TERM,
        ),
        Wrong(
            "target_not_subtracted",
            "This is the softmax itself: nothing is subtracted at the true class. Every entry is positive, so a "
            "step lowers all logits, the largest ones most, and the probabilities drift towards uniform whatever the "
            "labels are. The true class must be pushed up.",
            "In which direction does your gradient move the logit of the true class?",
        ),
        Wrong(
            "extra_jacobian",
            "The result is multiplied by p(1 - p) once more. The derivative of softmax has already been used: "
            "together with that of the logarithm it cancels to a simple difference. With the extra factor, "
            "confident mistakes get almost no gradient, and rows no longer sum to zero.",
            "What do the entries of one row of the gradient sum to? Why?",
        ),
        Wrong(
            "sign_flipped",
            "The sign is that of the log-likelihood: descending along it makes the loss grow. Check one sample: "
            "the entry of the true class has to be negative, so that subtracting it raises the logit.",
            "Take one small step against your gradient. Does the loss fall?",
        ),
    ),
    invariants=(
        Invariant(
            "each row sums to zero",
            lambda args, out: np.allclose(out.sum(axis=1), 0, atol=1e-6) and np.any(out),
            "shifting all logits of a row does not change the loss, so the row's gradient sums to zero",
        ),
    ),
    hints=(
        "Write the loss of one row as log-sum-exp minus the true logit, then differentiate.",
        "The derivative of log-sum-exp is the softmax.",
        "Subtract 1 at the true class, and do not forget the mean.",
    ),
    follow_ups=(
        "Write down the full Jacobian of softmax. When do you need it?",
        "What changes with soft targets, as in distillation?",
        "Why is squared error a poor loss behind a softmax?",
    ),
    complexity="O(n·c).",
    source="Bishop: Pattern Recognition and Machine Learning, 4.3.4",
    banned=("backward", "grad", "cross_entropy", "CrossEntropyLoss"),
    minutes=10,
)
