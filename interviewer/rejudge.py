"""An interview judged again, under another prompt or model; both judgements are kept and compared."""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.ensemble import compare
from evaluators.score import Score
from interviewer.events import AnyEvent, Called, Scored
from interviewer.second_opinion import SecondOpinion
from interviewer.state import replay
from interviewer.store import Store
from knowledge.models import Frozen


class Judgement(Frozen):
    """One of the two."""

    overall: float | None
    band: tuple[float, float] | None
    engine: str
    versions: dict[str, str]


class Compared(Frozen):
    """One question, before and after; `criteria` holds those that differ, with both scores."""

    question_id: str
    before: Judgement
    after: Judgement
    criteria: dict[str, tuple[int | None, int | None]]


class Rejudged(Frozen):
    """What judging an interview again has changed."""

    interview_id: str
    questions: tuple[Compared, ...]
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


async def rejudge(store: Store, interview_id: str, opinion: SecondOpinion) -> Rejudged:
    """Judge every question of the interview that has a score again, store the judgements, and compare.

    Raises:
        ConflictError: the interview went on meanwhile; nothing was stored.
        NotFoundError: no such interview.
    """
    history = await store.read(interview_id)
    state = replay(history)
    state = state.model_copy(update={"setup": state.setup.model_copy(update={"engine": "llm"})})
    new: list[Called | Scored] = []
    compared: list[Compared] = []
    for question in state.questions:
        if question.score is None:
            continue
        found = await opinion(state, question.question_id, offline_of(history, question.question_id))
        # Given later: the interviewer does not take it for something that the last message brought.
        new += [e.model_copy(update={"occasion": "regrade"}) if isinstance(e, Scored) else e for e in found]
        compared += [
            Compared(
                question_id=question.question_id,
                before=_of(question.score),
                after=_of(event.score),
                criteria=dict(compare(question.score, event.score)),
            )
            for event in found
            if isinstance(event, Scored)
        ]
    await store.append(interview_id, len(history), new)
    calls = [event for event in new if isinstance(event, Called)]
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    return Rejudged(
        interview_id=interview_id,
        questions=tuple(compared),
        calls=len(calls),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cost_usd=round(sum(costs), 6) if costs else None,
    )


def offline_of(history: Sequence[AnyEvent], question_id: str) -> Score | None:
    """Return the latest score of a question that no model had a part in; None when there is none."""
    given = [e for e in history if isinstance(e, Scored) and e.question_id == question_id and e.occasion != "canary"]
    scores = [event.score for event in given]
    alone = [score for score in scores if score.engine != "ensemble" and "language model was not" not in _last(score)]
    return alone[-1] if alone else None


def _last(score: Score) -> str:
    return score.trace[-1] if score.trace else ""


def _of(score: Score) -> Judgement:
    return Judgement(overall=score.overall, band=score.band, engine=score.engine, versions=score.versions)
