"""From a move to what the candidate reads: a voice's words, piece by piece, whatever happens to the voice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from interviewer.events import AnyEvent, Asked, Move, Setup
from interviewer.state import State
from interviewer.voice import Voice
from knowledge.errors import InterviewError, ModelError
from knowledge.library import Library
from knowledge.models import Frozen, Passage

_CITING = frozenset({"probe", "challenge", "hint"})
_STATING = frozenset({"question", "repeat"})

Statement: TypeAlias = Callable[[str], Awaitable[str]]
"""What a coding exercise asks for to the letter, by its slug: the words alone do not say shapes and names."""


class Delta(Frozen):
    """A piece of the interviewer's words, as it comes."""

    text: str


Item: TypeAlias = Delta | AnyEvent
Emit: TypeAlias = Callable[[Item], None]


def silent(item: Item) -> None:
    """Emit to nobody."""


class Speaker:
    """Lets the chosen voice speak, and the offline voice where that one fails."""

    def __init__(
        self, library: Library, choose: Callable[[Setup], Voice], offline: Voice, statement: Statement | None = None
    ) -> None:
        """`choose` returns the voice for a setup, or raises an InterviewError."""
        self._library = library
        self.choose = choose
        self._statement = statement
        self.offline = offline

    def voice(self, setup: Setup) -> tuple[Voice, str]:
        """Return the voice to speak with and, when it is not the one that was asked for, a notice that says so."""
        try:
            return self.choose(setup), ""
        except InterviewError as error:
            return self.offline, notice(error)

    async def say(
        self,
        voice: Voice,
        state: State,
        move: Move,
        passages: Sequence[Passage] = (),
        emit: Emit = silent,
        told: str = "",
    ) -> Asked:
        """Return what was said for `move`; `told` is a notice that the turn has earned already."""
        said: list[str] = []

        async def speak(speaker: Voice) -> None:
            async for piece in speaker.words(state, move, passages):
                said.append(piece)
                emit(Delta(text=piece))

        try:
            await speak(voice)
            if not "".join(said).strip():
                raise ModelError("The model answered with nothing.")
        except ModelError as error:
            if voice is self.offline:
                raise
            told, voice = notice(error), self.offline
            if said:
                said.append("\n\n")
                emit(Delta(text="\n\n"))
            await speak(voice)
        if statement := await self._statement_for(state, move):
            said.append(f"\n\n{statement}")
            emit(Delta(text=said[-1]))
        cited = next(iter(passages), None) if move.kind in _CITING else None
        return Asked(move=move, text="".join(said), voice=voice.name, citation=cited, notice=told)

    async def _statement_for(self, state: State, move: Move) -> str:
        """The statement of the exercise that is asked, or repeated before it is solved."""
        question = self._library.questions.get(move.question_id or "") if move.kind in _STATING else None
        if question is None or question.exercise is None or self._statement is None:
            return ""
        if move.kind == "repeat" and state.current and any(verdict.passed for verdict in state.current.verdicts):
            return ""
        return await self._statement(question.exercise)


def notice(error: InterviewError) -> str:
    """Return the one line that the candidate reads when a model failed."""
    return f"The language model failed: {error.message.rstrip('.')}; the offline voice speaks for this turn."
