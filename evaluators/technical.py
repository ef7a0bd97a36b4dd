"""Technical answers: which key points are said, how much of each, and which known mistakes.

Each key point is aligned with the answer word by word over the encoder's states, the question's own words weighing
nothing; terms, names and formulas that show it literally add to it. No regression is fitted: those give points for
copied questions and for gibberish (see `interviewer bench scoring`).

What it cannot see: contradiction in general. A claim that turns a key point round is found only when it stays close to
the point's words, or when the question lists the mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluators.combine import NARROW, WIDE, Total, apply_caps, decided, finish, versions_of, weighted
from evaluators.score import CriterionScore, MisconceptionFound, Score
from evaluators.text import anchors, gates, misconceptions, wording
from evaluators.text.alignment import Aligned, Floats, Reading, align, joined, newness, read, similarity
from evaluators.text.evidence import Span, quote, sentences
from evaluators.text.gates import Finding
from evaluators.text.polarity import opposed
from evaluators.text.target import Point, Target, from_question
from knowledge.models import LEVELS, Level, Question, Rubric

if TYPE_CHECKING:
    from knowledge.encoder import TokenEncoder

# Alignment that is worth nothing and everything. Unrelated text reaches .12, the median full-mark answer .6 to .7
# against a reference. Key points are told in one's own words and among much else, so both ends are nearer.
REFERENCE = (0.0, 0.78)
WRITTEN = (0.26, 0.66)
PRECISION = 0.1  # share of the other direction: how much of the answer belongs to the reference
ANCHOR = 0.18  # what a literal anchor adds to a point's share, of 1; alone it is worth no more than that
BEYOND = 0.5  # what a point above the asked level weighs
SAME_WORDS = 0.80  # from here a sentence says a point's words, and a denial counts;
WORD_FOR_WORD = 0.88  # the same where no mistakes are listed: there only a turned copy is told from a paraphrase
SAME_BACK = 0.70  # the same seen from the sentence, which has the words of the denial as well


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A target, read once for all its answers."""

    question: Reading
    points: tuple[Reading, ...]
    weights: tuple[Floats, ...]
    wrongs: tuple[misconceptions.Claim, ...]
    truths: tuple[misconceptions.Claim, ...]
    reference: Reading | None


@dataclass(frozen=True, slots=True)
class _Covered:
    """A point found in an answer: its share from 0 to 1 (`raw` is not clipped), where, and what was literal."""

    point: Point
    share: float
    raw: float
    aligned: Aligned
    literal: tuple[str, ...]
    denied: bool


class TechnicalEvaluator:
    """Scores technical answers; readings of questions are kept, so answers to one question share them."""

    def __init__(self, encoder: TokenEncoder, rubric: Rubric | None = None) -> None:
        self._encoder = encoder
        self._rubric = rubric
        self._prepared: dict[Target, _Prepared] = {}

    def score(self, answer: str, question: Question, level: Level | None = None) -> Score:
        """Return the score of an answer to a question of the bank, read at `level` (the question's own if None)."""
        return self.score_many([(answer, from_question(question, level))])[0]

    def score_many(self, items: Sequence[tuple[str, Target]]) -> list[Score]:
        """Return the scores of many answers, in their order; all texts are encoded in batches of like length."""
        self.prepare([target for _, target in items])
        texts: list[str] = []
        found: list[list[Finding]] = []
        for answer, target in items:
            text, findings = gates.hear(answer, target.question)
            if copies := gates.repeats_of(target.question, text):
                text = gates.without(text, copies)
                if not text.strip() and not findings:
                    findings.append(gates.COPIED)
            texts.append("" if any(f.effect in {"zero", "unscored"} for f in findings) else text)
            found.append(findings)
        wanted = {text for text in texts if text}
        order = sorted(wanted, key=len)
        readings: dict[str, Reading] = {"": _empty()}
        for start in range(0, len(order), 256):
            batch = order[start : start + 256]
            for text, states in zip(batch, self._encoder.token_states(batch), strict=True):
                readings[text] = read(text, states)
        return [
            self._score(readings[text], target, findings)
            for text, (_, target), findings in zip(texts, items, found, strict=True)
        ]

    def prepare(self, targets: Sequence[Target]) -> None:
        """Read targets that were not read before, all at once."""
        new = [target for target in dict.fromkeys(targets) if target not in self._prepared]
        texts = list(dict.fromkeys(text for target in new for text in _texts(target) if text.strip()))
        states = self._encoder.token_states(texts) if texts else []
        known = {text: read(text, state) for text, state in zip(texts, states, strict=True)}
        for target in new:
            question = known.get(target.question, _empty())
            points = tuple(known.get(point.text, _empty()) for point in target.points)
            claims = [
                (known[text], wrong.id, wrong.correction)
                for wrong in target.wrongs
                if (text := wrong.statement) in known
            ]
            truths = [*points, *(known[w.correction] for w in target.wrongs if w.correction in known)]
            self._prepared[target] = _Prepared(
                question,
                points,
                tuple(newness(point, question) for point in points),
                tuple(misconceptions.claim(one, newness(one, question), *rest) for one, *rest in claims),
                tuple(misconceptions.claim(one, newness(one, question)) for one in truths if len(one.words)),
                known.get(target.reference),
            )

    def _score(self, answer: Reading, target: Target, findings: list[Finding]) -> Score:
        versions = versions_of(self._rubric, self._encoder.name) if self._rubric else {"encoder": self._encoder.name}
        blank = {point.id: _weight(point, target) for point in target.points}
        prepared = self._prepared[target]
        if not any(finding.effect in {"zero", "unscored"} for finding in findings):
            findings = [*findings, *wording.inspect_reading(answer, _references(prepared))]
        if (score := decided(findings, blank, versions=versions)) is not None:
            return score
        if not target.points:
            return finish(None, [], findings, versions=versions)
        spans = sentences(answer.text)
        covered = [
            self._cover(point, reading, weights, answer, target, spans)
            for point, reading, weights in zip(target.points, prepared.points, prepared.weights, strict=True)
        ]
        wrongs = misconceptions.find(answer, spans, prepared.wrongs, prepared.truths) if prepared.wrongs else []
        criteria = [_criterion(one, answer, _weight(one.point, target)) for one in covered]
        if target.reference:
            total = _by_reference(covered, prepared, answer, criteria)
        else:
            total = _by_points(covered, criteria, target)
        self._limit(total, covered, criteria, wrongs)
        if any(one.denied for one in covered):
            findings.append(Finding("contradiction", "note", "A key point is turned into its opposite."))
        few = len(answer.words) < 12 or len(covered) == 1
        spread = WIDE if few else NARROW
        return finish(total, criteria, findings, misconceptions=wrongs, spread=spread, versions=versions)

    def _cover(
        self, point: Point, reading: Reading, weights: Floats, answer: Reading, target: Target, spans: Sequence[Span]
    ) -> _Covered:
        aligned = align(reading, weights, answer, spans)
        if target.reference:
            low, high = REFERENCE
            raw = (0.5 * (aligned.whole + aligned.beyond) - low) / (high - low)
            literal: list[str] = []
        else:
            low, high = WRITTEN
            raw = (0.5 * (aligned.whole + aligned.local) - low) / (high - low)
            literal = anchors.find(point.anchors, answer.text)
            raw = (1 - ANCHOR) * raw + ANCHOR * min(1.0, len(literal) / 1.5) if point.anchors else raw
        denied = _denied(reading, weights, answer, aligned, SAME_WORDS if target.wrongs else WORD_FOR_WORD)
        share = 0.0 if denied else min(1.0, max(0.0, raw))
        return _Covered(point, share, 0.0 if denied else raw, aligned, tuple(literal), denied)

    def _limit(
        self,
        total: Total,
        covered: Sequence[_Covered],
        criteria: Sequence[CriterionScore],
        wrongs: Sequence[MisconceptionFound],
    ) -> None:
        """Apply the rubric's caps: the weakest core point, and what was said wrong."""
        if self._rubric is None:
            return
        cores = [c.score or 0 for c, one in zip(criteria, covered, strict=True) if one.point.core]
        denied = sum(one.denied for one in covered)
        levels: dict[str, int | None] = {
            "core": min(cores) if cores else None,
            "correctness": max(0, 5 - 2 * len(wrongs) - 4 * denied),
        }
        for wrong in wrongs:
            total.trace.append(f"misconception {wrong.id}: “{wrong.evidence.quote}”")
        if denied >= 2:
            total.cap(1.5, f"{denied} key points are turned into their opposite")
        apply_caps(total, self._rubric.caps, levels)


def _by_points(covered: Sequence[_Covered], criteria: Sequence[CriterionScore], target: Target) -> Total:
    """Return what the key points are worth: those of the asked level make up the whole, those above are a bonus."""
    total = weighted(criteria, {one.point.id: 5 * one.share for one in covered}) or Total(0.0)
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
    covered: Sequence[_Covered], prepared: _Prepared, answer: Reading, criteria: Sequence[CriterionScore]
) -> Total:
    """Return what the statements of a reference are worth, each by how much it says beyond the question."""
    total = weighted(criteria, {one.point.id: 5 * one.share for one in covered}) or Total(0.0)
    masses = [float(weights.sum()) for weights in prepared.weights]
    if not sum(masses):
        return total
    share = sum(one.raw * mass for one, mass in zip(covered, masses, strict=True)) / sum(masses)
    belongs = (_belonging(answer, prepared) - REFERENCE[0]) / (REFERENCE[1] - REFERENCE[0])
    total.value = 5 * min(1.0, max(0.0, (1 - PRECISION) * share + PRECISION * belongs))
    total.trace.append(f"statements by what they say, with {PRECISION:.0%} for keeping to them: {total.value:.2f}")
    return total


def _belonging(answer: Reading, prepared: _Prepared) -> float:
    """Return how much of what the answer says beyond the question is in the reference."""
    weights = newness(answer, prepared.question)
    tables = [similarity(point, answer) for point in prepared.points if len(point.words)]
    if not tables or not weights.sum():
        return 0.0
    best = np.vstack(tables).max(axis=0)
    return float((best * weights).sum() / weights.sum())


def _denied(point: Reading, weights: Floats, answer: Reading, aligned: Aligned, least: float) -> bool:
    """Whether the best sentence says the point's words, by `least` and more, and denies them."""
    if aligned.sentence is None or aligned.local < least:
        return False
    columns = answer.within(aligned.sentence)
    table = similarity(point, answer)[:, columns]
    there = float((table.max(axis=1) * weights).sum() / weights.sum())
    back = float(table.max(axis=0).mean())
    if there < least or back < SAME_BACK:
        return False
    return opposed(point.text, answer.text[slice(*aligned.sentence)])


def _criterion(one: _Covered, answer: Reading, weight: float) -> CriterionScore:
    score = round(5 * one.share)
    span = one.aligned.sentence
    evidence = (quote(answer.text, *span),) if span is not None and (score or one.denied) else ()
    if score and not evidence:
        score = 0
    said = "Not said" if not score else "Said" if score == 5 else f"Said to {one.share:.0%}"
    reason = f"{said}: {_full_stop(one.point.text)}"
    if one.literal:
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


def _references(prepared: _Prepared) -> list[Reading]:
    """Return what might be pasted or shuffled: the reference, or each point and all of them together."""
    if prepared.reference is not None:
        return [prepared.reference]
    points = [point for point in prepared.points if len(point.words) >= 4]
    return [*points, joined(points)] if len(points) > 1 else points


def _texts(target: Target) -> list[str]:
    wrongs = [text for wrong in target.wrongs for text in (wrong.statement, wrong.correction)]
    return [target.question, target.reference, *(point.text for point in target.points), *wrongs]


def _empty() -> Reading:
    nothing = np.zeros((0, 384), np.float32)
    return Reading("", (), (), np.zeros((0, 2), np.int64), nothing, (), (), (), (0.5, 0.4, 0.4))
