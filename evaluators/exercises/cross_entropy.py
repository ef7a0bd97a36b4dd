"""Cross-entropy from logits. Source: Goodfellow, Bengio and Courville, Deep Learning, section 6.2.2."""

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
Compute the mean cross-entropy of a batch from its logits.

- `logits` is `(n, c)`, unnormalised; `labels` holds `n` integers in `0..c-1`
- logits may be in the hundreds: the loss must be finite and exact, also for a sample that the model gets badly
  wrong

Return one number, the mean over the batch, in nats.
"""


def reference(logits: Array, labels: Array, bugs: Bugs = NO_BUGS) -> float:
    log_p = _log_softmax(logits)
    if "not_shifted" in bugs:
        log_p = np.log(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    if "probability_underflows" in bugs:
        log_p = np.log(np.exp(log_p))
    if "log_of_probability" in bugs:
        log_p = np.log(np.exp(log_p) + 1e-9)
    if "softmax_twice" in bugs:
        log_p = _log_softmax(np.exp(log_p))
    if "softmax_missing" in bugs:
        log_p = np.log(np.clip(logits, 1e-12, None))
    losses = -log_p[np.arange(len(labels)), labels]
    return float(losses.sum() if "summed" in bugs else losses.mean())


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cases(rng: np.random.Generator) -> list[Case]:
    wrong = np.array([[400.0, -500.0, 10.0], [0.5, 1.0, 2.0]]) + rng.normal(size=(2, 3))
    sure = np.array([[900.0, 870.0, -10.0], [0.5, 1.0, 2.0]]) + rng.normal(size=(2, 3))
    return [
        Case("two samples", (rng.normal(size=(2, 3)), np.array([0, 2]))),
        Case("ten samples", (3 * rng.normal(size=(10, 5)), rng.integers(0, 5, size=10))),
        Case("a confident mistake", (wrong, np.array([1, 0]))),
        Case("large logits", (sure, np.array([0, 2]))),
    ]


EXERCISE = Exercise(
    slug="cross_entropy",
    title="Cross-entropy from logits",
    topic="neural networks",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), np.array([0, 2])),
    wrong=(
        Wrong(
            "summed",
            "The losses are summed over the batch, not averaged. The number grows with the batch, and so does its "
            "gradient: the learning rate silently depends on the batch size.",
            "You double the batch by repeating it. Should the loss change?",
            TERM,
        ),
        Wrong(
            "softmax_missing",
            "The logits are taken for probabilities: their logarithm enters directly. Logits can be negative and "
            "do not sum to 1, so the value means nothing. Normalise first.",
            "What should the loss be for a row of equal logits, and what do you get?",
        ),
        Wrong(
            "softmax_twice",
            "The softmax is applied twice, typically because the model already ends in one. The second sees values "
            "between 0 and 1, so the probabilities are squeezed together, the loss cannot fall below a floor, and "
            "learning stalls.",
            "The model is perfectly sure and right. How low does your loss get?",
        ),
        Wrong(
            "not_shifted",
            "The logits are exponentiated as they are. Above about 709 the exponential is inf, and inf / inf is nan, "
            "also for a sample that the model gets right. The loss does not change when a row is shifted; subtract its "
            "largest logit first.",
            "Add 1000 to all logits of a row. What should happen to its loss, and what happens to yours?",
            EDGE,
        ),
        Wrong(
            "probability_underflows",
            "The softmax is computed safely, and then the logarithm is taken of its result. For a bad mistake that "
            "probability has been rounded to zero, and the loss is infinite. Stay in the log domain: logit minus "
            "log-sum-exp.",
            "The true class lies 900 below the largest logit. What is its probability in floating point?",
            EDGE,
        ),
        Wrong(
            "log_of_probability",
            "The logarithm is taken of a probability plus a small constant. For a bad mistake the probability "
            "underflows and the constant takes over: the loss is capped near 20.7, and the gradient there is gone. "
            "Stay in the log domain: logit minus log-sum-exp.",
            "The true class lies 500 below the largest logit. What is the exact loss?",
            EDGE,
        ),
    ),
    hints=(
        "Per sample: the log of the sum of exponentials, minus the logit of the true class.",
        "Shift each row by its maximum before exponentiating.",
        "Pick the entry of the true class with `log_p[np.arange(n), labels]`.",
    ),
    follow_ups=(
        "What loss do you expect at the start of training with 1000 classes? Why check it?",
        "How does label smoothing change the loss and its minimum?",
        "How is the cross-entropy related to perplexity and to the KL divergence?",
    ),
    complexity="O(n·c).",
    source="Goodfellow, Bengio, Courville: Deep Learning, 6.2.2",
    banned=("cross_entropy", "CrossEntropyLoss", "nll_loss", "log_softmax", "logsumexp"),
    minutes=10,
)
