"""Weights of the scorers from graded answers: a person's own, and those that everybody starts with.

The latter, with the scorers' scales, are measured on graded sets and on the bank by `interviewer calibrate FOLDER
--everybody FILE`; that file is shipped with the evaluators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from evaluators.reliability import attacks, calibration
from evaluators.reliability.calibration import Calibration
from evaluators.reliability.voting import (
    Ballots,
    Member,
    Panel,
    Scale,
    precision,
    shipped,
    shrunk,
    together,
    tuned,
)
from evaluators.technical import TechnicalEvaluator
from evaluators.text.alignment import align, newness, read
from evaluators.text.evidence import sentences
from evaluators.text.language import counted
from evaluators.text.target import from_reference
from evaluators.text.votes import SCORERS, told, values
from interviewer.bench.scoring import TOP, Graded
from interviewer.bench.scoring import read as read_graded
from knowledge.encoder import TokenEncoder
from knowledge.errors import InputError
from knowledge.library import Library
from knowledge.models import Question

FULL = 95  # percentile of all answers at which a scorer's scale against a reference ends; it begins at
UNRELATED = 0.3  # of what text about something else shows: at all of it r is .01 lower where answers are long
SAMPLE = 60  # questions of a set on which that is looked at
ELSEWHERE, TOLD = 0.1, 0.7  # shares of a point that ladders of other questions, and of its own, are to reach
CHUNK = 256

Seen = list[dict[str, float]]


def ballots(rows: Sequence[Graded], seen: Seen, panel: Panel) -> Ballots:
    """Return the votes of a set; answers that a gate decided have none and are left out."""
    kept = [(one, row.grade) for one, row in zip(seen, rows, strict=True) if one]
    votes = {name: tuple(member.reference(one[name]) for one, _ in kept) for name, member in panel.members.items()}
    return Ballots(votes=votes, grades=tuple(grade for _, grade in kept))


def look(
    rows: Sequence[Graded], evaluator: TechnicalEvaluator, progress: Callable[[int], None] = lambda done: None
) -> Seen:
    """Return what the scorers see in each answer."""
    seen: Seen = []
    for start in range(0, len(rows), CHUNK):
        items = [(row.answer, from_reference(row.question, row.reference)) for row in rows[start : start + CHUNK]]
        seen += [one for _, one in evaluator.score_and_votes(items)]
        progress(len(seen))
    return seen


def calibrated(
    rows: Sequence[Graded],
    encoder: TokenEncoder,
    source: str,
    price: float,
    progress: Callable[[str, int, int], None] = lambda name, done, whole: None,
) -> Calibration:
    """Return a person's calibration: the scorers' weights first, then the scale of the scores that these give.

    Raises:
        InputError: fewer than twenty answers, or almost none that a gate let through.
    """
    if len(rows) < calibration.FEWEST:
        raise InputError(
            f"{counted(len(rows), 'graded answer')}: too few.", f"Grade at least {calibration.FEWEST} answers."
        )
    start = shipped()
    seen = look(rows, TechnicalEvaluator(encoder), partial(_progress, progress, "votes", len(rows)))
    voted = ballots(rows, seen, start)
    weights = shrunk(tuned([voted]), len(voted.grades), start.weights)
    evaluator = TechnicalEvaluator(encoder, panel=start.weighted(weights))
    pairs: list[tuple[float, float]] = []
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        scored = evaluator.score_many([(row.answer, from_reference(row.question, row.reference)) for row in chunk])
        pairs += [(s.overall, TOP * row.grade) for s, row in zip(scored, chunk, strict=True) if s.overall is not None]
        progress("scores", first + len(chunk), len(rows))
    if len(pairs) < calibration.FEWEST:
        why = f"Of {len(rows)} graded answers {len(pairs)} could be scored; {calibration.FEWEST} are needed."
        raise InputError(why, "Are the answers in English, and do the references say something?")
    versions = {"encoder": encoder.name, "scorers": start.made}
    weights = {name: round(weight, 4) for name, weight in weights.items()}
    return calibration.fit([s for s, _ in pairs], [g for _, g in pairs], source, versions, price, weights)


def ship(data: Path, encoder: TokenEncoder, library: Library, progress: Callable[[str, int, int], None]) -> Panel:
    """Return the panel for everybody from a folder of graded sets, `*.jsonl`; every set counts the same.

    Raises:
        InputError: there is no set.
    """
    sets = {path.stem: read_graded(path) for path in sorted(data.glob("*.jsonl"))}
    if not sets:
        raise InputError(f"There are no graded sets in {data}.", "Name a folder of *.jsonl files.")
    points = _point_scales(library, encoder)
    blank = Scale(low=0.0, high=1.0)
    even = {name: Member(weight=1 / len(SCORERS), reference=blank, point=points[name]) for name in SCORERS}
    start = Panel(
        members=even,
        sets={},
        encoder=encoder.name,
        precision_before=0.0,
        precision_after=0.0,
        made=datetime.now(UTC).date().isoformat(),
    )
    seen: dict[str, Seen] = {}
    beside: Seen = []
    for name, rows in sets.items():
        evaluator = TechnicalEvaluator(encoder, panel=start)
        seen[name] = look(rows, evaluator, partial(_progress, progress, name, len(rows)))
        beside += [one for one in look(_elsewhere(rows), evaluator) if one]
    members = {name: _scaled(one, name, list(seen.values()), beside) for name, one in even.items()}
    start = start.model_copy(update={"members": members})
    voted = {name: ballots(rows, seen[name], start) for name, rows in sets.items()}
    before, after = _left_out(sets, seen, start)
    panel = start.weighted({name: round(weight, 4) for name, weight in tuned(list(voted.values())).items()})
    counts = {name: len(one.grades) for name, one in voted.items()}
    return panel.model_copy(
        update={"sets": counts, "precision_before": round(before, 4), "precision_after": round(after, 4)}
    )


def _progress(progress: Callable[[str, int, int], None], name: str, whole: int, done: int) -> None:
    progress(name, done, whole)


def _elsewhere(rows: Sequence[Graded]) -> list[Graded]:
    """Return the questions of a set, some of them, answered by text about something else."""
    asked = rows[:: max(1, len(rows) // SAMPLE)]
    texts = attacks.make("about something else", [attacks.Case(row.question, row.reference, ()) for row in asked])
    return [row.model_copy(update={"answer": text}) for row, text in zip(asked, texts, strict=True)]


def _scaled(member: Member, name: str, sets: Sequence[Seen], beside: Seen) -> Member:
    """Return a member with its scale against a reference."""
    low = UNRELATED * float(np.median([one[name] for one in beside]))
    high = float(np.mean([np.percentile([one[name] for one in seen if one], FULL) for seen in sets]))
    return member.model_copy(update={"reference": Scale(low=round(low, 3), high=round(high, 3))})


def _left_out(sets: dict[str, list[Graded]], seen: dict[str, Seen], panel: Panel) -> tuple[float, float]:
    """Return average precision of even votes and of tuned ones, both on the half of the questions not tuned on."""
    before: list[float] = []
    after: list[float] = []
    chance = np.random.default_rng(0)
    halves = {name: _half([row.group for row in rows], chance) for name, rows in sets.items()}
    for other in (True, False):
        fit: list[Ballots] = []
        test: list[Ballots] = []
        for name, rows in sets.items():
            for wanted, chosen in ((other, fit), (not other, test)):
                at = [i for i, inside in enumerate(halves[name]) if inside == wanted]
                chosen.append(ballots([rows[i] for i in at], [seen[name][i] for i in at], panel))
        weights = tuned(fit)
        before += [precision(together(one, panel.weights), np.array(one.grades)) for one in test]
        after += [precision(together(one, weights), np.array(one.grades)) for one in test]
    return float(np.mean(before)), float(np.mean(after))


def _half(groups: Sequence[str], chance: np.random.Generator) -> list[bool]:
    names = sorted(set(groups))
    chosen = set(chance.permutation(names)[: len(names) // 2])
    return [group in chosen for group in groups]


def _point_scales(library: Library, encoder: TokenEncoder) -> dict[str, Scale]:
    """Return each scorer's scale on a key point, from the bank's ladders: the question's own, and another's."""
    asked = [q for q in library.questions.values() if q.rubric == "technical" and q.key_points and q.ladder]
    ladders = [" ".join([q.ladder.junior, q.ladder.senior, q.ladder.staff]) for q in asked if q.ladder]
    own = [one for q, text in zip(asked, ladders, strict=True) for one in _on_points(q, text, encoder)]
    moved = [*ladders[7:], *ladders[:7]]  # seven questions on: mostly another subject
    other = [one for q, text in zip(asked, moved, strict=True) for one in _on_points(q, text, encoder)]
    scales = {}
    for name in SCORERS:
        nothing, all_of_it = (float(np.median([one[name] for one in found])) for found in (other, own))
        width = (all_of_it - nothing) / (TOLD - ELSEWHERE)
        low = nothing - ELSEWHERE * width
        scales[name] = Scale(low=round(low, 3), high=round(low + width, 3))
    return scales


def _on_points(question: Question, text: str, encoder: TokenEncoder) -> Seen:
    """Return what the scorers see of each key point in the two sentences that say most of it."""
    texts = [question.text, text, *(point.text for point in question.key_points)]
    asked, answer, *points = (read(*pair) for pair in zip(texts, encoder.token_states(texts), strict=True))
    heard, spans = told([answer], asked), sentences(text)
    found: Seen = []
    for point in points:
        window = align(point, newness(point, asked), answer, spans).window
        seen = values(told([point], asked), heard.part(answer.within(window))) if window is not None else {}
        if seen:
            found.append(seen)
    return found
