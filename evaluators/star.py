"""Stories: a checklist of observable parts with quotations, each on the anchors of the rubric file.

It claims no more than it can quote. On real interviews even trained models of the text alone reach r .31 to .39 with
people's overall ratings; so the parts of a story are looked for, and delivery is reported apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evaluators.combine import NARROW, WIDE, apply_caps, decided, finish, versions_of, weighted
from evaluators.delivery import delivery
from evaluators.score import CriterionScore, Evidence, Score
from evaluators.text import gates, story, story_cues, wording
from evaluators.text.alignment import read
from evaluators.text.evidence import quote
from evaluators.text.gates import Finding
from evaluators.text.language import content, stem, words
from evaluators.text.story import Told
from knowledge.models import Criterion, Rubric

if TYPE_CHECKING:
    from knowledge.encoder import TokenEncoder

# What a question about the past asks for, and the words without which a story does not answer it.
_ASKED = {
    r"disagree|conflict|pushback|difficult (?:person|colleague|stakeholder)": (
        r"disagree|conflict|argu|push(?:ed)? back|differen|oppos|convinc|persuad|debate|insist|resist|against|object|"
        r"tension|compromise"
    ),
    r"\bfail|mistake|went wrong|regret": (
        r"fail|mistake|wrong|regret|missed|broke|lost|should have|underestimat|did(?:n'| no)t work|outage|error|"
        r"hindsight|stuck|drop"
    ),
    r"stay current|keep up|up to date": (
        r"read|paper|conference|blog|course|newsletter|arxiv|implement|follow|community|podcast|talk|reproduc"
    ),
    r"mentor|junior|help(?:ed)? (?:a|someone|somebody)|coach": (
        r"mentor|junior|taught|teach|pair|coach|feedback|onboard|grow|intern|helped|review"
    ),
}

CONCRETE = 14  # content words; a scene of fewer, with no number and no date in it, could be anybody's

LONGEST = 470  # words that a listener can hold, by the rubric's anchor for five
ENDING = 40  # words of an ending in our stories; one that is missing costs the result, not the length as well

Judgement = tuple[int | None, list[Told], str]


class StarEvaluator:
    """Scores a story by the rubric `star`."""

    def __init__(self, rubric: Rubric, encoder: TokenEncoder) -> None:
        self._rubric = rubric
        self._encoder = encoder

    def score(self, answer: str, question: str = "") -> Score:
        """Return the eight criteria with their quotations, the flags, and the delivery apart."""
        told_how = delivery(answer[: gates.READ])
        versions = versions_of(self._rubric, self._encoder.name)
        text, findings = gates.hear(answer, question)
        if not any(finding.effect in {"zero", "unscored"} for finding in findings):
            findings += self._unknown_words(text)
        weights = {criterion.id: criterion.weight for criterion in self._rubric.criteria}
        if (score := decided(findings, weights, delivery=told_how, versions=versions)) is not None:
            return score
        told = story.tell(text)
        findings += _kinds(text, told, question)
        judged = [self._judge(criterion, text, told, findings) for criterion in self._rubric.criteria]
        total = weighted(judged)
        if total is not None:
            apply_caps(total, self._rubric.caps, {c.criterion: c.score for c in judged})
        spread = WIDE if len(words(text)) < 80 else NARROW
        return finish(total, judged, findings, delivery=told_how, spread=spread, versions=versions)

    def _unknown_words(self, text: str) -> list[Finding]:
        start = text[:3000]
        reading = read(start, self._encoder.token_states([start])[0])
        return wording.inspect_reading(reading)

    def _judge(self, criterion: Criterion, text: str, told: list[Told], findings: list[Finding]) -> CriterionScore:
        rule = _RULES.get(criterion.id)
        if rule is None:
            reason = "The offline scorer has no rule for this criterion."
            return CriterionScore(criterion=criterion.id, score=None, reason=reason, weight=criterion.weight)
        score, rests_on, reason = rule(told)
        flags = {finding.flag for finding in findings}
        if score is None:
            return CriterionScore(criterion=criterion.id, score=None, reason=reason, weight=criterion.weight)
        if flags & {"hypothetical", "philosophy"} and criterion.id in {"situation", "action", "result", "measurement"}:
            score, reason = min(score, 1), "Nothing is told that happened; " + reason[0].lower() + reason[1:]
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


def _part(told: Sequence[Told], name: story.Part) -> list[Told]:
    return [one for one in told if one.part == name]


def _strongest(told: Sequence[Told], *patterns: re.Pattern[str]) -> list[Told]:
    """Return the sentences in which most of the patterns hold first."""
    return sorted(told, key=lambda one: -sum(pattern.search(one.text) is not None for pattern in patterns))


def _situation(told: list[Told]) -> Judgement:
    scene = _part(told, "situation")
    first_act = next((one.start for one in told if one.part == "action"), None)
    opening = [one for one in told if one.part == "task" and (first_act is None or one.start < first_act)]
    if not scene:
        opening = [one for one in opening if story_cues.TROUBLE.search(one.text)][:1]
        if opening:
            return 2, opening, "The setting is only met inside the task."
        return 0, [], "No setting is given: neither the system nor the trouble."
    whole = " ".join(one.text for one in scene)
    if not (story_cues.TROUBLE.search(whole) and story_cues.STAKES.search(whole)):
        scene = [*scene, *opening]  # "I had to … because orders were lost": the reason for a task is told with it
        whole = " ".join(one.text for one in scene)
    points = 1.0
    points += len(set(content(whole))) >= 8 and story_cues.SETTING.search(whole) is not None
    trouble, stakes = story_cues.TROUBLE.search(whole), story_cues.STAKES.search(whole)
    detailed = bool(story.quantities(whole)) or len(set(content(whole))) >= CONCRETE
    points += 1.25 * (trouble is not None) + (stakes is not None) + 0.75 * detailed
    if not trouble:
        points = min(points, 3.0)
    if not (detailed or story_cues.NUMBER.search(whole) or story_cues.NAMED_TIME.search(whole)):
        points = min(points, 2.0)
    missing = [
        name for name, there in (("what was wrong", trouble), ("what it cost or whom it touched", stakes)) if not there
    ]
    reason = (
        "The setting, the trouble and what was at stake are told." if not missing else f"Missing: {', '.join(missing)}."
    )
    strongest = _strongest(scene, story_cues.TROUBLE, story_cues.STAKES, story_cues.SETTING)
    return min(5, int(points + 0.5)), strongest, reason


_MEASURE = re.compile(
    r"[<>≥≤]|\b(?:at least|at most|under|below|above|over|more than|less than|target|to hit|from|exceed)\b",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(
    r"\b(?:without|within|before|until|in time|deadline|only had|by (?:the )?(?:end|next|q\d|\d|launch|christmas|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|"
    r"november|december)|"
    r"had (?:only )?\S+ (?:days?|weeks?|months?|hours?)|"
    r"(?:\w+ )?(?:hours?|days?|weeks?|months?) (?:later|left|before)|in (?:\w+ ){1,2}(?:hours?|days?|weeks?|"
    r"months?)|while|budget|no (?:more|drop|extra))\b|\b\d+ (?:hours?|days?|weeks?)\b",
    re.IGNORECASE,
)


def _task(told: list[Told]) -> Judgement:
    goals = _part(told, "task")
    if not goals:
        return 0, [], "It is not said what had to be achieved."
    whole = " ".join(one.text for one in goals)
    measure = _MEASURE.search(whole) or story.quantities(whole)
    constraint = _CONSTRAINT.search(whole)
    if len(content(whole)) < 3 and not (measure or constraint):
        return 1, goals, "The aim is so general that it could be anybody's."
    score = 3 + bool(measure) + bool(constraint)
    missing = [
        name
        for name, there in (("a measure of success", measure), ("a deadline or constraint", constraint))
        if not there
    ]
    reason = (
        "The goal has its measure and its constraint."
        if not missing
        else f"The goal is stated without {' or '.join(missing)}."
    )
    return score, _strongest(goals, _MEASURE, _CONSTRAINT), reason


def _action(told: list[Told]) -> Judgement:
    acts = _part(told, "action")
    concrete = [one for one in acts if one.steps]
    steps = sum(one.steps for one in concrete)
    if not acts:
        return 0, [], "Nothing is told that was done."
    if not steps:
        return 1, acts, "What was done stays general: no method, tool or finding is named."
    reasons = [one for one in acts if story_cues.REASON.search(one.text)]
    chosen = [one for one in acts if story_cues.CHOICE.search(one.text)]
    some, more = (2, 3) if steps == 1 else (3, 4)
    score = 5 if chosen and steps >= 3 else more if reasons or chosen or steps >= 5 else some
    why = "with a choice and its reason" if chosen else "with what was found, but no choice among alternatives"
    why = why if reasons or chosen else "without a reason for any choice"
    strongest = _strongest(concrete, story_cues.CHOICE, story_cues.REASON)
    return score, strongest, f"{steps} concrete step{'s' * (steps != 1)}, {why}."


def _result(told: list[Told]) -> Judgement:
    ends = _part(told, "result")
    if not ends:
        return 0, [], "The story has no ending."
    real = [one for one in ends if not story.is_feeling(one.text) and len(content(one.text)) >= 2]
    if not real:
        return 1, ends, "The ending is a feeling; nothing in it can be checked."
    whole = " ".join(one.text for one in real)
    impact = story_cues.IMPACT.search(whole)
    known = story_cues.KNOWN_BY.search(whole) or story_cues.PAIR.search(whole) or _baseline_elsewhere(told, real)
    score = 3 + bool(impact or len(real) >= 3) + bool(known or (impact and len(real) >= 3))
    missing = [
        name
        for name, there in (("what changed for people or the business", impact), ("against what it is compared", known))
        if not there
    ]
    reason = (
        "The ending is told with what it changed."
        if not missing
        else f"The ending does not say {' or '.join(missing)}."
    )
    return score, _strongest(real, story_cues.IMPACT, story_cues.KNOWN_BY), reason


_WE_SUBJECT = re.compile(r"\b[Ww]e\b")


def _ownership(told: list[Told]) -> Judgement:
    acts = [one for one in told if one.part in {"action", "result", "task"} and (one.actor or one.part == "action")]
    if not acts:
        return 0, [], "Nobody acts in it."
    mine = [one for one in acts if one.actor == "I"]
    ours = [
        one
        for one in acts
        if one.actor == "we" or (one.actor == "" and re.search(r"\b(?:we|our team)\b", one.text, re.IGNORECASE))
    ]
    unnamed = [one for one in acts if one not in mine and one not in ours and one.actor == ""]
    first_person = [one for one in told if re.search(r"\bI\b|\bI['’]|\b[Mm]y\b", one.text)]
    plural = [one for one in told if re.search(r"\b[Ww]e\b|\b[Oo]ur\b", one.text)]
    if not mine and unnamed:
        # Notes leave the subject out. It is the writer's unless only "we" is ever said.
        said_i = [one for one in told if re.search(r"\bI\b|\bI['’]", one.text)]
        if said_i and len(ours) <= len(unnamed) / 3:
            return 4, said_i + unnamed, "The steps have no subject, as in notes, and the story is told as one's own."
        if not said_i:
            acting = [one for one in plural if _WE_SUBJECT.search(one.text) and one.part != "situation"]
            if not acting and len([one for one in plural if _WE_SUBJECT.search(one.text)]) <= 1:
                return 3, unnamed, "The steps have no subject: say I for what you did."
            return 1, plural, "No step has I as its subject; the team is all that is named."
        return (3 if len(ours) <= len(unnamed) else 2), said_i + ours, "Who did which step is left open."
    share = len(mine) / max(1, len(mine) + len(ours) + 0.3 * len(unnamed) * bool(ours))
    if not mine:
        return (
            (1 if not first_person else 2 if len(first_person) > 2 else 1),
            plural or acts,
            "No action has I as its subject.",
        )
    score = 5 if share >= 0.6 and len(mine) >= 2 else 4 if share >= 0.6 else 3 if share >= 0.4 else 2
    return score, mine, f"{len(mine)} of {len(mine) + len(ours)} actions have I as their subject."


_DEGREE = re.compile(
    r"\b(?:much|a lot|significant\w*|great\w*|huge\w*|massive\w*|dramatic\w*|considerabl\w*|substantial\w*|way|far|"
    r"faster|better|improved|"
    r"higher|lower|reduced|increased|dropped|jumped|recovered|saved|exceeded)\b",
    re.IGNORECASE,
)


def _measurement(told: list[Told]) -> Judgement:
    ends = _part(told, "result")
    counted = [one for one in ends if story.quantities(one.text) or story_cues.PAIR.search(one.text)]
    amounts = [amount for one in ends for amount in story.quantities(one.text)]
    paired = [one for one in counted if story_cues.PAIR.search(one.text)]
    if counted and not paired:
        paired = _baseline_elsewhere(told, counted)
    if paired and len(amounts) >= 2:
        return (
            5,
            paired + [one for one in counted if one not in paired],
            "The outcome is a number beside what it was before.",
        )
    if paired:
        return (
            4,
            paired,
            "The outcome is a number beside what it was before; a second one would show what it was worth.",
        )
    if counted:
        return 3, counted, "The outcome has a number, but not what it was before."
    steps = [
        one
        for one in _part(told, "action")
        if story_cues.PAIR.search(one.text) and len(story.quantities(one.text)) >= 2
    ]
    if steps:
        return 4, steps, "Single steps are measured before and after; the outcome itself is not."
    if not ends and _part(told, "action"):
        return None, [], "Not judged: the story stops before its ending, so there is no outcome yet to measure."
    measured = [one for one in _part(told, "action") if story.quantities(one.text)]
    if len(measured) >= 2:
        return 2, measured, "There are numbers for single steps, none for the outcome."
    vague = [one for one in ends if _DEGREE.search(one.text)]
    if vague:
        return 1, vague, "Only words of degree stand where the number should be."
    anywhere = [one for one in told if story.quantities(one.text)]
    if anywhere and ends:
        return 1, anywhere, "The only numbers describe the situation or the effort."
    return 0, [], "Nothing is measured."


_UNITS = (
    r"%|percent", r"\bms\b|millisecond", r"second", r"minute", r"hour", r"\bdays?\b", r"week",
    r"[$€£]|dollar|euro|pound", r"ticket", r"\bctr\b|click", r"request", r"error", r"\b0?\.\d", r"\dk\b",
)  # fmt: skip


def _baseline_elsewhere(told: Sequence[Told], ends: Sequence[Told]) -> list[Told]:
    """Return the result sentences with an amount whose unit also has a value in the situation or the task."""
    before = " ".join(
        amount for one in told if one.part not in {"result", "reflection"} for amount in story.quantities(one.text)
    )
    units = [unit for unit in _UNITS if re.search(unit, before, re.IGNORECASE)]
    return [
        one
        for one in ends
        if any(re.search(unit, amount, re.IGNORECASE) for amount in story.quantities(one.text) for unit in units)
    ]


def _reflection(told: list[Told]) -> Judgement:
    looks = _part(told, "reflection")
    if not looks:
        return 0, [], "It is not said what was learned or what is done differently since."
    kinds = [story.lesson_kind(one.text) for one in looks]
    story_words = {stem(word) for one in told if one.part != "reflection" for word in content(one.text)}
    common = [
        one
        for one, kind in zip(looks, kinds, strict=True)
        if kind[2] or (len(content(one.text)) < 4 and not story_words & {stem(word) for word in content(one.text)})
    ]
    own = [one for one in looks if one not in common]
    if not own:
        return 1, common, "The lesson would fit any story."
    lesson = any(kind[0] for one, kind in zip(looks, kinds, strict=True) if one in own)
    since = any(kind[1] for one, kind in zip(looks, kinds, strict=True) if one in own)
    if since:
        return (5 if lesson else 4), own, "A lesson of this story, and what is done differently since."
    return (4 if len(own) >= 3 else 3), own, "A lesson of this story; what has changed in practice since is not said."


def _concision(told: list[Told]) -> Judgement:
    count = sum(len(words(one.text)) for one in told)
    if not count:
        return 0, [], "Nothing was told."
    whole = count + ENDING * (count < LONGEST and bool(_part(told, "action")) and not _part(told, "result"))
    steps = ((60, 1), (120, 2), (200, 3), (220, 4), (LONGEST + 1, 5), (500, 4), (651, 3), (751, 2))
    score = next((score for limit, score in steps if whole < limit), 1)
    background = sum(len(words(one.text)) for one in told if one.part in {"situation", None}) / whole
    reason = f"{count} words, {count / 150:.1f} minutes"
    if background > 0.5:
        score, reason = (
            min(score, 1 if count > 200 else score),
            f"{reason}, {background:.0%} of them background or asides",
        )
    longest = sorted(told, key=lambda one: one.start - one.end)
    return score, longest[:1], reason + "."


_RULES: dict[str, Callable[[list[Told]], Judgement]] = {
    "situation": _situation,
    "task": _task,
    "action": _action,
    "result": _result,
    "ownership": _ownership,
    "measurement": _measurement,
    "reflection": _reflection,
    "concision": _concision,
}


def _kinds(text: str, told: Sequence[Told], question: str) -> list[Finding]:
    """Return what kind of answer it is instead of a story: imagined, a creed, blame, or an answer to something else."""
    found: list[Finding] = []
    acts = [one for one in told if one.part in {"action", "result"} and one.actor in {"I", "we"}]
    done = [one for one in told if one.part in {"action", "result"}]
    imagined = [one for one in told if story_cues.HYPOTHETICAL.search(one.text)]
    if len(imagined) >= 2 and len(imagined) > len(acts) and len(imagined) >= 0.4 * len(told):
        found.append(Finding("hypothetical", "cap", "It tells what would be done, not what was done.", 1.5))
    creed = [one for one in told if story_cues.GENERAL.search(one.text)]
    if creed and len(done) <= 1 and len(creed) >= 0.4 * len(told) and not found:
        found.append(
            Finding("philosophy", "cap", "It tells what is believed or usually done; nothing happens in it.", 1.5)
        )
    if len(story_cues.BLAME.findall(text)) >= 2:
        found.append(Finding("blame", "note", "The trouble is put on other people."))
    for asked, needed in _ASKED.items():
        if re.search(asked, question, re.IGNORECASE) and not re.search(needed, text, re.IGNORECASE):
            found.append(
                Finding("other_question", "cap", "The story answers another question than the one that was asked.", 3.0)
            )
            break
    return found
