"""What follows from one message: what it is, what it is worth, what happens next, and the words for that.

Nothing here reads or writes the store; the same message in the same state gives the same turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from interviewer.events import AnyEvent, Asked, Ended, MessageKind, Move, Understood
from interviewer.model.ledger import start_collecting
from interviewer.policy import decide
from interviewer.scoring.assessment import Assessor
from interviewer.scoring.background import Opinion
from interviewer.speaking import Emit, Speaker, notice
from interviewer.state import State, replay
from interviewer.voice import Voice
from knowledge.errors import ModelError
from knowledge.library import Library
from knowledge.models import Passage

_END: dict[str, Literal["finished", "stopped", "out_of_time", "out_of_answers"]] = {
    "finished": "finished",
    "stopped": "stopped",
    "out_of_time": "out_of_time",
}

Find: TypeAlias = Callable[[State, Move], Awaitable[Sequence[Passage]]]
"""Passages that the words of a move may rest on; never raises."""

Facts: TypeAlias = Callable[[State], Awaitable[Sequence[str]]]
"""Ids of the scenario facts that the pending message asks for."""

History: TypeAlias = list[AnyEvent]


class Equipment(NamedTuple):
    """What an interview is held with. It keeps it to its end, whatever rubric or judge is promoted meanwhile."""

    library: Library
    speaker: Speaker
    assessor: Assessor
    opinion: Opinion | None = None
    """Judges finished questions once more, behind the next ones."""
    versions: Mapping[str, str] = {}
    """What is noted at the beginning of an interview, so that it can be gone on with under the same."""


Equip: TypeAlias = Callable[[Mapping[str, str] | None], Equipment]
"""The equipment of an interview that began with these versions; with None, of one that begins now."""


class Turn(NamedTuple):
    """One turn that is not stored yet.

    Attributes:
        found: what was understood, judged and run, and the calls made.
        after: the state after the message was judged, before anything was said to it.
        said: the interviewer's words, and the end of the interview if it is that.
    """

    found: History
    after: State
    said: History

    @property
    def finishes_question(self) -> bool:
        """Whether the question that was under way is over with it."""
        return isinstance(self.said[0], Asked) and self.said[0].move.kind in {"question", "wrap"}


class _Considered(NamedTuple):
    """What follows from a message: its events, the state after them, the move, and what its words may rest on."""

    new: History
    after: State
    move: Move
    passages: Sequence[Passage]


class Answering:
    """Answers the pending message of a state."""

    def __init__(self, find: Find, facts: Facts) -> None:
        self._find = find
        self._facts = facts

    async def __call__(self, held_with: Equipment, state: State, emit: Emit) -> Turn:
        """Return the turn; the words are emitted as they come, the events are not."""
        calls = start_collecting()
        speaker = held_with.speaker
        voice, told = speaker.voice(state.setup)
        try:
            new, after, move, passages = await self._understand(held_with, voice, state)
        except ModelError as error:
            voice, told = speaker.offline, notice(error)
            new, after, move, passages = await self._understand(held_with, voice, state)
        said: History = [await speaker.say(voice, after, move, passages, emit, told)]
        if move.kind == "wrap":
            said.append(Ended(reason=_END.get(move.reason, "finished")))
        return Turn([*new, *calls], after, said)

    async def _understand(self, held_with: Equipment, voice: Voice, state: State) -> _Considered:
        """Find out what the pending message is, and what follows from it.

        While a model looks at the message, everything is prepared for what the rules take it for: seldom in vain.
        """
        pending = state.pending
        assert pending is not None
        if pending.kind == "code":
            return await self._consider(held_with, state, pending.kind, voice)
        if voice is held_with.speaker.offline:
            return await self._consider(held_with, state, await voice.understand(state, pending.text), voice)
        guess = asyncio.create_task(self._consider(held_with, state, pending.kind, voice))
        try:
            kind = await voice.understand(state, pending.text)
            return await (guess if kind == pending.kind else self._consider(held_with, state, kind, voice))
        finally:
            guess.cancel()

    async def _consider(self, held_with: Equipment, state: State, kind: MessageKind, voice: Voice) -> _Considered:
        """Judge the pending message as of this kind, decide, and find what the words may rest on."""
        assert state.pending is not None
        new: History = [] if kind == state.pending.kind else [Understood(kind=kind, voice=voice.name)]
        after = replay(new, state)
        new += await held_with.assessor.assess(after)
        facts = await self._facts(after) if kind == "clarifying_question" else ()
        after = replay(new, state)
        move = decide(after, held_with.library, facts)
        return _Considered(new, after, move, await self._find(after, move))
