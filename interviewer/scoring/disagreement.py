"""Where the scorer and people disagree most: by kind of disagreement and by question, for a person to work through."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from evaluators.reliability import calibration
from evaluators.reliability.agreement import pearson
from evaluators.reliability.calibration import Calibration
from evaluators.score import Score
from evaluators.technical import TechnicalEvaluator
from evaluators.text.target import from_reference
from interviewer.bench.scoring import NOTES, TOP, Graded, files_of, read
from knowledge.encoder import TokenEncoder
from knowledge.errors import InputError
from knowledge.models import Frozen

Kind = Literal["praised contradiction", "over-praise", "gate false alarm", "under-praise", "not scored"]
KINDS: tuple[Kind, ...] = ("praised contradiction", "over-praise", "gate false alarm", "under-praise", "not scored")

APART = 1.5  # of 5: more than a band
PEOPLE_APART = 0.3  # of 1: two graders who do not agree themselves
_WORD = re.compile(r"\w+")
_CHUNK = 256  # answers scored together: enough for batches of like length, little memory


class Disagreement(Frozen):
    """One answer on which scorer and people are far apart.

    Attributes:
        grade, score, gap: people's, ours, and ours minus theirs, from 0 to 5; `raw` is ours before the set's own scale
            was taken out.
        kind: what went wrong.
        flags: what the gates noticed.
        people_apart: whether two graders were far apart themselves, so that there is no one right grade.
        quotes: spans of the answer that points rest on, start and end in characters.
        trace: how our number came about.
        times: how many answers to the question say the same, but for case and punctuation; this one is the worst.
    """

    set: str
    group: str
    question: str
    reference: str
    answer: str
    grade: float
    score: float | None
    raw: float | None
    gap: float
    kind: Kind
    flags: tuple[str, ...]
    people_apart: bool
    quotes: tuple[tuple[int, int], ...]
    trace: tuple[str, ...]
    times: int = 1


class SetErrors(Frozen):
    """One graded set; errors are root mean squares of 5, `raw_error` before its own scale was taken out.

    `gates` has for each gate how many answers it stopped or capped, and how many of those people gave far more for.
    """

    name: str
    answers: int
    pearson: float | None
    raw_error: float
    error: float
    bias: float
    slope: float
    intercept: float
    kinds: dict[Kind, int]
    gates: dict[str, tuple[int, int]]


class QuestionErrors(Frozen):
    """One question: its share of all squared error in `share`, over every answer to it."""

    set: str
    group: str
    question: str
    answers: int
    error: float
    bias: float
    share: float
    kinds: dict[Kind, int]


class Findings(Frozen):
    """Everything; questions have the greatest part in the error first.

    Disagreements go by kind, then by question in that order, the furthest apart first. Of each kind in each set the
    worst are kept, the same number as far as there are so many: a set graded all or nothing would fill the page alone.
    """

    encoder: str
    apart: float
    sets: tuple[SetErrors, ...]
    questions: tuple[QuestionErrors, ...]
    disagreements: tuple[Disagreement, ...]
    left_off: int


Progress = Callable[[str, int, int], None]


def find(
    data: Path,
    encoder: TokenEncoder,
    *,
    apart: float = APART,
    most: int = 200,
    as_scored: bool = False,
    own: Calibration | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Findings:
    """Return the disagreements on every `*.jsonl` of a folder, or on one file.

    Args:
        data: graded answers.
        encoder: what the evaluators see with.
        apart: how far score and grade have to be apart, of 5.
        most: disagreements that are kept; the others are counted.
        as_scored: leave each set's scale in. By default two numbers a set, slope and intercept, take it out first:
            leniency is no error of judgement, it hides them.
        own: the user's calibration, by whose votes and scale answers are scored as everywhere else.
        progress: hears the set's name, how many answers are done and how many there are.

    Raises:
        NotFoundError: there is no graded file.
        ContentError: a file is malformed.
    """
    evaluator = TechnicalEvaluator(encoder, panel=own.panel if own is not None else None)
    rows = {path.stem: read(path) for path in files_of(data)}
    sets, questions, found = [], [], []
    for name, graded in rows.items():
        if not graded:
            raise InputError(f"There is no answer in {name}.jsonl.", "Leave it out, or fill it.")
        scores = _score(evaluator, name, graded, progress)
        if own is not None:
            scores = [own.apply(score) for score in scores]
        report, of_questions, apart_ones = disagreements(name, graded, scores, apart=apart, as_scored=as_scored)
        sets.append(report)
        questions += of_questions
        found += apart_ones
    questions.sort(key=lambda q: -(q.error**2) * q.answers)
    kept = chosen(found, questions, most)
    return Findings(
        encoder=encoder.name,
        apart=apart,
        sets=tuple(sets),
        questions=tuple(questions),
        disagreements=tuple(kept),
        left_off=len(found) - sum(one.times for one in kept),
    )


def disagreements(
    name: str, rows: Sequence[Graded], scores: Sequence[Score], *, apart: float = APART, as_scored: bool = False
) -> tuple[SetErrors, list[QuestionErrors], list[Disagreement]]:
    """Return the whole, the questions and the far-apart answers of one set, in the order of its rows."""
    slope, intercept, moved = _scale(rows, scores, as_scored=as_scored)
    kinds = [_kind(row, score, on_scale, apart) for row, score, on_scale in zip(rows, scores, moved, strict=True)]
    gaps = np.array([0.0 if s is None else s - TOP * row.grade for row, s in zip(rows, moved, strict=True)])
    scored = np.array([score is not None for score in moved])
    raw = np.array([(s.overall or 0.0) - TOP * r.grade for r, s in zip(rows, scores, strict=True)])
    report = SetErrors(
        name=name,
        answers=len(rows),
        pearson=pearson(raw[scored] + TOP * _grades(rows)[scored], TOP * _grades(rows)[scored]),
        raw_error=_root(raw[scored]),
        error=_root(gaps[scored]),
        bias=float(gaps[scored].mean()) if scored.any() else 0.0,
        slope=slope,
        intercept=intercept,
        kinds=_counted(kinds),
        gates=_gates(scores, kinds),
    )
    found = [
        _disagreement(name, row, score, on_scale, kind)
        for row, score, on_scale, kind in zip(rows, scores, moved, kinds, strict=True)
        if kind is not None
    ]
    return report, _questions(name, rows, gaps, kinds), found


def chosen(found: Sequence[Disagreement], questions: Sequence[QuestionErrors], most: int) -> list[Disagreement]:
    """Return the worst of each kind in each set by turns, at most `most`, by kind and in the order of the questions.

    The same words are kept once a question.
    """
    alike: dict[tuple[str, str, Kind, str], list[Disagreement]] = defaultdict(list)
    for one in sorted(found, key=lambda one: -abs(one.gap)):
        words = " ".join(_WORD.findall(one.answer.casefold())) or one.answer
        alike[one.set, one.group, one.kind, words].append(one)
    turns: dict[tuple[str, Kind], int] = Counter()
    ranked = []
    for (name, _, kind, _), same in alike.items():
        ranked.append((turns[name, kind], same[0].model_copy(update={"times": len(same)})))
        turns[name, kind] += 1
    kept = [one for _, one in sorted(ranked, key=lambda item: item[0])[:most]]
    place = {(q.set, q.group): position for position, q in enumerate(questions)}
    return sorted(kept, key=lambda one: (KINDS.index(one.kind), place[one.set, one.group], -abs(one.gap)))


def _score(evaluator: TechnicalEvaluator, name: str, rows: Sequence[Graded], progress: Progress) -> list[Score]:
    scores: list[Score] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        scores += evaluator.score_many([(row.answer, from_reference(row.question, row.reference)) for row in chunk])
        progress(name, len(scores), len(rows))
    return scores


def _scale(
    rows: Sequence[Graded], scores: Sequence[Score], *, as_scored: bool
) -> tuple[float, float, list[float | None]]:
    """Return slope, intercept and the scores on the set's scale; what a gate decided stays as it is."""
    pairs = [(s.overall, TOP * row.grade) for row, s in zip(rows, scores, strict=True) if s.overall is not None]
    if as_scored or len(pairs) < calibration.FEWEST:
        return 1.0, 0.0, [score.overall for score in scores]
    fitted = calibration.fit([score for score, _ in pairs], [grade for _, grade in pairs])
    return fitted.slope, fitted.intercept, [fitted.apply(score).overall for score in scores]


def _kind(row: Graded, score: Score, on_scale: float | None, apart: float) -> Kind | None:
    """Return what is wrong with one score; None when it is near enough."""
    if score.overall is None or on_scale is None:
        return "not scored"
    gap = on_scale - TOP * row.grade
    if abs(gap) < apart:
        return None
    if gap > 0:
        return "praised contradiction" if row.label == "contradictory" else "over-praise"
    return "gate false alarm" if set(score.flags) - NOTES else "under-praise"


def _gates(scores: Sequence[Score], kinds: Sequence[Kind | None]) -> dict[str, tuple[int, int]]:
    touched: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for score, kind in zip(scores, kinds, strict=True):
        flags = set(score.flags) - NOTES
        touched.update(flags)
        wrong.update(flags if kind == "gate false alarm" else ())
    return {gate: (count, wrong[gate]) for gate, count in touched.most_common()}


def _disagreement(name: str, row: Graded, score: Score, on_scale: float | None, kind: Kind) -> Disagreement:
    quotes = {(e.start, e.end) for criterion in score.criteria for e in criterion.evidence}
    return Disagreement(
        set=name,
        group=row.group,
        question=row.question,
        reference=row.reference,
        answer=row.answer,
        grade=TOP * row.grade,
        score=on_scale,
        raw=score.overall,
        gap=0.0 if on_scale is None else on_scale - TOP * row.grade,
        kind=kind,
        flags=score.flags,
        people_apart=_people_apart(row),
        quotes=tuple(sorted(quotes)),
        trace=score.trace or ((score.reason,) if score.reason else ()),
    )


def _people_apart(row: Graded) -> bool:
    if row.grader1 is None or row.grader2 is None:
        return False
    return abs(row.grader1 - row.grader2) >= PEOPLE_APART


def _questions(
    name: str, rows: Sequence[Graded], gaps: np.ndarray, kinds: Sequence[Kind | None]
) -> list[QuestionErrors]:
    places: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        places[row.group].append(position)
    total = float(np.sum(gaps**2)) or 1.0
    return [
        QuestionErrors(
            set=name,
            group=group,
            question=rows[held[0]].question,
            answers=len(held),
            error=_root(gaps[held]),
            bias=float(gaps[held].mean()),
            share=float(np.sum(gaps[held] ** 2)) / total,
            kinds=_counted([kinds[position] for position in held]),
        )
        for group, held in places.items()
    ]


def _counted(kinds: Sequence[Kind | None]) -> dict[Kind, int]:
    counts = Counter(kinds)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def _grades(rows: Sequence[Graded]) -> np.ndarray:
    return np.array([row.grade for row in rows])


def _root(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else 0.0
