"""What retrieval and scoring need of a sentence encoder; who implements it is decided by the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class TokenStates(NamedTuple):
    """The word pieces of one text, where they stand in it, and what the encoder made of each in its context.

    Attributes:
        tokens: the word pieces, without [CLS], [SEP] and padding.
        offsets: `(t, 2)` character spans: `text[start:end]` is the piece as it was written.
        states: `(t, 384)` float32, every row of length 1.
    """

    tokens: list[str]
    offsets: NDArray[np.int64]
    states: NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how near their meanings are."""

    @property
    def name(self) -> str:
        """The model; vectors of encoders with different names cannot be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(n, dimensions)` float32, every row of length 1, in the order of the texts."""
        ...


class TokenEncoder(Encoder, Protocol):
    """An encoder that also shows the states of single tokens, for evidence that points at words."""

    def token_states(self, texts: Sequence[str]) -> list[TokenStates]:
        """Return the states of every word piece of every text, however long the text is."""
        ...
