"""One interview after another turn: store what was said, judge it, decide, find the words, store what was asked.

    answer → Answered → evaluate → Scored → decide → Move → words… → Asked

The candidate's message is stored before anything else is done with it. Everything after it is computed from the stored
events, so a turn that was cut off is finished by whoever opens the interview next, and comes out the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from interviewer.events import STOPPED, Answered, Ended, MessageKind, Move, Resumed, Setup, Started
from interviewer.hearing import quick_kind
from interviewer.messages import check_key, check_same, is_finished, readable, told_again, turn_at
from interviewer.model.ledger import start_collecting
from interviewer.plan import make_plan
from interviewer.policy import decide
from interviewer.running import Running
from interviewer.scorecard import reporting
from interviewer.scorecard.report import Report
from interviewer.scoring.assessment import Assessor
from interviewer.scoring.background import Background
from interviewer.speaking import Delta, Emit, Item, silent
from interviewer.state import State, replay
from interviewer.store import Listed, Store, export
from interviewer.turn import Answering, Equip, Equipment, Facts, Find, History, Turn
from knowledge.errors import ConflictError, InputError
from knowledge.library import Library

__all__ = ["Delta", "Engine", "Equipment", "History", "Item"]

logger = logging.getLogger(__name__)

_STATES_KEPT = 256
OWN_WORK = timedelta(seconds=60)
"""What a turn may take beside the language model: code that runs into its time limit, an encoder that loads."""


class Engine:
    """Runs interviews; every front door shares one. It keeps no state that the store does not have."""

    def __init__(
        self,
        store: Store,
        equip: Equip,
        *,
        find: Find,
        facts: Facts,
        reading: reporting.Reading | None = None,
        longest_turn: timedelta = OWN_WORK,
    ) -> None:
        """`equip` is asked again and again: it keeps what it has made.

        A message that has waited for `longest_turn` is taken for abandoned, and answered by whoever comes next; sooner,
        and a slow model would be asked by two processes.
        """
        self._longest_turn = longest_turn
        self._store = store
        self._equip = equip
        self._find = find
        self._answering = Answering(find, facts)
        self._reading = reading
        self._background = Background(store)
        self._turns = Running()
        self._states: OrderedDict[str, State] = OrderedDict()

    @property
    def library(self) -> Library:
        """The questions, rubrics and scenarios that interviews are made of now; asks the database."""
        return self._equip(None).library

    def library_of(self, state: State) -> Library:
        """Return the questions and the rubrics that an interview goes by; asks nobody."""
        return self._equip(state.versions).library

    @property
    def assessor(self) -> Assessor:
        """What judges answers now; asks the database."""
        return self._equip(None).assessor

    async def create(self, setup: Setup) -> str:
        """Plan an interview, greet, ask the first question; return the interview's id.

        Raises:
            InputError: there is no question for this round.
            InterviewError: the engine that was asked for cannot be had.
        """
        # With engine=auto an interview begins offline where the model cannot be had; with engine=llm it does not begin.
        held_with = await asyncio.to_thread(self._equip, None)  # it asks the database what is in force
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
            code: whether it is code to be run; where no exercise is asked, it is an answer like any other.
            seconds: how long the candidate took; 0 when unknown.
            idempotency_key: a repeated message with the same key gets the first one's answer.
            after: the number of the last event that the candidate has seen.

        Raises:
            ConflictError: another message is being answered, or something was said after `after`, or it is over.
            TooLargeError: over 1 MB.
            NotFoundError: no such interview.
        """
        text = readable(text)
        if idempotency_key is not None:
            check_key(idempotency_key)
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
                kind=self._kind(state, text, code),
                seconds=seconds,
                idempotency_key=idempotency_key,
            )
            await self._store.append(interview_id, state.seq, [answered])
            await self._answer(interview_id, replay([answered], state), [answered], emit)

        async for item in self._turns.run(interview_id, turn):
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

        async for item in self._turns.run(interview_id, turn):
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
        if interview_id not in self._turns:  # otherwise that turn stores what was judged
            await self._background.settle(interview_id, lambda: interview_id in self._turns)
        history = await self._store.read(interview_id)
        in_force = await asyncio.to_thread(self._equip, None)
        return await reporting.build_report(interview_id, history, in_force.library, self._reading)

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
            self._judge(interview_id, state)

    def _judge_finished(self, interview_id: str, turn: Turn) -> None:
        if turn.finishes_question:
            self._judge(interview_id, turn.after)

    def _judge(self, interview_id: str, state: State) -> None:
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
        await self._turns.close(patience)
        await self._background.close()

    async def list(self, limit: int | None = None) -> Sequence[Listed]:
        """Return the interviews, the one used last first."""
        return await self._store.list(limit)

    def _kind(self, state: State, text: str, code: bool) -> MessageKind:
        library = self.library_of(state)
        question = library.questions.get(state.current.question_id) if state.current else None
        runs = code and question is not None and question.exercise is not None
        return "code" if runs else quick_kind(state, text, library)

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
        if datetime.now(UTC) - state.pending.at > self._longest_turn:
            # Whoever took it has died. It is answered now, and this message is not taken: it was not a reply to that.
            await self._answer(interview_id, state, [], silent)
        raise ConflictError(
            "The message before this one has not been answered yet; it was kept.",
            "Read the interview (or resume it), then reply to what was asked last.",
        )

    async def _answer(self, interview_id: str, state: State, told: History, emit: Emit) -> None:
        """Judge the pending message, decide, speak, store; `told` are the turn's events that are stored already."""
        turn = await self._answering(self._equip(state.versions), state, emit)
        new = [*turn.found, *self._background.take(interview_id), *turn.said]
        try:
            await self._store.append(interview_id, state.seq, new)
        except ConflictError:
            history = await self._store.read(interview_id)
            stored = turn_at(history, state.seq)
            if is_finished(stored):
                # Another process finished this turn first (it was taken for dead): what it stored is what was said.
                new = stored[1:]
            else:  # an old answer was graded again meanwhile, which changes nothing that was said
                await self._store.append(interview_id, len(history), new)
                self._judge_finished(interview_id, turn)
        else:
            self._judge_finished(interview_id, turn)
        for event in (*told, *new):
            emit(event)

    async def _again(self, interview_id: str, seq: int, text: str) -> AsyncIterator[Item]:
        """Yield the turn that began with event `seq` once more; finish it first if it was cut off."""
        turn = turn_at(await self._store.read(interview_id), seq)
        check_same(turn, text)
        if not is_finished(turn):
            async for _ in self.resume(interview_id):
                pass
            turn = turn_at(await self._store.read(interview_id), seq)
        for item in told_again(turn):
            yield item
