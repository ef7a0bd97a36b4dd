"""What a voice is: it understands what a message is, and finds the words for a move that the policy has made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from interviewer.events import MessageKind, Move
from interviewer.state import State
from knowledge.models import Passage


class Voice(Protocol):
    """The offline voice and the language model are both of this shape; neither decides what happens next.

    Both methods may raise `ModelError`; the engine then lets the offline voice speak for that turn and says so.
    """

    @property
    def name(self) -> str:
        """offline, or llm:MODEL; kept with everything it says."""
        ...

    async def understand(self, state: State, text: str) -> MessageKind:
        """Return what kind of message `text` is at this point of the interview."""
        ...

    def words(self, state: State, move: Move, passages: Sequence[Passage]) -> AsyncIterator[str]:
        """Yield the words for `move` in pieces, as they come.

        Args:
            state: the interview before the move.
            move: what the policy decided.
            passages: what the words may rest on, best first; often empty.
        """
        ...
