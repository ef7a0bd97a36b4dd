"""Does the scorer agree with people, and what does it pay for? Measured on graded answers that it was not tuned on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field
from threadpoolctl import threadpool_limits

from evaluators.reliability import attacks, calibration
from evaluators.reliability.agreement import Agreement, agreement, pearson
from evaluators.score import Score
from evaluators.technical import TechnicalEvaluator
from evaluators.text.language import content, words
from evaluators.text.target import Target, from_question, from_reference
from interviewer.json_lines import lines, record
from knowledge.decoding import decode
from knowledge.encoder import TokenEncoder
from knowledge.errors import NotFoundError, UnreadableError
from knowledge.library import Library
from knowledge.models import Frozen

TOP = 5.0
SHOTS = 20  # answers on which the scale is calibrated
NOTES = frozenset({"injection", "encoded"})  # flags that neither stop nor cap an answer
AGAIN = 50  # answers of a set that are scored twice
CASES = 60  # attacks of a family on a set
ORDERED = 3  # content words; fewer have no order, and shuffled they are still the answer


class Graded(Frozen):
    """One answer with its grade from 0 to 1."""

    group: str
    question: str
    reference: str
    answer: str
    grade: float = Field(ge=0, le=1)
    grader1: float | None = None
    grader2: float | None = None
    label: str | None = None


class SetReport(Frozen):
    """What was measured on one set.

    Attributes:
        scores: ours against the grades.
        calibrated_error: root mean square error of 5 after calibration on 20 answers, mean of ten draws.
        baselines: Pearson's r of cosine, TF-IDF, length, and of the mean grade (None: it is constant).
        mean_grade_error: the error of always saying the mean grade.
        people: Pearson's r of the two graders, where there are two.
        false_alarms: share of full-mark answers that a gate stopped or capped.
        passes: per attack family, the share that earns half the marks.
        unscored: answers that got no number.
        repeats: whether scoring again gave the same numbers.
        answers_per_second: encoding included.
    """

    name: str
    questions: int
    scores: Agreement
    calibrated_error: float | None
    baselines: dict[str, float | None]
    mean_grade_error: float
    people: float | None
    false_alarms: float | None
    flags_on_full_marks: dict[str, int]
    passes: dict[str, float]
    unscored: int
    repeats: bool
    answers_per_second: float


class ScoringReport(Frozen):
    """All sets."""

    encoder: str
    sets: tuple[SetReport, ...]
    bank: dict[str, float] = Field(default_factory=dict, description="Attacks that pass on the bank's own questions.")


_GRADED_LINE = "Each line is an object with group (the question's name), question, reference, answer and grade, 0 to 1."


def files_of(data: Path) -> list[Path]:
    """Return the graded sets in a folder, or the one file that is named.

    Raises:
        NotFoundError: there is none.
    """
    files = sorted(data.glob("*.jsonl")) if data.is_dir() else [data] if data.is_file() else []
    if not files:
        raise NotFoundError(f"There are no graded answers in {data}.", "Name a folder of *.jsonl files, or a file.")
    return files


def read(path: Path) -> list[Graded]:
    """Return the graded answers of a file of JSON lines.

    Raises:
        ContentError: a line is not a graded answer.
        UnreadableError: the file cannot be read, or is no text.
    """
    try:
        text = decode(path.read_bytes(), str(path), mend=False)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    return [record(line, Graded, f"{path}:{number}", _GRADED_LINE) for number, line in lines(text)]


def measure(
    data: Path, encoder: TokenEncoder, tell: Callable[[str], None], answers: int | None = None
) -> ScoringReport:
    """Return the report on every `*.jsonl` of a folder, or on one file, and attacks on the bank's own questions.

    Args:
        data: the folder or file.
        encoder: reads the texts.
        tell: hears what is measured next.
        answers: how many of a set are scored, the same ones every time; None for all.

    Raises:
        NotFoundError: there is no graded file.
        ContentError: a file is malformed.
    """
    reports = []
    with threadpool_limits(limits=1, user_api="blas"):
        for path in files_of(data):
            rows = read(path)
            tell(f"{path.stem}: {min(len(rows), answers or len(rows)):,} of {len(rows):,} answers")
            reports.append(measure_set(path.stem, rows, encoder, answers))
        tell("attacks on questions that list misconceptions")
        return ScoringReport(encoder=encoder.name, sets=tuple(reports), bank=bank_passes(encoder))


def measure_set(name: str, rows: Sequence[Graded], encoder: TokenEncoder, answers: int | None = None) -> SetReport:
    """Return what is measured on one set, or on `answers` of it."""
    every = rows
    if answers is not None and answers < len(rows):
        rows = random.Random(0).sample(list(rows), answers)
    groups = [row.group for row in rows]
    grades = TOP * np.array([row.grade for row in rows])
    evaluator = TechnicalEvaluator(encoder)
    items = [(row.answer, from_reference(row.question, row.reference)) for row in rows]
    started = time.perf_counter()
    scored = evaluator.score_many(items)
    seconds = time.perf_counter() - started
    again = TechnicalEvaluator(encoder).score_many(items[:AGAIN])
    values = np.array([score.overall or 0.0 for score in scored])
    two = [(row.grader1, row.grader2) for row in rows if row.grader1 is not None and row.grader2 is not None]
    alarms = [score.flags for score, row in zip(scored, rows, strict=True) if row.grade >= 1.0]
    stopped = [flags for flags in alarms if set(flags) - NOTES]
    return SetReport(
        name=name,
        questions=len(set(groups)),
        scores=agreement(values, grades, groups),
        calibrated_error=calibrated_error(values, grades),
        baselines=baselines(rows, encoder, grades),
        mean_grade_error=float(grades.std()),
        people=pearson(*(np.array(column, float) for column in zip(*two, strict=True))) if two else None,
        false_alarms=len(stopped) / len(alarms) if alarms else None,
        flags_on_full_marks={flag: sum(flag in flags for flags in stopped) for flag in sorted({*sum(stopped, ())})},
        passes=passes(every, evaluator),
        unscored=sum(score.overall is None for score in scored),
        repeats=all(_same(one, other) for one, other in zip(scored, again, strict=False)),
        answers_per_second=len(rows) / seconds,
    )


def calibrated_error(scores: np.ndarray, grades: np.ndarray, draws: int = 10) -> float | None:
    """Return the error on the other answers after calibration on twenty of them, the mean of ten draws."""
    if len(scores) < 2 * SHOTS:
        return None
    chance = np.random.default_rng(0)
    errors = []
    for _ in range(draws):
        order = chance.permutation(len(scores))
        shots, rest = order[:SHOTS], order[SHOTS:]
        fitted = calibration.fit(scores[shots].tolist(), grades[shots].tolist())
        moved = calibration.moved(scores[rest], fitted.slope, fitted.intercept)
        errors.append(float(np.sqrt(np.mean((moved - grades[rest]) ** 2))))
    return float(np.mean(errors))


def baselines(rows: Sequence[Graded], encoder: TokenEncoder, grades: np.ndarray) -> dict[str, float | None]:
    """Return Pearson's r of what one would try first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = sorted({text for row in rows for text in (row.answer, row.reference)}, key=len)
    vectors = dict(zip(texts, encoder.encode([text or " " for text in texts]), strict=True))
    cosine = np.array([float(vectors[row.answer] @ vectors[row.reference]) for row in rows])
    fitted = TfidfVectorizer().fit(texts)
    one, other = (fitted.transform([getattr(row, name) for row in rows]) for name in ("answer", "reference"))
    lexical = np.asarray(one.multiply(other).sum(axis=1)).ravel()
    length = np.array([float(len(words(row.answer))) for row in rows])
    return {
        "cosine": pearson(cosine, grades),
        "TF-IDF": pearson(lexical, grades),
        "length": pearson(length, grades),
        "mean grade": None,
    }


def passes(rows: Sequence[Graded], evaluator: TechnicalEvaluator, most: int = CASES) -> dict[str, float]:
    """Return per attack family the share that earns half the marks, in `most` attacks spread over the questions."""
    firsts = list({(row.question, row.reference): row for row in rows}.values())
    firsts = random.Random(0).sample(firsts, min(most, len(firsts)))
    firsts = [firsts[number % len(firsts)] for number in range(most)]
    good: dict[str, list[str]] = {}
    for row in rows:
        if row.grade >= 1.0:
            good.setdefault(row.group, []).append(row.answer)
    references = {row.group: row.reference for row in rows}
    cases = []
    for number, row in enumerate(firsts):
        others = [(group, answer) for group, answers in good.items() if group != row.group for answer in answers[:3]]
        unlike = [answer for group, answer in others if attacks.unlike(row.reference, references[group])]
        told = [answer for _, answer in others]
        case = attacks.Case(row.question, row.reference, *(some[number % 7 :: 7] or some for some in (told, unlike)))
        cases.append((case, from_reference(row.question, row.reference)))
    return _passes(cases, evaluator)


def bank_passes(encoder: TokenEncoder, most: int = 30) -> dict[str, float]:
    """Return per attack family the share that earns half the marks on our own questions that list misconceptions."""
    library = Library.load()
    asked = [q for q in library.questions.values() if q.rubric == "technical" and q.misconceptions and q.key_points]
    asked = random.Random(0).sample(asked, min(most, len(asked)))
    told = [" ".join(point.text for point in question.key_points) for question in asked]
    cases = [(attacks.Case(one.text, told[i], [told[i - 1]]), from_question(one)) for i, one in enumerate(asked)]
    return _passes(cases, TechnicalEvaluator(encoder, library.rubrics["technical"]))


def _passes(cases: Sequence[tuple[attacks.Case, Target]], evaluator: TechnicalEvaluator) -> dict[str, float]:
    found = {}
    for family in attacks.FAMILIES:
        chosen = [(c, t) for c, t in cases if "shuffled" not in family or len(content(c.reference)) >= ORDERED]
        made = attacks.make(family, [case for case, _ in chosen])
        scored = evaluator.score_many([(text, target) for text, (_, target) in zip(made, chosen, strict=True)])
        found[family] = sum((one.overall or 0.0) >= attacks.PASS for one in scored) / max(1, len(scored))
    return found


def table(report: ScoringReport) -> str:
    """Return the tables as Markdown."""
    headings = (
        *("set", "answers", "questions", "r (95 %)", "Spearman", "within question", "QWK", "RMSE", "RMSE, 20 graded"),
        *("cosine r", "TF-IDF r", "length r", "mean grade RMSE", "people r", "false alarms", "answers/s"),
    )
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    for one in report.sets:
        s = one.scores
        low, high = s.pearson_interval or (float("nan"), float("nan"))
        cells = [
            one.name, str(s.answers), str(one.questions), f"**{_two(s.pearson)}** ({low:.2f} to {high:.2f})",
            _two(s.spearman), _two(s.within), _two(s.kappa), f"{s.error:.2f}", _two(one.calibrated_error),
            *(_two(one.baselines[name]) for name in ("cosine", "TF-IDF", "length")),
            f"{one.mean_grade_error:.2f}", _two(one.people),
            "–" if one.false_alarms is None else f"{one.false_alarms:.1%}", f"{one.answers_per_second:.0f}",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", _repeated(report.sets)]
    columns = [(one.name, one.passes) for one in report.sets]
    columns += [("our questions", report.bank)] if report.bank else []
    lines += ["", "| attack passes | " + " | ".join(name for name, _ in columns) + " |"]
    lines.append("|" + "---|" * (len(columns) + 1))
    for family in attacks.FAMILIES:
        shares = (f"{shares[family]:.0%}" for _, shares in columns)
        lines.append(f"| {family} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


def _repeated(sets: Sequence[SetReport]) -> str:
    differing = ", ".join(one.name for one in sets if not one.repeats)
    again = f"not the same numbers on {differing}" if differing else "the same numbers on every set"
    unscored = sum(one.unscored for one in sets)
    return f"Scored once more, the first {AGAIN} answers of each set: {again}. Answers without a number: {unscored}."


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _same(one: Score, other: Score) -> bool:
    return one.overall == other.overall or abs((one.overall or 0) - (other.overall or 0)) < 1e-3
