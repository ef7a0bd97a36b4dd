"""A language model that reads and writes one character at a time, with an LSTM for its memory.

Source: Graves 2013, Generating sequences with recurrent neural networks, arXiv:1308.0850; top-k, Fan et al. 2018,
arXiv:1805.04833; top-p (nucleus), Holtzman et al. 2020, arXiv:1904.09751.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluators.reference import operations as ops
from evaluators.reference.arrays import Array
from evaluators.reference.optimisers import Adam
from evaluators.reference.recurrent import lstm_step
from evaluators.reference.softmax import softmax
from evaluators.reference.training import train_step
from evaluators.reference.transformer import Parameters


class CharacterModel:
    """Learns which character follows from those before."""

    def __init__(self, text: str, width: int = 32, hidden: int = 128, seed: int = 0) -> None:
        self.draws = np.random.default_rng(seed)
        self.characters = sorted(set(text))
        self._number = {character: index for index, character in enumerate(self.characters)}
        size, spread = len(self.characters), 1.0 / np.sqrt(hidden)
        shapes = {"table": (size, width), "wx": (width, 4 * hidden), "wh": (hidden, 4 * hidden), "out": (hidden, size)}
        self.parameters: dict[str, Array] = {
            name: self.draws.uniform(-spread, spread, shape).astype(np.float32) for name, shape in shapes.items()
        }
        self.parameters["bias"] = np.zeros(4 * hidden, np.float32)
        self.parameters["bias"][hidden : 2 * hidden] = 1.0  # remember at first: Jozefowicz et al. 2015
        self.parameters["offset"] = np.zeros(size, np.float32)
        self._optimiser = Adam(list(self.parameters.values()), rate=5e-3)

    def numbers(self, text: str) -> Array:
        """Return the characters' numbers; those never seen are left out."""
        return np.array([self._number[character] for character in text if character in self._number], np.int64)

    def logits(self, parameters: Parameters, ids: Array) -> Any:
        """Return the scores `(b, t, characters)` of what comes after each place of `(b, t)` ids."""
        states = ops.lstm(
            ops.embedding(parameters["table"], ids), parameters["wx"], parameters["wh"], parameters["bias"]
        )
        return ops.linear(states, parameters["out"], parameters["offset"])

    def train(self, text: str, steps: int, batch: int = 32, time: int = 48) -> list[float]:
        """Return the loss of every step on random pieces of the text."""
        ids = self.numbers(text)
        losses = []
        for _ in range(steps):
            starts = self.draws.integers(0, len(ids) - time - 1, batch)
            pieces = ids[starts[:, None] + np.arange(time + 1)]  # (b, t + 1)
            losses.append(train_step(self.parameters, self._optimiser, self._loss_on(pieces), longest=1.0))
        return losses

    def perplexity(self, text: str, time: int = 64) -> float:
        """Return `e^(mean negative log-likelihood)`: between how many equally likely characters the model wavers."""
        ids = self.numbers(text)
        rows = ids[: (len(ids) - 1) // time * time]
        pieces = np.column_stack([rows.reshape(-1, time), ids[time : len(rows) + 1 : time]])  # (b, t + 1)
        return float(np.exp(self._loss_on(pieces)(self.parameters)))

    def sample(self, prompt: str, length: int, temperature: float = 1.0, seed: int = 0) -> str:
        """Return the prompt and what the model writes after it."""
        draws = np.random.default_rng(seed)
        p = self.parameters
        state = cell = np.zeros((1, len(p["wh"])), np.float32)
        written = list(prompt)
        for place in range(len(prompt) + length - 1):
            number = self._number.get(written[place], 0)
            state, cell, _ = lstm_step(p["table"][[number]] @ p["wx"] + state @ p["wh"] + p["bias"], cell)
            if place >= len(prompt) - 1:
                scores = (state @ p["out"] + p["offset"])[0]
                written.append(self.characters[sample_index(scores, temperature, float(draws.random()))])
        return "".join(written)

    def _loss_on(self, pieces: Array) -> Any:
        return lambda parameters: ops.cross_entropy(self.logits(parameters, pieces[:, :-1]), pieces[:, 1:])


def sample_index(scores: Array, temperature: float, draw: float) -> int:
    """Return the index in whose share of the unit interval `draw` falls; low temperatures favour the best."""
    shares = np.cumsum(softmax(np.asarray(scores, np.float64) / temperature))
    return min(int(np.searchsorted(shares, draw, side="right")), len(shares) - 1)


def top_k_top_p(scores: Array, k: int, p: float) -> Array:
    """Return probabilities with all but the `k` best at zero, cut further to the fewest that reach `p` together."""
    order = np.argsort(-scores, kind="stable")[:k]
    shares = softmax(scores[order])
    kept = order[: int(np.searchsorted(np.cumsum(shares), p - 1e-12)) + 1]  # the one that crosses p stays
    out = np.zeros(len(scores))
    out[kept] = softmax(scores[kept])
    return out
