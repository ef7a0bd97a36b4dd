"""One interview after another turn: store what was said, judge it, decide, find the words, store what was asked.

    answer → Answered → evaluate → Scored → decide → Move → words… → Asked

The candidate's message is stored before anything else is done with it. Everything after it is computed from the stored
events, so a turn that was cut off is finished by whoever opens the interview next, and comes out the same.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from interviewer import reporting
from interviewer.assessment import Assessor
from interviewer.background import Background, Opinion
from interviewer.events import (
    STOPPED,
    Answered,
    AnyEvent,
    Asked,
    Ended,
    MessageKind,
    Move,
    Resumed,
    Scored,
    Setup,
    Started,
    Understood,
)
from interviewer.hearing import quick_kind
from interviewer.ledger import start_collecting
from interviewer.plan import make_plan
from interviewer.policy import decide
from interviewer.report import Report
from interviewer.speaking import Delta, Emit, Item, Speaker, notice, silent
from interviewer.state import State, replay
from interviewer.store import Listed, Store, export
from interviewer.voice import Voice
from knowledge.errors import ConflictError, InputError, ModelError, TooLargeError
from knowledge.library import Library
from knowledge.models import Passage

__all__ = ["Delta", "Engine", "History", "Item"]

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
MOST_KEY_CHARACTERS = 255
_STATES_KEPT = 256
_STALE = timedelta(seconds=30)
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


class _Considered(NamedTuple):
    """What follows from a message: its events, the state after them, the move, and what its words may rest on."""

    new: History
    after: State
    move: Move
    passages: Sequence[Passage]


class Engine:
    """Runs interviews; every front door shares one. It keeps no state that the store does not have."""

    def __init__(
        self, store: Store, equip: Equip, *, find: Find, facts: Facts, reading: reporting.Reading | None = None
    ) -> None:
        """`equip` is asked again and again: it keeps what it has made."""
        self._store = store
        self._equip = equip
        self._find = find
        self._facts = facts
        self._reading = reading
        self._background = Background()
        self._turns: dict[str, asyncio.Task[None]] = {}
        self._states: OrderedDict[str, State] = OrderedDict()

    @property
    def library(self) -> Library:
        """The questions, rubrics and scenarios that interviews are made of now."""
        return self._equip(None).library

    @property
    def assessor(self) -> Assessor:
        """What judges answers now."""
        return self._equip(None).assessor

    async def create(self, setup: Setup) -> str:
        """Plan an interview, greet, ask the first question; return the interview's id.

        Raises:
            InputError: there is no question for this round.
            InterviewError: the engine that was asked for cannot be had.
        """
        # With engine=auto an interview begins offline where the model cannot be had; with engine=llm it does not begin.
        held_with = self._equip(None)
        library, speaker = held_with.library, held_with.speaker
        voice, told = speaker.voice(setup) if setup.engine == "auto" else (speaker.choose(setup), "")
        plan = make_plan(setup, library, setup.seed)
        if not plan:
            raise InputError(f"There is no question for the round {setup.round}.", "Choose another round.")
        events: History = [Started(setup=setup, plan=plan, versions=dict(held_with.versions))]
        calls = start_collecting()
        events.append(await speaker.say(voice, replay(events), Move(kind="greet", reason="opening"), told=told))
        state = replay(events)
        first = decide(state, library)
        events.append(await speaker.say(voice, state, first, await self._find(state, first)))
        return await self._store.create([events[0], *calls, *events[1:]])

    async def reply(
        self,
        interview_id: str,
        text: str,
        *,
        code: bool = False,
        seconds: float = 0.0,
        idempotency_key: str | None = None,
        after: int | None = None,
    ) -> AsyncIterator[Item]:
        """Yield the interviewer's words as they come, then the events of the turn.

        The turn runs to its end even when the caller stops listening.

        Args:
            interview_id: which interview.
            text: the candidate's message, at most 1 MB.
            code: whether it is code to be run.
            seconds: how long the candidate took; 0 when unknown.
            idempotency_key: a repeated message with the same key gets the first one's answer.
            after: the number of the last event that the candidate has seen.

        Raises:
            ConflictError: another message is being answered, or something was said after `after`, or it is over.
            TooLargeError: over 1 MB.
            NotFoundError: no such interview.
        """
        text = _readable(text)
        if idempotency_key is not None:
            _check_key(idempotency_key)
            seq = await self._store.seq_of_key(interview_id, idempotency_key)
            if seq is not None:
                async for item in self._again(interview_id, seq, text):
                    yield item
                return

        async def turn(emit: Emit) -> None:
            state = await self.state(interview_id)
            await self._may_reply(interview_id, state, after, emit)
            assert state.current is not None
            answered = Answered(
                question_id=state.current.question_id,
                text=text,
                kind="code" if code else quick_kind(state, text, self._equip(state.versions).library),
                seconds=seconds,
                idempotency_key=idempotency_key,
            )
            await self._store.append(interview_id, state.seq, [answered])
            await self._answer(interview_id, replay([answered], state), [answered], emit)

        async for item in self._run(interview_id, turn):
            yield item

    async def resume(self, interview_id: str) -> AsyncIterator[Item]:
        """Go on with an interview: take back a stop, and finish a turn that was cut off.

        Yields the turn; nothing when the last message was answered, or the interview came to its own end.
        """

        async def turn(emit: Emit) -> None:
            state = await self.state(interview_id)
            if state.ended in STOPPED:
                resumed = Resumed()
                await self._store.append(interview_id, state.seq, [resumed])
                emit(resumed)
                state = replay([resumed], state)
            if state.pending is not None and state.ended is None:
                await self._answer(interview_id, state, [state.pending], emit)

        async for item in self._run(interview_id, turn):
            yield item

    async def state(self, interview_id: str) -> State:
        """Return where the interview stands; reads only what is new since the last look."""
        known = self._states.get(interview_id)
        state = replay(await self._store.read(interview_id, after=known.seq if known else 0), known)
        self._states[interview_id] = state
        self._states.move_to_end(interview_id)
        while len(self._states) > _STATES_KEPT:
            self._states.popitem(last=False)
        return state

    async def events(self, interview_id: str) -> History:
        """Return everything that happened; the event at position 0 has number 1."""
        return await self._store.read(interview_id)

    async def report(self, interview_id: str) -> Report:
        """Return the scorecard as it stands, of an interview under way as well; waits for judgements under way."""
        await self._settle(interview_id)
        history = await self._store.read(interview_id)
        return await reporting.build_report(interview_id, history, self.library, self._reading)

    async def export(self, interview_id: str) -> dict[str, object]:
        """Return everything that is kept of the interview, as one JSON document."""
        return export(interview_id, await self._store.read(interview_id))

    async def end(
        self, interview_id: str, reason: Literal["finished", "stopped", "out_of_time", "out_of_answers"]
    ) -> None:
        """End the interview; nothing happens when it has ended already."""
        state = await self.state(interview_id)
        if state.ended is None:
            await self._store.append(interview_id, state.seq, [Ended(reason=reason)])
            self._judge_finished(interview_id, state)

    async def _settle(self, interview_id: str) -> None:
        """Store the judgements that are still under way, unless a turn will do so."""
        if interview_id in self._turns:
            return
        await self._background.wait(interview_id)
        if interview_id not in self._turns and (found := self._background.take(interview_id)):
            try:
                await self._store.append(interview_id, (await self.state(interview_id)).seq, found)
            except ConflictError:
                logger.info("a judgement of %s was lost: somebody wrote meanwhile", interview_id)

    def _judge_finished(self, interview_id: str, state: State) -> None:
        if state.current is not None and state.current.score is not None:
            self._background.begin(interview_id, state, self._equip(state.versions).opinion)

    async def delete(self, interview_id: str) -> None:
        """Delete the interview for good."""
        self._states.pop(interview_id, None)
        self._background.forget(interview_id)
        await self._store.delete(interview_id)

    async def check(self) -> None:
        """Raise a StorageError when the store does not answer."""
        await self._store.check()

    async def close(self, patience: float = 10.0) -> None:
        """Wait for the turns under way, at most `patience` seconds, then cut them off; they can be resumed."""
        tasks = list(self._turns.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._background.close()

    async def list(self, limit: int | None = None) -> Sequence[Listed]:
        """Return the interviews, the one used last first."""
        return await self._store.list(limit)

    async def _run(self, interview_id: str, turn: Callable[[Emit], Awaitable[None]]) -> AsyncIterator[Item]:
        """Run a turn in a task of its own, one at a time for an interview, and yield what it emits."""
        if interview_id in self._turns:
            raise ConflictError(
                "Another message to this interview is being answered.", "Wait for its answer, then reply to that."
            )
        queue: asyncio.Queue[Item | None] = asyncio.Queue()

        async def work() -> None:
            try:
                await turn(queue.put_nowait)
            finally:
                self._turns.pop(interview_id, None)
                queue.put_nowait(None)

        task = asyncio.create_task(work())
        self._turns[interview_id] = task
        task.add_done_callback(_note_failure)
        while (item := await queue.get()) is not None:
            yield item
        await task

    async def _may_reply(self, interview_id: str, state: State, after: int | None, emit: Emit) -> None:
        if state.ended is not None:
            raise ConflictError(
                f"This interview is over ({state.ended.replace('_', ' ')}).",
                "Resume it first." if state.ended in STOPPED else "Read its report, or begin a new one.",
            )
        if after is not None and after != state.seq:
            raise ConflictError(
                f"The interview has gone on: event {state.seq} was stored after event {after}.",
                "Read the interview again, then reply to what was asked last.",
            )
        if state.pending is None:
            return
        if datetime.now(UTC) - state.pending.at > _STALE:
            # Whoever took it has died. It is answered now, and this message is not taken: it was not a reply to that.
            await self._answer(interview_id, state, [], silent)
        raise ConflictError(
            "The message before this one has not been answered yet; it was kept.",
            "Read the interview (or resume it), then reply to what was asked last.",
        )

    async def _answer(self, interview_id: str, state: State, told: History, emit: Emit) -> None:
        """Judge the pending message, decide, speak, store; `told` are the turn's events that are stored already."""
        assert state.pending is not None
        calls = start_collecting()
        speaker = self._equip(state.versions).speaker
        voice, told_of = speaker.voice(state.setup)
        try:
            new, after, move, passages = await self._understand(voice, state)
        except ModelError as error:
            voice, told_of = speaker.offline, notice(error)
            new, after, move, passages = await self._understand(voice, state)
        asked = await speaker.say(voice, after, move, passages, emit, told_of)
        new += [*calls, *self._background.take(interview_id), asked]
        if move.kind == "wrap":
            new.append(Ended(reason=_END.get(move.reason, "finished")))
        try:
            await self._store.append(interview_id, state.seq, new)
        except ConflictError:
            # Another process finished this turn first (it was taken for dead): what it stored is what was said.
            new = _turn_at(await self._store.read(interview_id), state.seq)[1:]
            if not new:
                raise
        else:
            if move.kind in {"question", "wrap"}:
                self._judge_finished(interview_id, after)
        for event in (*told, *new):
            emit(event)

    async def _understand(self, voice: Voice, state: State) -> _Considered:
        """Find out what the pending message is, and what follows from it.

        While a model looks at the message, everything is prepared for what the rules take it for: seldom in vain.
        """
        pending = state.pending
        assert pending is not None
        if pending.kind == "code":
            return await self._consider(state, pending.kind, voice)
        if voice is self._equip(state.versions).speaker.offline:
            return await self._consider(state, await voice.understand(state, pending.text), voice)
        guess = asyncio.create_task(self._consider(state, pending.kind, voice))
        try:
            kind = await voice.understand(state, pending.text)
            return await (guess if kind == pending.kind else self._consider(state, kind, voice))
        finally:
            guess.cancel()

    async def _consider(self, state: State, kind: MessageKind, voice: Voice) -> _Considered:
        """Judge the pending message as of this kind, decide, and find what the words may rest on."""
        assert state.pending is not None
        new: History = [] if kind == state.pending.kind else [Understood(kind=kind, voice=voice.name)]
        after = replay(new, state)
        held_with = self._equip(state.versions)
        new += await held_with.assessor.assess(after)
        facts = await self._facts(after) if kind == "clarifying_question" else ()
        after = replay(new, state)
        move = decide(after, held_with.library, facts)
        return _Considered(new, after, move, await self._find(after, move))

    async def _again(self, interview_id: str, seq: int, text: str) -> AsyncIterator[Item]:
        """Yield the turn that began with event `seq` once more; finish it first if it was cut off."""
        turn = _turn_at(await self._store.read(interview_id), seq)
        first = turn[0]
        assert isinstance(first, Answered)
        if first.text != text:
            raise InputError("This Idempotency-Key was used for another message.", "Use a new key for a new message.")
        if not isinstance(turn[-1], Asked | Ended):
            async for _ in self.resume(interview_id):
                pass
            turn = _turn_at(await self._store.read(interview_id), seq)
        for event in turn:
            if isinstance(event, Asked):
                yield Delta(text=event.text)
        for event in turn:
            yield event


def _turn_at(history: History, seq: int) -> History:
    """Return the events of the turn that begins with number `seq`: up to the next message, less later gradings."""
    end = next((n for n in range(seq, len(history)) if isinstance(history[n], Answered)), len(history))
    return [e for e in history[seq - 1 : end] if not (isinstance(e, Scored) and e.occasion != "turn")]


def _readable(text: str) -> str:
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise TooLargeError(
            f"The message has {len(text):,} characters; at most 1 MB is taken.", "Send the part that matters."
        )
    # A lone half of a surrogate pair is no character, and neither JSON nor a database takes it.
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)


def _check_key(key: str) -> None:
    if not key or len(key) > MOST_KEY_CHARACTERS or not key.isprintable():
        raise InputError(
            f"The Idempotency-Key is not 1 to {MOST_KEY_CHARACTERS} printable characters.", "Use a UUID, for example."
        )


def _note_failure(task: asyncio.Task[None]) -> None:
    """Look at the outcome, so that a turn whose caller has gone does not fail unseen."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, InputError):
        logger.info("a turn failed: %s", error)
