"""Sampling with a temperature. Source: Ackley, Hinton and Sejnowski, Cognitive Science 9 (1985)."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Value,
    Wrong,
)

TASK = """
Draw the next character of several texts from a language model's logits, with a temperature. The random numbers
are given.

- `logits` is `(n, v)`: one row per text; `temperature > 0`; `u` is `(n,)`, uniform in [0, 1)
- the probabilities are the softmax of `logits / temperature`
- text `i` gets the smallest index whose cumulative probability exceeds `u[i]`

Return the indices, integers of shape `(n,)`.
"""


def reference(logits: Array, temperature: float, u: Array, bugs: Bugs = NO_BUGS) -> Array:
    if "argmax" in bugs:
        return logits.argmax(axis=1)
    scaled = logits * temperature if "multiplied" in bugs else logits / temperature
    if "temperature_ignored" in bugs or "not_renormalised" in bugs:
        scaled = logits
    p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)  # (n, v)
    if "not_renormalised" in bugs:
        p = p ** (1 / temperature)
    exceeded = np.cumsum(p, axis=1) > u[:, None]
    return np.where(exceeded.any(axis=1), exceeded.argmax(axis=1), logits.shape[1] - 1)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, v: int, temperature: float) -> tuple[Value, ...]:
        return 2 * rng.normal(size=(n, v)), temperature, rng.uniform(size=n)

    return [
        Case("three texts", draw(3, 4, 0.5)),
        Case("a low temperature", draw(120, 12, 0.4)),
        Case("a high temperature", draw(120, 12, 2.5)),
    ]


EXERCISE = Exercise(
    slug="sample_characters",
    title="Sampling with a temperature",
    topic="sequence models",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), 0.5, np.array([0.9, 0.4])),
    wrong=(
        Wrong(
            "multiplied",
            "The logits are multiplied by the temperature. Then a high temperature sharpens and a low one "
            "flattens, the reverse of what everyone expects of the knob. Divide: at a temperature near zero "
            "only the largest logit survives.",
            "As the temperature goes to zero, what should the samples look like, and what do yours do?",
            TERM,
        ),
        Wrong(
            "not_renormalised",
            "The temperature is applied to the probabilities, and they are not normalised again. Their sum is "
            "then no longer 1: at low temperatures u often exceeds all of it and the last character is drawn "
            "far too often, at high ones the tail is never reached.",
            "What do your probabilities sum to at temperature 0.5?",
            TERM,
        ),
        Wrong(
            "argmax",
            "The most probable character is always taken; u and the temperature do nothing. Text then runs "
            "into loops, and every sample is the same. Invert the cumulative distribution at u.",
            "Draw twice with different u. Do you ever get different characters?",
        ),
        Wrong(
            "temperature_ignored",
            "The temperature does not change the probabilities: this is plain sampling. Check that the scaled "
            "logits, not the original ones, enter the softmax.",
            "Compare the samples at temperature 0.1 and 10. Is there any difference?",
        ),
    ),
    hints=(
        "Three steps: scale, softmax, invert the cumulative sum.",
        ("The first index at which the cumulative sum exceeds u: `argmax` of a boolean array finds it."),
        ("Round-off can leave the last cumulative sum just below 1. Which index do you take then?"),
    ),
    follow_ups=(
        "What do the limits 0 and infinity give?",
        "How do top-k and nucleus sampling change the distribution, and in which order do you apply them?",
        "How would you sample with the Gumbel trick, and why is it handy on a GPU?",
    ),
    complexity="O(n·v).",
    source="Ackley, Hinton, Sejnowski 1985",
    banned=("choice", "multinomial", "Categorical"),
    minutes=10,
)
