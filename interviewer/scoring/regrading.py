"""Judging again what was said before: under another rubric, another judge, or newer evaluators.

Everything that a judgement needs is in the events, so an old interview can be graded again at any time. Nothing is
replaced: a new Scored is appended with its versions and its occasion, and the earlier ones stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from evaluators.ensemble import compare, refusal
from evaluators.score import Score
from interviewer.events import Called, Scored
from interviewer.retelling import Earlier, earlier_stories
from interviewer.state import QuestionState, State, advance, replay
from interviewer.store import History, Store
from knowledge.errors import ConflictError, ContentError
from knowledge.library import Library
from knowledge.models import Frozen, Level, Question, Rubric

if TYPE_CHECKING:
    from evaluators.judge import Judge
    from interviewer.assembly import Parts

Offline: TypeAlias = Callable[[Question, QuestionState, Level, tuple[Earlier, ...]], Score]
"""Our own evaluators, hints included; they are told which stories came earlier, and never raise."""

Opinion: TypeAlias = Callable[[State, str, Score | None], Awaitable[Sequence[Called | Scored]]]
"""The language model's judgement on top of the offline score; never raises."""

CURRENT = "current"
"""The language model that is set up, as the name of a judge."""

_UNNAMED = frozenset({"package"})  # a release that changes no score is no new judgement


class Regraded(Frozen):
    """One question's two scores, and the calls of a language model that the second one took.

    `after` is None, with the reason in `why_not`, when it was not graded again.
    """

    interview_id: str
    question_id: str
    before: Score
    after: Score | None = None
    why_not: str = ""
    calls: tuple[Called, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the new judgement differs in anything but the words of its trace."""
        return self.after is not None and _essence(self.after) != _essence(self.before)

    @property
    def points(self) -> float | None:
        """Overall after minus before; None when either has no number."""
        if self.after is None or self.after.overall is None or self.before.overall is None:
            return None
        return self.after.overall - self.before.overall

    @property
    def criteria(self) -> dict[str, tuple[int | None, int | None]]:
        """The criteria on which the two differ, with both scores."""
        return {} if self.after is None else dict(compare(self.before, self.after))


class Judged(NamedTuple):
    """A question as it stood when our evaluators judged it last, and the score that counts now."""

    state: State
    current: QuestionState
    score: Score


class Regrader:
    """Grades the questions of an interview again, under the rubrics of a library."""

    def __init__(
        self,
        library: Library,
        offline: Offline,
        opinion: Opinion | None = None,
        *,
        only: str | None = None,
        always: bool = False,
    ) -> None:
        """Set up the new judgement.

        Args:
            library: with the rubrics to grade by.
            offline: our own evaluators under those rubrics.
            opinion: a language model's judgement; without it, what a model judged is left as it is.
            only: the name of the only rubric whose questions are graded.
            always: ask `opinion` about every question, also where no model had judged.
        """
        self._library = library
        self._offline = offline
        self._opinion = opinion
        self._only = only
        self._always = always

    async def grade(self, interview_id: str, history: History, skip: Collection[str] = ()) -> list[Regraded]:
        """Return the old and the new score of each judged question but those of `skip`."""
        found = []
        for question_id, judged in judged_questions(history).items():
            question = self._library.questions.get(question_id)
            if question_id in skip or (question is not None and self._only not in {None, question.rubric}):
                continue
            record = Regraded(interview_id=interview_id, question_id=question_id, before=judged.score)
            if question is None:
                found.append(_left(record, "the question is no longer in the bank"))
            elif judged.score.engine == "ensemble" and self._opinion is None:
                found.append(_left(record, "a language model had judged it, and none is set up now"))
            else:
                found.append(await self._again(record, question, judged))
        return found

    async def _again(self, record: Regraded, question: Question, judged: Judged) -> Regraded:
        level = judged.state.setup.level
        # Always from our own score: from the ensemble's, each time could lift it by as much again.
        earlier = earlier_stories(judged.state, question.id, self._library)
        score = await asyncio.to_thread(self._offline, question, judged.current, level, earlier)
        if self._opinion is None or not (self._always or judged.score.engine == "ensemble"):
            return record.model_copy(update={"after": score})
        events = await self._opinion(self._asking(judged.state), question.id, score)
        calls = tuple(event for event in events if isinstance(event, Called))
        record = record.model_copy(update={"calls": calls})
        both = next((event.score for event in events if isinstance(event, Scored)), None)
        if both is not None and (both.engine == "ensemble" or refusal(judged.current.answer, score)):
            return record.model_copy(update={"after": both})
        why = both.trace[-1] if both is not None and both.trace else "there was nothing that a language model judges"
        return _left(record, why)

    def _asking(self, state: State) -> State:
        """Return the state as the opinion sees it; one that is asked about everything is asked of offline ones too."""
        setup = state.setup.model_copy(update={"engine": "llm"}) if self._always else state.setup
        return state.model_copy(update={"setup": setup})


def judged_questions(history: History) -> dict[str, Judged]:
    """Return each judged question as it stood at its last judgement in the interview.

    What came after that judgement (a hint before the candidate gave up, for example) was not judged, so judging it now
    would compare two different things.
    """
    state = State()
    stood: dict[str, tuple[State, QuestionState]] = {}
    for event in history:
        if isinstance(event, Scored) and event.occasion == "turn" and event.score.engine != "ensemble":
            current = state.question(event.question_id)
            if current is not None:
                stood[event.question_id] = state, current
        state = advance(state, event)
    counted = {q.question_id: q.score for q in state.questions if q.score is not None}
    return {
        question_id: Judged(*stood[question_id], score)
        for question_id, score in counted.items()
        if question_id in stood
    }


async def regrade(
    store: Store,
    interview_ids: Sequence[str],
    regrader: Regrader,
    *,
    keep: bool = True,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> AsyncIterator[Regraded]:
    """Yield the old and new scores of the interviews; store the new ones that differ, unless `keep` is False.

    Raises:
        ConflictError: a turn is under way in an interview.
        NotFoundError: no such interview.
    """
    for done, interview_id in enumerate(interview_ids, 1):
        history = await store.read(interview_id)
        if under_way(history):
            raise ConflictError(
                f"A message of interview {interview_id} is being answered.",
                f"Finish that turn first: interviewer practice --resume {interview_id}",
            )
        graded = await regrader.grade(interview_id, history)
        new: History = []
        for record in graded:
            new += record.calls  # they were paid for, whatever they gave
            if record.changed and record.after is not None:
                new.append(Scored(question_id=record.question_id, score=record.after, occasion="regrade"))
        if keep:
            await store.append(interview_id, len(history), new)
        progress("grading", done, len(interview_ids))
        for record in graded:
            yield record


def under_way(history: History) -> bool:
    """Whether the candidate's last message has not been answered yet."""
    state = replay(history)
    return state.ended is None and state.pending is not None


def new_rubric(library: Library, path: Path) -> tuple[Library, Rubric]:
    """Return the library under the rubric of a file, and that rubric.

    Raises:
        ContentError: malformed, the rubric that is in force already, or another text under a version that is in use.
        NotFoundError: no such file, or no rubric of that name.
    """
    changed = library.with_rubric(path)
    (name,) = [name for name, rubric in changed.rubrics.items() if rubric is not library.rubrics[name]]
    rubric, known = changed.rubrics[name], library.rubrics[name]
    if rubric == known:
        raise ContentError(f"{path}: this is the rubric in force.", "Change it, and raise its version.")
    if rubric.version == known.version:
        raise ContentError(
            f"{path}: version {rubric.version} of {name} is in force with another text.",
            "Raise `version`, so that every score says which text it came from.",
        )
    return changed, rubric


def _left(record: Regraded, why_not: str) -> Regraded:
    return record.model_copy(update={"why_not": why_not})


def _essence(score: Score) -> Score:
    versions = {name: version for name, version in score.versions.items() if name not in _UNNAMED}
    return score.model_copy(update={"trace": (), "ceiling": 5.0, "versions": versions})


def make_regrader(parts: Parts, library: Library, *, only: str | None = None, judge: str = "") -> Regrader:
    """Return a regrader with the evaluators, and the language model if one is set up, of the parts' settings.

    Args:
        parts: the encoder and what else is heavy.
        library: with the rubrics to grade by.
        only: the name of the only rubric whose questions are graded.
        judge: a language model, as provider:model or `current`, that judges every answer, also those that none had.

    Raises:
        InterviewError: the judge cannot be had.
    """
    from interviewer.references import References
    from interviewer.scoring.second_opinion import SecondOpinion

    opinion = None
    if judge or parts.settings.has_model:
        chosen: Callable[[], Judge] = parts.judge
        if judge:
            settings = None if judge == CURRENT else parts.settings.model_copy(update={"judge_model": judge})
            ready = parts.judge_of(settings)
            chosen = lambda: ready  # noqa: E731 - what is missing is told now, before anything is read
        reading = References(library, parts.retriever.within, parts.executor).reading
        opinion = SecondOpinion(library, chosen, reading)
    return Regrader(library, parts.assessor_under(library).score, opinion, only=only, always=bool(judge))
