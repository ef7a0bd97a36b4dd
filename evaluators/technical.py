"""Technical answers: which key points are said, how much of each, and which known mistakes.

Each key point is aligned with the answer word by word over the encoder's states, the question's own words weighing
nothing. Seven scorers then vote on how much of it is said, by weights that are tuned on graded answers
(`interviewer calibrate`); terms, names and formulas that show it literally add to it. No regression is fitted: those
give points for copied questions and for gibberish (see `interviewer bench scoring`).

What it cannot see: contradiction in general. A claim that turns a key point round is found only when it stays close to
the point's words, or when the question lists the mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from evaluators.combine import NARROW, WIDE, Total, apply_caps, decided, finish, versions_of, weighted
from evaluators.reliability import voting
from evaluators.score import CriterionScore, Score
from evaluators.text import anchors, belonging, gates, misconceptions, wording
from evaluators.text.alignment import Aligned, Reading, align, read
from evaluators.text.denial import denies
from evaluators.text.evidence import Span, quote, sentences
from evaluators.text.gates import Finding
from evaluators.text.prepared import NOTHING, Prepared, Wording, prepare, references, texts_of
from evaluators.text.retraction import without_withdrawn
from evaluators.text.target import Point, Target, from_question
from evaluators.text.votes import Words, told, values
from knowledge.models import LEVELS, Level, Question, Rubric

if TYPE_CHECKING:
    from knowledge.encoder import TokenEncoder

REFERENCE = 0.78  # mean of recall and gain at which a statement of a reference is said; full marks reach .6 to .7
ANCHOR = 0.18  # what a literal anchor adds to a point's share, of 1; alone it is worth no more than that
BEYOND = 0.5  # what a point above the asked level weighs
TOUCHED = 0.2  # least share of a point that counts and is quoted; sentences on one subject share less by chance
KEPT = 1024  # targets; one with a reference of sixty words takes 190 kB, one of our questions about 600
SAID = 0.84  # share above chance from which a point is wholly said; good answers of 160 to 190 words then earn 4.2 of 5
_UNRELATED = Path(__file__).parent / "text" / "background.txt"


@dataclass(frozen=True, slots=True)
class _Covered:
    """A point found in an answer: its share from 0 to 1, where, what was literal, and what the scorers saw of it."""

    point: Point
    share: float
    aligned: Aligned
    literal: tuple[str, ...]
    denied: bool
    seen: dict[str, float]


class TechnicalEvaluator:
    """Scores technical answers; readings of questions are kept, so answers to one question share them."""

    def __init__(self, encoder: TokenEncoder, rubric: Rubric | None = None, panel: voting.Panel | None = None) -> None:
        """`panel` is who votes by which weights, None for the one that everybody starts with."""
        self._encoder = encoder
        self._rubric = rubric
        self._panel = panel or voting.shipped()
        self._prepared: dict[Target, Prepared] = {}
        self._lock = Lock()

    def score(self, answer: str, question: Question, level: Level | None = None) -> Score:
        """Return the score of an answer to a question of the bank, read at `level` (the question's own if None)."""
        return self.score_many([(answer, from_question(question, level))])[0]

    def score_many(self, items: Sequence[tuple[str, Target]]) -> list[Score]:
        """Return the scores of many answers, in their order; all texts are encoded in batches of like length."""
        return [score for score, _ in self.score_and_votes(items)]

    def score_and_votes(self, items: Sequence[tuple[str, Target]]) -> list[tuple[Score, dict[str, float]]]:
        """Return the scores, each with what every scorer saw against the reference; nothing where a gate decided."""
        prepared = self.prepare([target for _, target in items])
        texts: list[str] = []
        found: list[list[Finding]] = []
        sample = self._rubric.strong.answer if self._rubric is not None else ""
        for answer, target in items:
            text, findings = gates.hear(answer, target.question, sample)
            if copies := gates.repeats_of(target.question, text):
                text = gates.without(text, copies)
                if not text.strip() and not findings:
                    findings.append(gates.COPIED)
            texts.append("" if any(f.effect in {"zero", "unscored"} for f in findings) else text)
            found.append(findings)
        wanted = {text for text in texts if text}
        order = sorted(wanted, key=len)
        readings: dict[str, Reading] = {"": NOTHING}
        for start in range(0, len(order), 256):
            batch = order[start : start + 256]
            for text, states in zip(batch, self._encoder.token_states(batch), strict=True):
                readings[text] = read(text, states)
        return [
            self._score(readings[text], target, prepared[target], findings)
            for text, (_, target), findings in zip(texts, items, found, strict=True)
        ]

    def prepare(self, targets: Sequence[Target]) -> Mapping[Target, Prepared]:
        """Return the targets as answers are compared with them; those that are not kept are read, all at once."""
        kept = {target: one for target in targets if (one := self._prepared.get(target)) is not None}
        new = [target for target in dict.fromkeys(targets) if target not in kept]
        texts = list(dict.fromkeys(text for target in new for text in texts_of(target) if text.strip()))
        states = self._encoder.token_states(texts) if texts else []
        known = {text: read(text, state) for text, state in zip(texts, states, strict=True)}
        made = {target: self._with_chance(prepare(target, known)) for target in new}
        with self._lock:
            self._prepared.update(made)
            for oldest in list(self._prepared)[: max(0, len(self._prepared) - KEPT)]:
                del self._prepared[oldest]
        return kept | made

    def _with_chance(self, prepared: Prepared) -> Prepared:
        """Return the target with what unrelated texts reach of each point in the wording that suits them best.

        "We", "our" and numbers make any two stories a little alike, and a long text finds something for any point. Of
        points in their own words alone nothing is taken off.
        """
        if all(len(wordings) == 1 for wordings in prepared.points):
            return prepared
        texts = [(text, told([text], prepared.question), sentences(text.text)) for text in self._unrelated]
        by_chance = tuple(
            tuple(max(self._heard(one, text, heard, spans)[0] for one in wordings) for text, heard, spans in texts)
            for wordings in prepared.points
        )
        return replace(prepared, by_chance=by_chance)

    def _above_chance(self, share: float, reached: Sequence[float], answer: Reading) -> float:
        """Return a share without what an unrelated text as long as the answer reaches of the point, at its median.

        A point is found in a text's best sentences: what many short texts reach says what a text as long as all of
        them does. Without the length good answers to other questions earned 1.2 of 5, with it they earn .6.
        """
        usual = sum(len(text.words) for text in self._unrelated) / len(self._unrelated)
        chance = float(np.quantile(reached, 0.5 ** min(1.0, usual / len(answer.words)))) if answer.words else 0.0
        return min(1.0, max(0.0, share - chance) / max(1e-6, 1 - chance) / SAID)

    @cached_property
    def _unrelated(self) -> list[Reading]:
        texts = _UNRELATED.read_text(encoding="utf-8").strip().split("\n\n")
        return [read(text, states) for text, states in zip(texts, self._encoder.token_states(texts), strict=True)]

    def _score(
        self, answer: Reading, target: Target, prepared: Prepared, findings: list[Finding]
    ) -> tuple[Score, dict[str, float]]:
        versions = versions_of(self._rubric, self._encoder.name) if self._rubric else {"encoder": self._encoder.name}
        versions["scorers"] = self._panel.made
        blank = {point.id: _weight(point, target) for point in target.points}
        if not any(finding.effect in {"zero", "unscored"} for finding in findings):
            findings = [*findings, *wording.inspect_reading(answer, references(prepared))]
        if (score := decided(findings, blank, versions=versions)) is not None:
            return score, {}
        if not target.points:
            return finish(None, [], findings, versions=versions), {}
        spans = sentences(answer.text)
        found = misconceptions.find(answer, spans, prepared.wrongs, prepared.truths)
        if found.withdrawn:
            answer, spans = without_withdrawn(answer, spans, found.withdrawn)
        heard = told([answer], prepared.question)
        seen = values(prepared.told, heard) if target.reference else {}
        covered = [self._cover(number, prepared, answer, heard, target, spans) for number in range(len(target.points))]
        criteria = [_criterion(one, answer, _weight(one.point, target)) for one in covered]
        if target.reference:
            total = self._by_reference(covered, prepared, seen, criteria)
            assert prepared.reference is not None
            if (
                most := belonging.limit(belonging.belonging(answer, prepared.question, prepared.reference))
            ) is not None:
                total.cap(*most)
        else:
            total = self._by_points(covered, criteria, target)
        self._limit(total, covered, criteria, found)
        if any(one.denied for one in covered):
            findings.append(Finding("contradiction", "note", "A key point is turned into its opposite."))
        few = len(answer.words) < 12 or len(covered) == 1
        spread = WIDE if few else NARROW
        score = finish(total, criteria, findings, misconceptions=found.held, spread=spread, versions=versions)
        return score, seen

    def _cover(
        self, number: int, prepared: Prepared, answer: Reading, heard: Words, target: Target, spans: Sequence[Span]
    ) -> _Covered:
        point, wordings = target.points[number], prepared.points[number]
        literal: list[str] = []
        if target.reference:
            aligned = align(wordings[0].reading, wordings[0].weights, answer, spans)
            ways = [(0.5 * (aligned.whole + aligned.beyond) / REFERENCE, aligned, dict[str, float]())]
        else:
            ways = [self._heard(one, answer, heard, spans) for one in wordings]
            literal = anchors.find(point.anchors, answer.text)
        share, aligned, seen = max(ways, key=itemgetter(0))
        if prepared.by_chance:
            share = self._above_chance(share, prepared.by_chance[number], answer)
        if point.anchors:
            share = (1 - ANCHOR) * share + ANCHOR * min(1.0, len(literal) / 1.5)
        denied = any(
            denies(wording, answer, nearest, spans, listed=bool(target.wrongs))
            for wording, (_, nearest, _) in zip(wordings, ways, strict=True)
        )
        share = 0.0 if denied or share < TOUCHED else min(1.0, share)
        return _Covered(point, share, aligned, tuple(literal), denied, seen)

    def _heard(
        self, wording: Wording, answer: Reading, heard: Words, spans: Sequence[Span]
    ) -> tuple[float, Aligned, dict[str, float]]:
        """Return how much of a point the answer says when it is worded like this, where, and what the scorers saw."""
        aligned = align(wording.reading, wording.weights, answer, spans)
        seen = values(wording.told, heard.part(answer.within(aligned.window))) if aligned.window is not None else {}
        return self._panel.vote(seen, "point") if seen else 0.0, aligned, seen

    def _by_points(self, covered: Sequence[_Covered], criteria: Sequence[CriterionScore], target: Target) -> Total:
        """Return what the key points are worth: those of the asked level make the whole, those above are a bonus."""
        total = weighted(criteria, {one.point.id: 5 * one.share for one in covered}) or Total(0.0)
        total.trace += [
            f"scorers on {one.point.id}: {self._panel.told(one.seen, 'point')}" for one in covered if one.seen
        ]
        expected = sum(one.point.weight for one in covered if not _beyond(one.point, target))
        if not expected:
            return total
        inside = sum(one.share * one.point.weight for one in covered if not _beyond(one.point, target))
        bonus = BEYOND * sum(one.share * one.point.weight for one in covered if _beyond(one.point, target))
        total.value = 5 * min(1.0, (inside + bonus * (1 - inside / expected)) / expected)
        if bonus:
            total.trace.append(f"points above {target.level} fill half of what is missing: {total.value:.2f}")
        weakest = min(covered, key=lambda one: (one.share, -one.point.weight))
        total.trace.append(f"weakest: {weakest.point.id} ({5 * weakest.share:.1f})")
        return total

    def _by_reference(
        self,
        covered: Sequence[_Covered],
        prepared: Prepared,
        seen: dict[str, float],
        criteria: Sequence[CriterionScore],
    ) -> Total:
        """Return what an answer is worth beside a reference: the scorers' vote, less what it denies."""
        total = weighted(criteria, {one.point.id: 5 * one.share for one in covered}) or Total(0.0)
        if not seen:
            return total
        masses = [float(wordings[0].weights.sum()) for wordings in prepared.points]
        kept = sum(mass for one, mass in zip(covered, masses, strict=True) if not one.denied) / sum(masses)
        total.value = 5 * kept * self._panel.vote(seen, "reference")
        total.trace.append(f"scorers on the whole: {self._panel.told(seen, 'reference')}: {total.value:.2f}")
        return total

    def _limit(
        self,
        total: Total,
        covered: Sequence[_Covered],
        criteria: Sequence[CriterionScore],
        found: misconceptions.Found,
    ) -> None:
        """Apply the rubric's caps: the weakest core point, and what was said wrong."""
        if self._rubric is None:
            return
        cores = [c.score or 0 for c, one in zip(criteria, covered, strict=True) if one.point.core]
        denied = sum(one.denied for one in covered)
        levels: dict[str, int | None] = {
            "core": min(cores) if cores else None,
            "correctness": max(0, 5 - 2 * len(found.held) - 4 * denied),
        }
        total.trace += [f"misconception {wrong.id}: “{wrong.evidence.quote}”" for wrong in found.held]
        total.trace += [f"misconception {wrong} was stated and taken back" for wrong in found.taken_back]
        apply_caps(total, self._rubric.caps, levels)


def _criterion(one: _Covered, answer: Reading, weight: float) -> CriterionScore:
    score = round(5 * one.share)
    span = one.aligned.sentence
    evidence = (quote(answer.text, *span),) if span is not None and (score or one.denied) else ()
    if score and not evidence:
        score = 0
    said = "Not said" if not score else "Said" if score == 5 else f"Said to {one.share:.0%}"
    reason = f"{said}: {_full_stop(one.point.text)}"
    if one.literal and score:
        reason += f" Literally there: {', '.join(one.literal[:3])}."
    if one.denied:
        reason = f"The answer says the opposite of this: {_full_stop(one.point.text)}"
    return CriterionScore(criterion=one.point.id, score=score, evidence=evidence, reason=reason, weight=weight)


def _full_stop(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _beyond(point: Point, target: Target) -> bool:
    return LEVELS.index(point.level) > LEVELS.index(target.level)


def _weight(point: Point, target: Target) -> float:
    return point.weight * (BEYOND if _beyond(point, target) else 1.0)
