"""Whether words stand in an order that people use: a shuffled list of the right keywords is not an answer.

Two views are put together. Word classes (function words as themselves, other words by their ending) have a bigram
model; a text's own order is compared with random orders of the same words, so that neither its length nor its
vocabulary counts. And the encoder's states of neighbouring words are nearer to each other in prose than in a shuffle.

The counts and the seven weights are in `word_order.json` with where they come from; `word_order_training.py` makes it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.text.alignment import Reading
from evaluators.text.language import FUNCTION_WORDS

READ = 160  # words: enough to tell, and the same work for an answer of any length
FEWEST = 5  # words: below, any order may be an answer
ORDERS = 48
EXPECTED, NEVER = 20, 0.02  # a pair that chance would make 20 times and that is there at most once in fifty of those
_ENDINGS = ("ing", "ed", "ly", "tion", "ions", "ment", "ity", "ive", "able", "ous", "al", "er", "es")
_EDGE = "|"
_SENTENCE_END = re.compile(r"[.!?;:]+(?:\s|$)|\n")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:\.\d+)?|[.!?;:\n]+")


@lru_cache(maxsize=65_536)
def word_class(word: str) -> str:
    """Return the class of a lower-case word: itself if it is a function word, else its ending."""
    if word in FUNCTION_WORDS:
        return word
    if not word[0].isalpha():
        return "#" if word[0].isdigit() else _EDGE
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return "-" + ending
    return "-s" if word.endswith("s") and not word.endswith("ss") else "-"


def classes(text: str) -> list[str]:
    """Return the classes of the first 160 words, sentence ends as `|`."""
    found = [word_class(match[0].lower()) for match in _TOKEN.finditer(text[: READ * 20])]
    return found[:READ]


@dataclass(frozen=True, slots=True)
class Model:
    """The bigram table as log probabilities `(classes, classes)`, and the weights of the decision.

    `impossible` holds the pairs of classes that chance would put side by side often and people (almost) never do.
    """

    index: dict[str, int]
    impossible: frozenset[tuple[str, str]]
    table: NDArray[np.float64]
    means: NDArray[np.float64]
    scales: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float


def model_of(bigrams: dict[str, dict[str, int]], decision: dict[str, list[float]], bias: float) -> Model:
    """Return the model of counted bigrams; unseen ones are estimated from how common each class is."""
    names = sorted(set(bigrams) | {second for row in bigrams.values() for second in row} | {_EDGE, "-"})
    index = {name: position for position, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for first, row in bigrams.items():
        for second, count in row.items():
            counts[index[first], index[second]] = count
    single = (counts.sum(axis=0) + 1) / (counts.sum() + len(names))
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(1.0, counts.sum())
    never = np.argwhere((chance >= EXPECTED) & (counts <= NEVER * chance))
    table = np.log((counts + 20 * single) / (counts.sum(axis=1, keepdims=True) + 20))
    means, scales, weights = (np.array(decision.get(name, [])) for name in ("means", "scales", "weights"))
    impossible = frozenset((names[first], names[second]) for first, second in never)
    return Model(index, impossible, table, means, scales, weights, bias)


@lru_cache(maxsize=1)
def shipped() -> Model:
    """Return the model that comes with the package."""
    data = json.loads((Path(__file__).parent / "word_order.json").read_text(encoding="utf-8"))
    return model_of(data["bigrams"], data["decision"], data["bias"])


def jolts(text: str) -> int:
    """Return how often two words stand side by side that nobody puts there, such as "the the" or "of is"."""
    impossible = shipped().impossible
    count = 0
    for sentence in _SENTENCE_END.split(text[: READ * 20]):
        line = [name for name in classes(sentence) if name != _EDGE]
        if len(line) >= 2:
            count += sum(pair in impossible for pair in pairwise([_EDGE, *line, _EDGE]))
    return count


def surprise(model: Model, text: str) -> float:
    """Return by how many standard deviations the order of the words beats random orders of them."""
    unknown = model.index["-"]
    line = [model.index.get(name, unknown) for name in classes(text) if name != _EDGE]
    if len(line) < FEWEST:
        return 4.0
    random = np.random.default_rng(len(line))
    orders = np.vstack([line, random.permuted(np.tile(line, (ORDERS, 1)), axis=1)])
    edges = np.full((len(orders), 1), model.index[_EDGE])
    lines = np.hstack([edges, orders, edges])
    likelihood = model.table[lines[:, :-1], lines[:, 1:]].sum(axis=1)
    return float((likelihood[0] - likelihood[1:].mean()) / (likelihood[1:].std() + 0.1))


def features(model: Model, text: str, reading: Reading) -> NDArray[np.float64]:
    """Return the seven numbers that the decision is made from."""
    beside, next_but_one, anyway = reading.flow
    function = 1.0 - len(reading.words) / max(1, len(reading.pieces))
    return np.array(
        [
            float(np.clip(surprise(model, text), -3.0, 8.0)),
            beside,
            beside - anyway,
            next_but_one - anyway,
            anyway,
            function,
            float(np.log(max(1, len(reading.pieces)))),
        ]
    )


def naturalness(text: str, reading: Reading) -> float:
    """Return how natural the order of the words is: the log odds of prose against a shuffled list, 0 is even."""
    if len(reading.pieces) < FEWEST:
        return 4.0
    model = shipped()
    values = (features(model, text, reading) - model.means) / model.scales
    return float(values @ model.weights + model.bias)
