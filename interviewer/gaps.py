"""What an answer still lacks: criteria worth a follow-up, key points not made, and the hint for what lacks most."""

from __future__ import annotations

from evaluators.score import CriterionScore, Score
from interviewer.events import Move
from interviewer.quoting import TAKEN_UP, taken_up
from interviewer.state import ASKING, QuestionState
from knowledge.models import LEVELS, KeyPoint, Level, Question, Rubric

THIN = 2
"""A criterion at or under this is worth a probe."""

FOLLOW_UP, OWN_HINT = "follow_up_", "hint_"
"""What the targets of a question's own follow-ups and hints begin with; a number from 1 on comes after it."""

HARDLY_TOLD = 60
"""Words under which an answer tells hardly anything."""

_TOLD_FIRST = ("situation", "action", "result")
"""What a story needs before anything else can be asked about it, in the order in which it is told."""

_PLACES = {"situation": 1, "task": 1, "action": 2, "ownership": 2}
"""Which of a question's own hints is about this part of a story; the last is about its end."""

_NEVER_PROBED = frozenset({"concision"})  # asking for less by asking for more would be absurd


def missing(score: Score, question: Question, current: QuestionState | None, level: Level) -> list[CriterionScore]:
    """Return the criteria that are missing or thin and expected at this level, the one worth most first.

    Of a story of which hardly anything was told, what it cannot do without comes first, in the order of telling.
    """
    points = {point.id: point for point in question.key_points}
    hardly_told = current is not None and len(current.answer.split()) < HARDLY_TOLD

    def is_thin(criterion: CriterionScore) -> bool:
        point = points.get(criterion.criterion)
        expected = point is None or _is_expected(point, level)
        thin = criterion.score is not None and criterion.score <= THIN
        return thin and expected and criterion.criterion not in _NEVER_PROBED

    def worth(criterion: CriterionScore) -> tuple[int, bool, float]:
        point, first = points.get(criterion.criterion), 0
        if hardly_told and not criterion.score and criterion.criterion in _TOLD_FIRST:
            first = len(_TOLD_FIRST) - _TOLD_FIRST.index(criterion.criterion)
        return first, bool(point and point.core), criterion.weight * (5 - (criterion.score or 0))

    return sorted(filter(is_thin, score.criteria), key=worth, reverse=True)


def unsaid(question: Question, score: Score | None, criterion: str = "") -> tuple[KeyPoint, ...]:
    """Return the key points that the answer has not made, the weightiest first; of one criterion when it is named.

    In technical and coding answers a key point is a criterion of its own; a criterion of a design or of a warm-up lists
    those that are missing from it.
    """
    if score is None:
        return ()
    by_name = {one.criterion: one for one in score.criteria}

    def lacks(point: KeyPoint) -> bool:
        own = by_name.get(point.id)
        if own is not None:
            return criterion in {"", point.id} and own.score is not None and own.score <= THIN
        part = by_name.get(point.criterion or "relevance")
        if part is None or criterion not in {"", part.criterion}:
            return False
        return point.id in part.missing

    return tuple(sorted(filter(lacks, question.key_points), key=lambda point: -point.weight))


def open_points(question: Question, score: Score | None) -> list[KeyPoint]:
    """Return the key points that are not covered: those that the answer lacks, and those of which nothing is known."""
    judged = {one.criterion for one in score.criteria if one.score is not None} if score is not None else set()
    lacking = unsaid(question, score)
    return [p for p in question.key_points if p in lacking or not {p.id, p.criterion or "relevance"} & judged]


def next_hint(question: Question, rubric: Rubric, current: QuestionState, level: Level) -> Move | None:
    """Return the hint to give: for what is being asked about, else for what lacks most; None when none is left.

    The question's own hints lead from its beginning to its end, so they are for those who have not said anything of it
    yet; in an exercise they are about the code.
    """
    given = _given(current)
    targets = [target for target in _hinted_at(question, current, level) if target not in given]
    if len(given) >= len(rubric.hint_caps) or not targets:
        return None
    is_criterion = any(criterion.id == targets[0] for criterion in rubric.criteria)
    return Move(
        kind="hint",
        question_id=question.id,
        target=targets[0],
        quote=taken_up(current.score, targets[0], current.answer) if is_criterion else "",
        hint_level=len(given) + 1,
        reason="asked for",
    )


def hints_at_most(question: Question, rubric: Rubric, current: QuestionState, level: Level) -> int:
    """Return how many hints there are on a question as it stands, those that were given included."""
    given = _given(current)
    return min(len(rubric.hint_caps), len({*given, *_hinted_at(question, current, level)}))


def _given(current: QuestionState) -> list[str]:
    """Return the targets of the hints that were given; earlier versions left the question's own without one."""
    return [move.target or f"{OWN_HINT}{move.hint_level}" for move in current.moves if move.kind == "hint"]


def _hinted_at(question: Question, current: QuestionState, level: Level) -> list[str]:
    """What there are hints for, the most wanted first."""
    asked = next((move.target for move in reversed(current.moves) if move.kind in ASKING), "")
    if asked.startswith(FOLLOW_UP):
        return []  # it goes beyond the key points, and to hint at its answer would be to give it
    own = [f"{OWN_HINT}{n + 1}" for n in range(len(question.hints))]
    if question.exercise is not None and not (current.verdicts and current.verdicts[-1].passed):
        return own
    if question.key_points:
        points = open_points(question, current.score)
        open_ = [point.id for point in sorted(points, key=lambda p: _lack(p, current.score, level), reverse=True)]
        untouched = len(points) == len(question.key_points) and question.exercise is None
    else:
        open_ = _of_a_story(question, current, level, asked)
        untouched = current.score is None or not any(one.score for one in current.score.criteria)
    first = [target for target in open_ if target == asked]
    if untouched:
        return [*first, *own, *(target for target in open_ if question.key_points and target != asked)]
    return [*first, *(target for target in open_ if target != asked)]


def _of_a_story(question: Question, current: QuestionState, level: Level, asked: str) -> list[str]:
    """The criteria that lack most where there are words that advice on them can take up, else the hint of the place.

    A question's own hints go from the beginning of a story to its end.
    """
    if current.score is None:
        return []
    told = {one.criterion for one in current.score.criteria if one.evidence}
    lacking = [criterion.criterion for criterion in missing(current.score, question, current, level)]
    found = []
    for name in sorted(lacking, key=lambda name: name != asked):
        place = min(_PLACES.get(name, len(question.hints)), len(question.hints))
        rests_on = ("action",) if name == "result" else TAKEN_UP.get(name, (name,))
        found.append(name if told & set(rests_on) or not place else f"{OWN_HINT}{place}")
    return list(dict.fromkeys(found))


def _lack(point: KeyPoint, score: Score | None, level: Level) -> tuple[bool, bool, float]:
    reached = next((c.score or 0 for c in score.criteria if c.criterion == point.id), 0) if score is not None else 0
    return _is_expected(point, level), point.core, point.weight * (5 - reached)


def _is_expected(point: KeyPoint, level: Level) -> bool:
    return LEVELS.index(point.level) <= LEVELS.index(level)
