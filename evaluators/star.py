"""Stories: a checklist of observable parts with quotations, each on the anchors of the rubric file.

It claims no more than it can quote. On real interviews even trained models of the text alone reach r .31 to .39 with
people's overall ratings; so the parts of a story are looked for, and delivery is reported apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluators.combine import NARROW, WIDE, apply_caps, apply_flag_caps, decided, finish, versions_of, weighted
from evaluators.delivery import delivery
from evaluators.score import CriterionScore, Evidence, Score
from evaluators.story import asked, cues, levels, parts
from evaluators.story.clauses import Told
from evaluators.story.ownership import is_somebody_elses
from evaluators.story.platitudes import with_platitudes_marked
from evaluators.text import gates, wording
from evaluators.text.alignment import read
from evaluators.text.evidence import quote
from evaluators.text.gates import Finding
from evaluators.text.language import words
from knowledge.models import Criterion, Rubric

if TYPE_CHECKING:
    from knowledge.encoder import TokenEncoder

# A post with its years, as a curriculum vitae lists them.
_POST = re.compile(r"\b(?:19|20)\d\d\s*[-–—]\s*(?:(?:19|20)\d\d|now|today|present)\b", re.IGNORECASE)
CHECKED = 3000  # characters that are checked for gibberish and shuffled keywords
ASIDES, MOSTLY = 0.6, 0.8  # of the words: told beside any story, in doubt and for sure
_NOTHING_TOLD = {"hypothetical", "philosophy", "no_story"}


class StarEvaluator:
    """Scores a story by the rubric `star`."""

    def __init__(self, rubric: Rubric, encoder: TokenEncoder) -> None:
        self._rubric = rubric
        self._encoder = encoder

    def score(self, answer: str, question: str = "", follow_ups: Sequence[tuple[int, str]] = ()) -> Score:
        """Return the eight criteria with their quotations, the flags, and the delivery apart.

        Args:
            answer: everything that was told, replies to follow-ups included.
            question: what was asked.
            follow_ups: where in the answer each reply to a follow-up begins, and the criterion that it was asked for.
        """
        told_how = delivery(answer[: gates.READ])
        versions = versions_of(self._rubric, self._encoder.name)
        text, findings = gates.hear(answer, question, self._rubric.strong.answer)
        states = None
        if not any(finding.effect in {"zero", "unscored"} for finding in findings):
            states = self._encoder.token_states([text])[0]
            findings += wording.inspect_reading(read(text[:CHECKED], states))
        weights = {criterion.id: criterion.weight for criterion in self._rubric.criteria}
        if (score := decided(findings, weights, delivery=told_how, versions=versions)) is not None:
            return score
        states = states or self._encoder.token_states([text])[0]
        told = with_platitudes_marked(parts.tell(text, states, follow_ups), self._encoder)
        findings += _kinds(text, told, question)
        judged = [self._judge(criterion, text, told, findings) for criterion in self._rubric.criteria]
        total = weighted(judged)
        if total is not None:
            apply_caps(total, self._rubric.caps, {c.criterion: c.score for c in judged})
        doubtful = any(finding.flag == "perhaps_no_story" for finding in findings)
        spread = WIDE if doubtful or len(words(text)) < 80 else NARROW
        score = finish(total, judged, findings, delivery=told_how, spread=spread, versions=versions)
        return apply_flag_caps(score, self._rubric)

    def _judge(self, criterion: Criterion, text: str, told: list[Told], findings: list[Finding]) -> CriterionScore:
        rule = levels.RULES.get(criterion.id)
        if rule is None:
            reason = "The offline scorer has no rule for this criterion."
            return CriterionScore(criterion=criterion.id, score=None, reason=reason, weight=criterion.weight)
        score, rests_on, reason = rule(told)
        flags = {finding.flag for finding in findings}
        if flags & _NOTHING_TOLD and criterion.id != "concision":
            score, rests_on, reason = 0, [], "Nothing is told that happened, so there is nothing to weigh here."
        if score is None:
            return CriterionScore(criterion=criterion.id, score=None, reason=reason, weight=criterion.weight)
        if criterion.id == "ownership" and "blame" in flags:
            score, reason = min(score, 1), "Others are blamed for the trouble. " + reason
        evidence = _quotations(text, rests_on)
        if score and not evidence:
            score, reason = 0, "Nothing in the answer can be quoted for it."
        return CriterionScore(
            criterion=criterion.id, score=score, evidence=evidence, reason=reason, weight=criterion.weight
        )


def _quotations(text: str, sentences: Sequence[Told], most: int = 3) -> tuple[Evidence, ...]:
    found = (quote(text, one.start, one.end) for one in sentences[:most])
    return tuple(evidence for evidence in found if evidence.quote)


def _nothing_told(text: str, told: Sequence[Told], acts: Sequence[Told]) -> Finding | None:
    """Return the finding that no story is told: surely, or in doubt when there are parts of one all the same."""
    aside = sum(len(words(one.text)) for one in told if one.part is None)
    share = aside / max(1, sum(len(words(one.text)) for one in told))
    nobody_acts = not any(one.part == "action" and one.steps for one in told) and not is_somebody_elses(told)
    if share > MOSTLY or (nobody_acts and not acts) or len(_POST.findall(text)) >= 2:
        return Finding("no_story", "note", "It explains, lists or asks for something; no story is told in it.")
    if share > ASIDES:
        return Finding("perhaps_no_story", "cap", "Most of it tells nothing that happened.", 1.5)
    return None


def _kinds(text: str, told: Sequence[Told], question: str) -> list[Finding]:
    """Return what kind of answer it is instead of a story: imagined, a creed, blame, or an answer to something else."""
    found: list[Finding] = []
    done = [one for one in told if one.part in {"action", "result"}]
    acts = [one for one in done if one.actor in {"I", "we"}]
    # A reply may well say what one would do: it was asked what one would do differently.
    imagined = [one for one in told if not one.reply and cues.HYPOTHETICAL.search(one.text)]
    if len(imagined) >= 2 and len(imagined) > len(acts) and len(imagined) >= 0.4 * sum(not one.reply for one in told):
        found.append(Finding("hypothetical", "note", "It tells what would be done, not what was done."))
    creed = [one for one in told if cues.GENERAL.search(one.text)]
    if creed and len(done) <= 1 and len(creed) >= 0.4 * len(told) and not found:
        found.append(Finding("philosophy", "note", "It tells what is believed or usually done; nothing happens in it."))
    if not found and (nothing := _nothing_told(text, told, acts)) is not None:
        found.append(nothing)
    if not found and is_somebody_elses(told):
        found.append(Finding("somebody_elses_story", "note", "It tells what somebody else did."))
    if len(cues.BLAME.findall(text)) >= 2:
        found.append(Finding("blame", "note", "The trouble is put on other people."))
    told_nothing = _NOTHING_TOLD & {finding.flag for finding in found}
    if not told_nothing and not asked.answered(text, question):
        reason = "The story answers another question than the one that was asked."
        found.append(Finding("other_question", "note", reason))
    return found
