"""Debugging: predictions that depend on the rest of the batch. Source: Goodfellow et al., Deep Learning, 6.2.2.3."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
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
A linear classifier assigns customer reviews, given as embeddings, to topics. In the notebook it worked; in the service
it does not. Find the fault and hand in the corrected function.

- `X` is `(n, d)`, one review a row; `W` is `(d, c)`, `b` is `(c,)`; `y` holds the `n` true topics
- the probabilities of a review are the softmax of its logits, safe for large logits
- the loss is the mean negative log-probability of the true topic; it has to be finite wherever the logits of each row
  lie within 600 of each other

Return `(probabilities, loss)`, probabilities of shape `(n, c)`.
"""

CODE = '''
import numpy as np


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def debug_review_topics(X: np.ndarray, W: np.ndarray, b: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Topic probabilities of each review, and the mean loss of the batch."""
    logits = X @ W + b  # (n, c)
    probabilities = softmax(logits)
    chosen = probabilities[np.arange(len(y)), y]
    loss = float(-np.log(chosen).mean())
    return probabilities, loss
'''


def reference(X: Array, W: Array, b: Array, y: Array, bugs: Bugs = NO_BUGS) -> tuple[Array, float]:
    z = X @ W + b  # (n, c)
    if "over_the_batch" in bugs:
        e = np.exp(z - z.max(axis=0))
        p = e / e.sum(axis=0)
    elif "over_everything" in bugs:
        e = np.exp(z - z.max())
        p = e / e.sum()
    elif "shifted_per_topic" in bugs:
        e = np.exp(z - z.max(axis=0))
        p = e / e.sum(axis=1, keepdims=True)
    elif "transposed_back_wrongly" in bugs:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / np.resize(e.sum(axis=1), z.shape)
    else:
        e = np.exp(z if "not_shifted" in bugs else z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
    return p, float(-np.log(p[np.arange(len(y)), y]).mean())


def cases(rng: np.random.Generator) -> list[Case]:
    def reviews(n: int, d: int, c: int, scale: float, offset: float = 0.0) -> tuple[Value, ...]:
        X, W = rng.normal(size=(n, d)), scale * rng.normal(size=(d, c))
        return X, W, offset + rng.normal(size=c), rng.integers(0, c, size=n)

    return [
        Case("two reviews, three topics", reviews(2, 3, 3, 1.0)),
        Case("one review alone", reviews(1, 4, 3, 1.0)),
        Case("as many reviews as topics", reviews(4, 3, 4, 1.0)),
        Case("large logits", reviews(5, 4, 3, 10.0, 1000.0)),
    ]


BUGS = frozenset({"over_the_batch"})


def symptom() -> str:
    rng = np.random.default_rng(5)
    X, W, b, y = rng.normal(size=(64, 8)), rng.normal(size=(8, 4)), np.zeros(4), rng.integers(0, 4, size=64)
    alone = reference(X[:1], W, b, y[:1], BUGS)[0][0]
    among = reference(X, W, b, y, BUGS)[0][0]
    shown = [", ".join(f"{p:.3f}" for p in each) for each in (alone, among)]
    loss = reference(X, W, b, y, BUGS)[1]
    return (
        f"The service sends one review at a time and gets the probabilities `{shown[0]}` for its four topics, "
        f"whatever the review. In a batch of 64 the same review gets `{shown[1]}`, and the loss of that batch is "
        f"{loss:.2f}, where a uniform guess would cost {np.log(4):.2f}. Unit tests on shapes pass."
    )


EXERCISE = Exercise(
    slug="debug_review_topics",
    title="Debugging: every topic is certain",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0, 0.0], [0.0, 2.0]]),
        np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
        np.zeros(3),
        np.array([0, 1]),
    ),
    wrong=(
        Wrong(
            "over_the_batch",
            "The softmax still runs down the batch: the probabilities of one topic over all reviews sum to 1, and a "
            "review alone gets 1.0 for every topic. Each review is one distribution, so both the maximum and the sum "
            "belong to axis 1, with `keepdims=True` so that they broadcast back.",
            "What do the probabilities of one review sum to, and over which axis did you ask?",
            UNDONE,
        ),
        Wrong(
            "over_everything",
            "The sum runs over the whole array, so the probabilities of all reviews together sum to 1. A batch of 64 "
            "then gives each review about a sixty-fourth. Within a row the order of the topics is right, so the "
            "accuracy hides it; the loss, too high by about log n, does not.",
            "How does the probability of one review change when you double the batch?",
        ),
        Wrong(
            "shifted_per_topic",
            "The sum is over topics now, but the maximum that is subtracted is still the one of each topic over the "
            "batch. Softmax allows a shift only if it is the same for all entries of one row; here each topic is "
            "shifted by another amount, which changes the distribution and lets large logits underflow.",
            "Softmax does not change under a shift. Under which shift, exactly?",
        ),
        Wrong(
            "not_shifted",
            "The sums are over the topics now, but the shift by the maximum has gone with the fault. A logit above "
            "about 709 overflows, and inf / inf is nan. Subtract each review's largest logit; nothing else changes.",
            "All logits of one review are near 1000. What are its exponentials, and what do you divide by what?",
            EDGE,
        ),
        Wrong(
            "transposed_back_wrongly",
            "Each row is divided by the sums of other rows: a vector of n sums was lined up with the topics. NumPy "
            "broadcasts the trailing axis, so with as many reviews as topics nothing complains. `keepdims=True` keeps "
            "the sums in a column.",
            "What shape does your sum have, and along which axis does NumPy line it up with the logits?",
        ),
    ),
    invariants=(
        Invariant(
            "the probabilities of each review sum to 1",
            lambda args, out: np.allclose(np.sum(out[0], axis=1), 1, atol=1e-5),
            "a review's probabilities are one distribution over its topics",
        ),
    ),
    hints=(
        (
            "Compare the answer for one review alone with its answer in a batch. Which numbers may depend on its "
            "neighbours?"
        ),
        "Print `probabilities.sum(axis=0)` and `probabilities.sum(axis=1)`.",
        "Two reductions, the maximum and the sum, have to run over the topics and come back as a column.",
    ),
    follow_ups=(
        "Which single assertion in the code would have caught this?",
        "Would training with this softmax still lower the loss? What would it learn?",
        "With inputs of shape (batch, time, topics), how do you write the axis so that it cannot be wrong?",
    ),
    complexity="O(n·d·c) time.",
    source="Goodfellow, Bengio, Courville: Deep Learning, 6.2.2.3 and 4.1",
    banned=("softmax", "log_softmax", "cross_entropy"),
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            ("z.max(axis=0)", "z.max(axis=1, keepdims=True)"),
            ("e.sum(axis=0)", "e.sum(axis=1, keepdims=True)"),
        ),
        symptom=symptom,
    ),
    minutes=8,
)
