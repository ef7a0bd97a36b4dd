"""Debugging: a language model that is never surprised. Source: Jurafsky and Martin, SLP, chapter 3."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, UNDONE, Array, Broken, Bugs, Case, Exercise, Invariant, Wrong

TASK = """
A bigram model learns from documents which token follows which. Its perplexity on text that it has not seen is too good
to be true. Find the fault and hand in the corrected function.

- `train` and `test` are lists of arrays of token ids in `0..v-1`, one array a document, each of two tokens or more
- the model predicts each token of a document from the one before it; the first of a document is not predicted, and
  nothing is predicted across documents
- `P[a, b] = (count of b after a + alpha) / (count of a followed by anything + alpha·v)`
- the perplexity is `exp` of the mean of `-log P` over all predictions of the test documents together

Return `(P, perplexity)`, `P` of shape `(v, v)`.
"""

CODE = '''
import numpy as np


def pairs(documents: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What the model sees, and what it has to say."""
    inputs = np.concatenate([document[:-1] for document in documents])
    targets = np.concatenate([document[:-1] for document in documents])
    return inputs, targets


def debug_bigram_perplexity(train: list[np.ndarray], test: list[np.ndarray], v: int, alpha: float) -> tuple[np.ndarray, float]:
    """Count bigrams in the training documents; perplexity of the test documents."""
    counts = np.full((v, v), alpha)
    np.add.at(counts, pairs(train), 1)
    P = counts / counts.sum(axis=1, keepdims=True)
    inputs, targets = pairs(test)
    perplexity = float(np.exp(-np.log(P[inputs, targets]).mean()))
    return P, perplexity
'''  # noqa: E501


def reference(train: list[Array], test: list[Array], v: int, alpha: float, bugs: Bugs = NO_BUGS) -> tuple[Array, float]:
    counts = np.full((v, v), alpha)
    np.add.at(counts, _pairs(train, bugs), 1)
    P = counts / counts.sum(axis=1, keepdims=True)
    inputs, targets = _pairs(test, bugs)
    return P, float(np.exp(-np.log(P[inputs, targets]).mean()))


def _pairs(documents: list[Array], bugs: Bugs) -> tuple[Array, Array]:
    if "across_documents" in bugs:
        documents = [np.concatenate(documents)]
    if "not_shifted" in bugs:
        shifted = [(document[:-1], document[:-1]) for document in documents]
    elif "shifted_backwards" in bugs:
        shifted = [(document[1:], document[:-1]) for document in documents]
    elif "wrapped_around" in bugs:
        shifted = [(document, np.roll(document, -1)) for document in documents]
    elif "shifted_by_two" in bugs:
        shifted = [(document[:-2], document[2:]) for document in documents]
    else:
        shifted = [(document[:-1], document[1:]) for document in documents]
    inputs, targets = zip(*shifted, strict=True)
    return np.concatenate(inputs), np.concatenate(targets)


def walks(rng: np.random.Generator, count: int, length: int, v: int) -> list[Array]:
    """Documents from a chain in which each token has a few likely successors, and some of another length."""
    chain = rng.dirichlet(np.full(v, 0.3), size=v)
    documents = []
    for index in range(count):
        tokens = [int(rng.integers(v))]
        for _ in range(length - 1 + index % 2):
            tokens.append(int(rng.choice(v, p=chain[tokens[-1]])))
        documents.append(np.array(tokens))
    return documents


def cases(rng: np.random.Generator) -> list[Case]:
    def texts(count: int, length: int, v: int) -> tuple[list[Array], list[Array]]:
        documents = walks(rng, 2 * count, length, v)
        return documents[:count], documents[count:]

    return [
        Case("two short documents", (*texts(2, 4, 4), 4, 1.0)),
        Case("three documents", (*texts(3, 9, 5), 5, 0.5)),
        Case("six documents", (*texts(6, 15, 7), 7, 0.1)),
    ]


BUGS = frozenset({"not_shifted"})


def symptom() -> str:
    rng = np.random.default_rng(9)
    documents = [rng.integers(0, 50, size=400) for _ in range(20)]
    P, perplexity = reference(documents[:10], documents[10:], 50, 0.01, BUGS)
    return (
        f"The perplexity on unseen documents is near 1. As a check, the documents were replaced by tokens "
        f"drawn at random from 50, where nothing under 50 is possible: {perplexity:.3f}. Text sampled from the "
        f"model repeats its first token for ever; the mean of the diagonal of P is {np.diag(P).mean():.4f}."
    )


EXERCISE = Exercise(
    slug="debug_bigram_perplexity",
    title="Debugging: a model that is never surprised",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=([np.array([0, 1, 2, 0, 1])], [np.array([0, 1, 0])], 3, 1.0),
    wrong=(
        Wrong(
            "not_shifted",
            "Inputs and targets are the same tokens: the model learns to repeat what it sees, and is right every "
            "time. The target of position i is the token at i + 1. A perplexity near 1, on random tokens too, is the "
            "sign of a target that is visible in the input.",
            "Print the first three pairs. What is the model asked to predict from what?",
            UNDONE,
        ),
        Wrong(
            "shifted_backwards",
            "The shift goes the wrong way: the model predicts the previous token from the next. The perplexity looks "
            "plausible, as a chain read backwards is about as predictable, and generation writes backwards. Inputs "
            "are all but the last, targets all but the first.",
            "From `[3, 7]` your model learns one pair. Which of the two is given, and which is predicted?",
        ),
        Wrong(
            "wrapped_around",
            "The shift wraps around: the last token of each document is trained to be followed by the first. Short "
            "documents suffer most, and every count has one pair too many for each document. `np.roll` moves in a "
            "circle; slicing does not.",
            "What is the target of the last token of a document in your version?",
            TERM,
        ),
        Wrong(
            "across_documents",
            "The documents are joined before they are shifted, so the first token of each is predicted from the last "
            "of another. With many short documents these false pairs are a good share of the counts. Shift within "
            "each document, then concatenate.",
            "How many predictions can a document of n tokens give, and how many do you have in all?",
            TERM,
        ),
        Wrong(
            "shifted_by_two",
            "The targets lie two positions ahead, as if the shift had been made twice: once in the data and once in "
            "the loss. Some libraries shift labels inside the model, and then the data must not. Look for the second "
            "shift.",
            "From `[3, 7, 5]`, which pairs does your version train on?",
        ),
    ),
    invariants=(
        Invariant(
            "each row of P sums to 1",
            lambda args, out: np.allclose(np.sum(out[0], axis=1), 1, atol=1e-5),
            "row a is the distribution over what follows a",
        ),
    ),
    hints=(
        "What perplexity do you expect on random tokens, and what do you get?",
        "Print inputs and targets of one short document next to each other.",
        "Of n tokens, n - 1 can be predicted. Which slice are the inputs, and which the targets?",
    ),
    follow_ups=(
        "The libraries for transformers shift inside the loss. How do you notice that it is shifted twice?",
        "Which sanity check on the first loss of a run would have caught this, before any training?",
        "When documents are packed into one sequence for training, what has to happen at the borders?",
    ),
    complexity="O(tokens + v²) time and O(v²) memory.",
    source="Jurafsky, Martin: Speech and Language Processing, 3rd edition, chapter 3",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(("targets = np.concatenate([document[:-1]", "targets = np.concatenate([document[1:]"),),
        symptom=symptom,
    ),
    minutes=8,
)
