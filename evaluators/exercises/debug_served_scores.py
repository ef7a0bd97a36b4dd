"""Debugging: a served model whose answers change. Source: Ioffe and Szegedy 2015, arXiv:1502.03167."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
A small network, batch normalisation and dropout before a linear output, is fed a few batches so that its running
statistics settle, and then serves requests. Find out why its scores cannot be trusted, and hand in the corrected
function. It may hold more than one fault.

- `batches` is a list of arrays `(m, d)`; `requests` is `(n, d)`; `weights` is `(d,)`
- while it learns, the network normalises by the batch, `(x - mean) / sqrt(var + 1e-5)` with the variance of the
  population, and moves its running mean and variance by `running = 0.9·running + 0.1·batch`; they start at 0 and 1
- inverted dropout with rate `p` drops where `u < p`; `u` is `(n, d)` and given, so that the answer is deterministic
- a served score may depend on nothing but its own row and what was learnt

Return the scores of the requests, shape `(n,)`.
"""

CODE = '''
import numpy as np


class Network:
    def __init__(self, weights: np.ndarray, p: float) -> None:
        self.weights, self.p, self.training = weights, p, True
        self.mean, self.variance = np.zeros(len(weights)), np.ones(len(weights))

    def normalise(self, x: np.ndarray) -> np.ndarray:
        if not self.training:
            return (x - self.mean) / np.sqrt(self.variance + 1e-5)
        mean, variance = x.mean(axis=0), x.var(axis=0)
        self.mean = 0.9 * self.mean + 0.1 * mean
        self.variance = 0.9 * self.variance + 0.1 * variance
        return (x - mean) / np.sqrt(variance + 1e-5)

    def drop(self, x: np.ndarray, u: np.ndarray) -> np.ndarray:
        return x * (u >= self.p) / (1 - self.p) if self.training else x


def debug_served_scores(batches: list[np.ndarray], requests: np.ndarray, weights: np.ndarray, u: np.ndarray, p: float) -> np.ndarray:
    """Let the running statistics settle, then score the requests."""
    network = Network(weights, p)
    for batch in batches:
        network.normalise(batch)
    hidden = network.drop(network.normalise(requests), u)
    return hidden @ network.weights
'''  # noqa: E501


def reference(batches: list[Array], requests: Array, weights: Array, u: Array, p: float, bugs: Bugs = NO_BUGS) -> Array:
    mean, variance = np.zeros(len(weights)), np.ones(len(weights))
    for batch in [] if "evaluated_from_the_start" in bugs else batches:
        mean = 0.9 * mean + 0.1 * batch.mean(axis=0)
        variance = 0.9 * variance + 0.1 * batch.var(axis=0)
    if "requests_learnt" in bugs:
        mean = 0.9 * mean + 0.1 * requests.mean(axis=0)
        variance = 0.9 * variance + 0.1 * requests.var(axis=0)
    if "batch_statistics" in bugs:
        mean, variance = requests.mean(axis=0), requests.var(axis=0)
    hidden = (requests - mean) / np.sqrt(variance + 1e-5)  # (n, d)
    if "dropout_on" in bugs:
        hidden = hidden * (u >= p) / (1 - p)
    if "scaled_at_inference" in bugs:
        hidden = hidden * (1 - p)
    out: Array = hidden @ weights
    return out


def service(rng: np.random.Generator, count: int, n: int, d: int) -> tuple[list[Array], Array, Array, Array, float]:
    place, spread = 3 * rng.normal(size=d), rng.uniform(1.5, 3.0, size=d)
    batches = [place + spread * rng.normal(size=(8, d)) for _ in range(count)]
    u = rng.uniform(size=(n, d))
    u[0, 0] = 0.1  # something is dropped whatever the rest
    return batches, place + spread * rng.normal(size=(n, d)), rng.normal(size=d) + 1, u, 0.3


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("three requests, two features", service(rng, 3, 3, 2)),
        Case("one request alone", service(rng, 4, 1, 3)),
        Case("ten batches, five requests", service(rng, 10, 5, 4)),
    ]


BUGS = frozenset({"batch_statistics", "dropout_on"})


def symptom() -> str:
    rng = np.random.default_rng(2)
    batches, requests, weights, _, p = service(rng, 40, 6, 5)
    again = [reference(batches, requests, weights, rng.uniform(size=requests.shape), p, BUGS)[0] for _ in range(4)]
    alone = [reference(batches, requests[i : i + 1], weights, np.ones((1, 5)), p, BUGS)[0] for i in range(3)]
    return (
        f"The same request, sent four times in the same batch of six, scores `{', '.join(f'{s:.2f}' for s in again)}`. "
        f"Sent alone, three different requests score `{', '.join(f'{abs(s):.2f}' for s in alone)}`."
    )


EXERCISE = Exercise(
    slug="debug_served_scores",
    title="Debugging: the same request, another score",
    topic="debugging",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        [np.array([[1.0, 4.0], [3.0, 8.0]]), np.array([[2.0, 6.0], [4.0, 2.0]])],
        np.array([[2.0, 5.0], [1.0, 7.0]]),
        np.array([1.0, -0.5]),
        np.array([[0.2, 0.9], [0.7, 0.1]]),
        0.5,
    ),
    wrong=(
        Wrong(
            "batch_statistics",
            "The requests are still normalised by their own batch. A score then depends on who else is asking, and a "
            "request alone, minus its own mean, becomes zero in every feature. The running statistics were collected "
            "for this moment: switch the normalisation to evaluation before serving.",
            "A request arrives alone. What is its mean over the batch, and what is left after normalising?",
        ),
        Wrong(
            "dropout_on",
            "Dropout is still active while the model serves, so each call loses other units and the same request gets "
            "another score every time. Inverted dropout has already scaled the survivors in training, so at inference "
            "it has to be the identity.",
            "Two identical requests differ in their scores. Which part of the network is allowed to be random now?",
            TERM,
        ),
        Wrong(
            "evaluated_from_the_start",
            "The network is put into evaluation before it has seen the batches, so the running mean stays at 0 and "
            "the variance at 1: nothing has been learnt, and the requests pass unnormalised. Serve in evaluation, but "
            "learn in training; the switch belongs between the two.",
            "Print the running mean after the loop over the batches. Has it moved?",
        ),
        Wrong(
            "requests_learnt",
            "The requests still move the running statistics before they are scored by them. The scores drift with the "
            "traffic, and the answer to a request depends on those that came with it. In evaluation nothing may be "
            "updated.",
            "You send the same batch a hundred times. Are the last scores those of the first?",
            TERM,
        ),
        Wrong(
            "scaled_at_inference",
            "The scores come out (1 - p) times too small: dropout is off, and its compensation was added at "
            "inference. That belongs to the older form, which leaves the survivors unscaled in training. Here they "
            "were divided by 1 - p already.",
            "With inverted dropout, what is the expected value of a unit in training, and at inference?",
            TERM,
        ),
    ),
    hints=(
        "Send one request alone and print what leaves each layer.",
        "Two layers behave differently in training and in service. Which attribute tells them, and who sets it?",
        "One assignment is missing, between the loop over the batches and the requests.",
    ),
    follow_ups=(
        "An offline evaluation in large batches looked nearly fine. Why?",
        (
            "Monte-Carlo dropout leaves dropout on at inference on purpose. What does it buy, and what about the batch "
            "norm?"
        ),
        "Does `torch.no_grad()` do the same as `model.eval()`? What does each change?",
        "When is it right to fine-tune with the batch norm in evaluation?",
    ),
    complexity="O((batches·m + n)·d) time.",
    source="Ioffe, Szegedy 2015, arXiv:1502.03167, algorithm 2; Srivastava et al. 2014, JMLR 15",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            (
                "    hidden = network.drop(network.normalise(requests), u)",
                "    network.training = False\n    hidden = network.drop(network.normalise(requests), u)",
            ),
        ),
        symptom=symptom,
    ),
    minutes=10,
)
