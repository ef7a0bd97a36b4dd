"""Token states of many texts: short ones through sentence-transformers, long ones through our own windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.minilm import MiniLM
from knowledge.bulk_encoder import BulkEncoder
from knowledge.encoder import TokenStates
from knowledge.word_pieces import LONGEST_TEXT, tokenize


class BulkStates:
    """The encoder of `MiniLM`, faster for many texts; the states agree to 1e-5."""

    def __init__(self, encoder: MiniLM) -> None:
        self._own = encoder
        self._bulk = BulkEncoder()
        self.name = encoder.name
        self.dimensions = encoder.dimensions

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(n, dimensions)` float32, every row of length 1."""
        return self._bulk.encode(texts)

    def token_states(self, texts: Sequence[str]) -> list[TokenStates]:
        """Return the states of every word piece, however long the text is."""
        pieces = [tokenize(text) for text in texts]
        short = [i for i, (tokens, _) in enumerate(pieces) if 0 < len(tokens) <= LONGEST_TEXT]
        vectors = dict(zip(short, self._bulk.token_vectors([texts[i] for i in short]), strict=True)) if short else {}
        rest = [i for i in range(len(texts)) if i not in vectors]
        own = dict(zip(rest, self._own.token_states([texts[i] for i in rest]), strict=True)) if rest else {}
        return [
            TokenStates(pieces[i][0], np.array(pieces[i][1], np.int64).reshape(-1, 2), vectors[i])
            if i in vectors
            else own[i]
            for i in range(len(texts))
        ]
