"""What happens next: `decide(state, library)`. Pure; no voice, no model, no clock."""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.score import CriterionScore, Score
from interviewer.events import Answered, Move
from interviewer.gaps import FOLLOW_UP, missing, next_hint, open_points
from interviewer.plan import next_question
from interviewer.quoting import claim_in, is_beside, quote_for, says_nothing
from interviewer.remarks import remark_in
from interviewer.retelling import RETOLD
from interviewer.state import MAX_ATTEMPTS, QuestionState, State
from knowledge.library import Library
from knowledge.models import LEVELS, KeyPoint, Level, Question

GOOD = 4.0
"""From this overall score on an answer stands, and the follow-ups go deeper instead of filling gaps."""

MOST_FOLLOW_UPS = 2
_ODD_FLAGS = (
    "question_copied",
    "other_language",
    "skeleton",
    "word_salad",
    "reference_pasted",
    "off_topic",
    "injection",
    "repetition",
    "gibberish",
    "no_words",
    "empty",
)
"""What an evaluator may find odd; the interviewer takes it up when the answer earned next to nothing."""

_NEXT_TO_NOTHING = 1.0
_ASIDE = frozenset({"repeat", "time", "help", "identity", "hint", "answer"})


def decide(state: State, library: Library, facts: Sequence[str] = ()) -> Move:
    """Return the interviewer's next move.

    Args:
        state: the interview, with the candidate's message pending and its judgement in it.
        library: questions, rubrics and scenarios.
        facts: ids of the scenario facts that the pending message asks for.
    """
    message, current = state.pending, state.current
    if message is None or current is None:
        return _next(state, library, "opening")
    question = library.question(current.question_id)
    match message.kind:
        case "stop":
            return Move(kind="wrap", question_id=question.id, reason="stopped")
        case "repeat" | "time" | "help" | "identity":
            return Move(kind=message.kind, question_id=question.id, target=_remarked(message), reason="asked for")
        case "skip":
            return _next(state, library, "skipped")
        case "hint":
            return _hint(state, current, question, library)
        case "clarifying_question":
            return _clarify(current, question, facts)
        case "thinking_aloud":
            target = _remarked(message) or "thinking"
            return Move(kind="encourage", question_id=question.id, target=target, reason="thinking aloud")
        case "off_topic":
            return _off_topic(state, current, question, library)
        case "dont_know":
            return _dont_know(state, current, question, library)
        case "code":
            return _after_code(state, current, question, library)
        case "pushback":
            return _after_pushback(state, current, question, library)
        case _:
            return _after_answer(state, current, question, library)


def says_again(message: Answered | None) -> bool:
    """Whether a message says no more than that its matter was said before."""
    return message is not None and _remarked(message) == "already"


def most_probes(minutes: float) -> int:
    """Return how many follow-ups a question of so many minutes has room for."""
    return 1 if minutes < 3 else 2 if minutes < 6 else 3 if minutes < 12 else 5


def most_fruitless(minutes: float) -> int:
    """Return after how many follow-ups in a row without anything new a question is left; a long one has more sides."""
    return 2 if minutes < 8 else 3


def _next(state: State, library: Library, reason: str) -> Move:
    planned = next_question(state, library)
    if planned is None:
        return Move(kind="wrap", reason="finished")
    if state.questions and state.remaining < min(2.0, planned.minutes / 2):
        return Move(kind="wrap", reason="out_of_time")
    return Move(kind="question", question_id=planned.question_id, minutes=planned.minutes, reason=reason)


def _hint(state: State, current: QuestionState, question: Question, library: Library) -> Move:
    hint = next_hint(question, library.rubric_for(question), current, state.setup.level)
    return hint or Move(kind="encourage", question_id=question.id, target="no_hints", reason="no hint is left")


def _clarify(current: QuestionState, question: Question, facts: Sequence[str]) -> Move:
    target = ",".join(facts)
    reason = "a fact of the scenario" if facts else "no fact: the candidate decides"
    if current.moves[-1].target == RETOLD:
        return Move(kind="encourage", question_id=question.id, target="story_stays", reason="may stay with it")
    if not facts and sum(m.kind == "answer" and not m.target for m in current.moves) >= 3:
        return Move(kind="encourage", question_id=question.id, target="begin", reason="asks on without answering")
    return Move(kind="answer", question_id=question.id, target=target, reason=reason)


def _off_topic(state: State, current: QuestionState, question: Question, library: Library) -> Move:
    if current.count("off_topic") > 1:
        return _next(state, library, "off topic twice")
    return Move(kind="encourage", question_id=question.id, target="off_topic", reason="back to the question")


def _dont_know(state: State, current: QuestionState, question: Question, library: Library) -> Move:
    """One smaller step, then kindly on."""
    twice = [m.kind for m in current.messages[-2:]] == ["dont_know", "dont_know"]
    if twice or current.fruitless >= most_fruitless(current.minutes) or not _has_room(state, current):
        return _next(state, library, "does not know")
    step = _smaller_step(current, question, state)
    if step is None:
        return _next(state, library, "does not know")
    return Move(kind="probe", question_id=question.id, target=step, reason="smaller step")


def _smaller_step(current: QuestionState, question: Question, state: State) -> str | None:
    if question.key_points:
        points = [p for p in open_points(question, current.score) if p.id not in current.probed]
        # The easiest expected step first: a core point of the lowest level.
        step: KeyPoint | None = min(points, key=lambda p: (LEVELS.index(p.level), not p.core), default=None)
        return step.id if step else None
    if current.score is None:
        return None if "story" in current.probed else "story"
    open_ = [
        c.criterion
        for c in missing(current.score, question, current, state.setup.level)
        if c.criterion not in current.probed
    ]
    return open_[0] if open_ else None


def _after_code(state: State, current: QuestionState, question: Question, library: Library) -> Move:
    if not current.was_run:
        if any(move.target == "not_run" for move in current.moves):
            return _next(state, library, "cannot be run")
        return Move(kind="encourage", question_id=question.id, target="not_run", reason="the code could not be run")
    verdict = current.verdicts[-1]
    if verdict.passed:
        return _deeper(state, current, question) or _next(state, library, "code passes")
    if current.attempts >= MAX_ATTEMPTS:
        return _next(state, library, "three attempts")
    if verdict.error:
        return Move(kind="challenge", question_id=question.id, target="error", quote=verdict.error, reason="it broke")
    failed = next((c for c in verdict.checks if not c.passed), None)
    if failed is None:
        return Move(kind="encourage", question_id=question.id, target="not_run", reason="no check failed or passed")
    return Move(kind="challenge", question_id=question.id, target=failed.name, reason="a failed check")


def _after_answer(state: State, current: QuestionState, question: Question, library: Library) -> Move:
    score = current.score
    if question.exercise and not current.verdicts:
        if sum(m.kind == "encourage" and m.target == "code" for m in current.moves) >= 2:
            return _next(state, library, "no code came")
        return Move(kind="encourage", question_id=question.id, target="code", reason="no code yet")
    if score is not None and "dont_know" in score.flags:
        return _dont_know(state, current, question, library)
    if odd := _odd(score):
        if any(m.kind == "encourage" and m.target == odd for m in current.moves):
            return _next(state, library, odd)
        return Move(kind="encourage", question_id=question.id, target=odd, reason="nothing that can be judged")
    if score is not None and RETOLD in score.flags and _has_room(state, current) and not _asked_for_another(current):
        return Move(kind="encourage", question_id=question.id, target=RETOLD, reason="told to an earlier question")
    if question.exercise and not current.verdicts[-1].passed and current.attempts < MAX_ATTEMPTS:
        if _last_kind(current) == "challenge":
            return Move(kind="encourage", question_id=question.id, target="fix", reason="reasoned; now the code")
        return _next(state, library, "no fix came")
    if score is None or score.overall is None:
        return _next(state, library, "not judged")
    return (
        _challenge(current, question, score)
        or _deeper(state, current, question)
        or _next(state, library, "answered" if score.overall >= GOOD and not went_deeper(current) else "moving on")
    )


def _after_pushback(state: State, current: QuestionState, question: Question, library: Library) -> Move:
    """Who says that it was said is not asked for it again; who disagrees is asked for the argument, once."""
    message = current.messages[-1]
    if says_again(message):
        if current.answer:
            return _after_answer(state, current, question, library)
        return Move(kind="repeat", question_id=question.id, reason="nothing was said here yet")
    disputes = _last_kind(current) == "challenge" or says_nothing(message.text) or is_beside(current.score)
    if current.count("pushback") == 1 and disputes:
        return Move(kind="encourage", question_id=question.id, target="pushback", reason="disagrees")
    return _after_answer(state, current, question, library)


def _remarked(message: Answered) -> str:
    """Return what a message that is no more than a remark is about; empty for one that is heard as something else."""
    remark = remark_in(message.text)
    return remark.about if remark is not None and remark.kind == message.kind else ""


def _asked_for_another(current: QuestionState) -> bool:
    """Whether the candidate was told already that the story had been heard."""
    return any(move.target == RETOLD for move in current.moves)


def _challenge(current: QuestionState, question: Question, score: Score) -> Move | None:
    for found in score.misconceptions:
        if found.id not in current.challenged:
            quote = claim_in(found, question)
            return Move(
                kind="challenge", question_id=question.id, target=found.id, quote=quote, reason="a known misconception"
            )
    return None


def _deeper(state: State, current: QuestionState, question: Question) -> Move | None:
    """A probe for what is missing, or the next follow-up of an answer that stands; None when it is time to move on."""
    asked = len(current.probed) + len(current.challenged)
    if (
        asked >= most_probes(current.minutes)
        or current.fruitless >= most_fruitless(current.minutes)
        or not _has_room(state, current)
    ):
        return None
    score = current.score
    latest = next((m.text for m in reversed(current.messages) if m.kind != "code"), "")
    if score is not None:
        for criterion in missing(score, question, current, state.setup.level):
            target = _target(criterion, question, state.setup.level)
            if target not in current.probed and criterion.criterion != "correctness":
                return Move(
                    kind="probe",
                    question_id=question.id,
                    target=target,
                    quote=quote_for(score, criterion.criterion, latest, {move.quote for move in current.moves}),
                    reason="thin" if criterion.score else "missing",
                )
    stands = score is not None and score.overall is not None and score.overall >= GOOD
    asked_already = sum(target.startswith(FOLLOW_UP) for target in current.probed)
    if (stands or current.verdicts) and asked_already < min(MOST_FOLLOW_UPS, len(question.follow_ups)):
        return Move(
            kind="probe",
            question_id=question.id,
            target=f"{FOLLOW_UP}{asked_already + 1}",
            reason="the answer stands; deeper",
        )
    return None


def _target(criterion: CriterionScore, question: Question, level: Level) -> str:
    """Return what to ask for: the key point that is missing from a broader criterion, else the criterion itself."""
    reach = LEVELS.index(level)
    points = [p for p in question.key_points if p.id in criterion.missing and LEVELS.index(p.level) <= reach]
    return max(points, key=lambda p: (p.core, p.weight)).id if points else criterion.criterion


def _has_room(state: State, current: QuestionState) -> bool:
    return current.spent < current.minutes and state.remaining > 1.0


def _odd(score: Score | None) -> str:
    """Return the flag to take up; empty when the answer is an ordinary one, good or bad."""
    if score is None or (score.overall is not None and score.overall > _NEXT_TO_NOTHING):
        return ""
    return next((flag for flag in _ODD_FLAGS if flag in score.flags), "")


def went_deeper(current: QuestionState) -> bool:
    """Whether the last answer was to a follow-up beyond the question, which the score does not speak of."""
    return bool(current.moves) and current.moves[-1].target.startswith(FOLLOW_UP)


def _last_kind(current: QuestionState) -> str:
    """Return the kind of the last move that went on with the matter; a repetition or a hint in between does not."""
    return next((move.kind for move in reversed(current.moves) if move.kind not in _ASIDE), "")
