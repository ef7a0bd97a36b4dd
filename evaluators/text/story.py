"""A story taken apart: which sentence tells the situation, the task, an action, the result, a lesson, and who acted.

People do not label the parts when they speak, and do when they write notes; both are read alike. Every rule looks for
something that stands in the text, so that it can be quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from evaluators.text import story_cues as cues
from evaluators.text import story_numbers as numbers
from evaluators.text.evidence import Span, sentences
from evaluators.text.language import content, word_list, words

EARLY, LATE = 0.5, 0.6  # of the sentences: until where the scene is set, from where somebody's act is an ending
FIRST = 0.1  # of the sentences: a change from one number to another told there is the result, as a headline
LAST = 0.75  # of the sentences: from where a "would have" looks back, and does not weigh an alternative

RUN_ON, CLAUSE = 26, 5  # words: a longer sentence is read clause by clause; the fewest that make one

Part = Literal["situation", "task", "action", "result", "reflection"]
Actor = Literal["I", "we", "others", ""]
Hollow = Literal["act", "feeling", "motto", ""]

_LABELS: dict[str, Part] = {
    "situation": "situation", "context": "situation", "background": "situation", "setting": "situation",
    "task": "task", "goal": "task", "objective": "task", "challenge": "task", "my task": "task",
    "action": "action", "actions": "action", "approach": "action", "what i did": "action", "steps": "action",
    "result": "result", "results": "result", "outcome": "result", "outcomes": "result", "impact": "result",
    "reflection": "reflection", "lesson": "reflection", "lessons": "reflection", "lessons learned": "reflection",
    "learning": "reflection", "learnings": "reflection", "takeaway": "reflection", "takeaways": "reflection",
    "interview takeaway": "reflection", "key takeaway": "reflection",
}  # fmt: skip
_LABEL = re.compile(r"[\s#>*_\-•]*([A-Za-z][A-Za-z ]{2,18}?)\s*[*_]*\s*(?::|\n|$|\s[–—-]\s)[*_]*")

_STATE = word_list("verbs_of_state")
_NO_ACT_NOW = word_list("no_acts_in_the_present")
_TEAM = re.compile(r"\s*(?:we|the team|my team|our team|everyone)\b", re.IGNORECASE)
_NEW_CLAUSE = re.compile(r"[,;:]|\b(?:that|and|so|but|then|because|until|when|after|before)\b", re.IGNORECASE)
_WHEN = re.compile(r"\W*when\b", re.IGNORECASE)
_COPULA = re.compile(r"\b(?:was|were|is|are)\b|['’]s\b")


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence of a story.

    Attributes:
        start, end: where it stands.
        text: its words.
        part: what it tells; None for a heading, code, or an aside.
        labelled: whether a heading says so.
        actor: who acts in it.
        steps: how many things are done in it, of those that are said concretely.
        vague: whether it acts without saying what was done.
        hollow: what it pretends to be when it says nothing ("I did some analysis"); empty otherwise.
    """

    start: int
    end: int
    text: str
    part: Part | None
    labelled: bool
    actor: Actor
    steps: int = 0
    vague: bool = False
    hollow: Hollow = ""


def tell(text: str) -> list[Told]:
    """Return the story's sentences with what each tells."""
    spans = [unit for sentence in sentences(text) for unit in _units(text, sentence)]
    labels: list[tuple[Part | None, bool, int]] = []
    current: Part | None = None
    for span in spans:
        label, rest = _label(text[span.start : span.end])
        current = label or current
        labels.append(
            (current, label is not None and rest >= span.end - span.start, span.start + (rest if label else 0))
        )
    named = len({part for part, _, _ in labels if part}) >= 2
    now = told_in_the_present(text)
    told: list[Told] = []
    acted = False
    for span, (label, heading, start) in zip(spans, labels, strict=True):
        sentence = text[start : span.end].replace("\n", " ")
        if heading or not content(sentence):
            continue
        actor = _actor(sentence, now=now)
        acts = actor != "" or _is_bare_step(sentence)
        place = len(told) / len(spans)
        part = _labelled(label, sentence) if named and label else _unlabelled(sentence, actor, acted=acted, place=place)
        if part == "situation" and actor and any(one.part == "task" for one in told) and not cues.SCENE.match(sentence):
            part = "action"
        acted = acted or part == "action"
        steps = _steps(sentence, now=now) if acts or part == "action" else 0
        told.append(
            Told(start, span.end, sentence, part, named and label is not None, actor, steps, acts and not steps)
        )
    return _ending_found(told)


def _units(text: str, sentence: Span) -> list[Span]:
    """Return the sentence, or its main clauses when it runs on: what follows "and she …", "so I …", "; they …"."""
    if len(words(text[sentence.start : sentence.end])) <= RUN_ON:
        return [sentence]
    cuts, last = [], sentence.start
    for match in cues.NEXT_CLAUSE.finditer(text, sentence.start, sentence.end):
        if cues.SUBORDINATE.match(text[last : match.start() + 1]):
            continue
        if min(len(words(text[last : match.start()])), len(words(text[match.end() : sentence.end]))) >= CLAUSE:
            cuts.append(match.end())
            last = match.end()
    starts = [sentence.start, *cuts]
    return [Span(start, end) for start, end in zip(starts, [*cuts, sentence.end], strict=True)]


def told_in_the_present(text: str) -> bool:
    """Whether something past is told in the present tense: most of what "I" do is done now, at a time that is named.

    Without a time, more such acts are needed: habits are told in the present as well, but fewer of them at once.
    """
    now = sum(match[1] not in _NO_ACT_NOW for match in cues.I_ACT_NOW.finditer(text))
    past = sum(match[1].lower() not in _STATE for match in cues.I_ACTED.finditer(text))
    return now - past >= (2 if cues.NAMED_TIME.search(text) else 4) and now - past > past


def is_feeling(sentence: str) -> bool:
    """Whether an ending is only a feeling: nothing in it could be checked."""
    return (
        cues.FEELING.search(sentence) is not None
        and not numbers.quantities(sentence)
        and not cues.OUTCOME.search(sentence)
    )


def lesson_kind(sentence: str) -> tuple[bool, bool, bool]:
    """Return whether a sentence holds a lesson, a change of practice since, and whether it is only a commonplace."""
    common = cues.COMMONPLACE.search(sentence) is not None and len(set(words(sentence))) < 30
    lesson = cues.LESSON.search(sentence) or cues.HINDSIGHT.search(sentence)
    return lesson is not None, cues.SINCE.search(sentence) is not None, common


def _label(sentence: str) -> tuple[Part | None, int]:
    """Return the part that the sentence's first words name as a heading, and where the rest begins."""
    match = _LABEL.match(sentence)
    if match is None:
        return None, 0
    part = _LABELS.get(match[1].strip().lower())
    return part, match.end() if part else 0


def _acts_of_mine(sentence: str, *, now: bool) -> list[re.Match[str]]:
    """Return where "I" do something, other than in an aside on a thing ("a model I shipped")."""
    found = [match for match in cues.I_ACTED.finditer(sentence) if match[1].lower() not in _STATE]
    if now:
        found += [match for match in cues.I_ACT_NOW.finditer(sentence) if match[1] not in _NO_ACT_NOW]
        found = sorted({match.start(): match for match in found}.values(), key=lambda match: match.start())
    return [match for match in found if not _is_aside(sentence[: match.start()])]


def _is_aside(before: str) -> bool:
    """Whether the clause has its verb already, so that what follows only describes a thing in it."""
    clause = _NEW_CLAUSE.split(before)[-1]
    return any(clause[copula.end() :].strip() for copula in _COPULA.finditer(clause))


def _actor(sentence: str, *, now: bool) -> Actor:
    ours = _acts_of_mine(sentence, now=now)
    theirs = [match for match in cues.WE_ACTED.finditer(sentence) if match[1].lower() not in _STATE]
    if ours and (not theirs or ours[0].start() < theirs[0].start()):
        return "I"
    if theirs:
        return "we" if _TEAM.match(theirs[0][0]) else "others"
    return ""


def _is_bare_step(sentence: str) -> bool:
    return cues.BARE.match(sentence) is not None and len(content(sentence)) >= 2


def _steps(sentence: str, *, now: bool) -> int:
    """Return how many things are done in a sentence; general ones ("looked into it") are not counted."""
    team = [m for m in cues.WE_ACTED.finditer(sentence) if m[1].lower() not in _STATE and _TEAM.match(m[0])]
    acts = {match.end(1) for match in (*_acts_of_mine(sentence, now=now), *team)}
    if not acts and _is_bare_step(sentence):
        acts = {match.end(1) for match in [cues.BARE.match(sentence)] if match}
    if acts:
        acts |= {m.end(1) for m in cues.CONTINUED.finditer(sentence, min(acts)) if m[1].lower() not in _STATE}
    else:
        acts = {0}
    general = len(cues.VAGUE.findall(sentence))
    return max(0, len(acts) - general) if len(content(sentence)) >= 2 else 0


def _labelled(label: Part, sentence: str) -> Part:
    looks_back = cues.LESSON.search(sentence) or cues.SINCE.search(sentence)
    return "reflection" if label in {"result", "action"} and looks_back and re.search(r"\bI\b", sentence) else label


def _unlabelled(sentence: str, actor: Actor, *, acted: bool, place: float) -> Part | None:
    """Return what a sentence tells, by its words, its place from 0 to 1, and whether anything has been done yet."""
    early = place < EARLY
    if acted and _looks_back(sentence, actor, place):
        return "reflection"
    if cues.HYPOTHETICAL.search(sentence) and actor != "I":
        return None
    if cues.SCENE.match(sentence) and early and (actor == "" or _WHEN.match(sentence)):
        return "situation"
    if cues.TASK.search(sentence) and (not acted or (early and actor != "I")) and not _setting_only(sentence, actor):
        return "task"
    if (_is_outcome(sentence, actor, place)) if acted else (early and _is_headline(sentence, actor, place)):
        return "result"
    if actor in {"I", "we"} or _is_bare_step(sentence):
        return "action" if acted or not _setting_only(sentence, actor) else "situation"
    if not acted:
        return "situation"
    if cues.LESSON.search(sentence) or cues.COMMONPLACE.search(sentence):
        return "reflection"
    done = actor == "others" or cues.PASSIVE.search(sentence) or cues.FINDING.search(sentence)
    return "action" if done else None


def _looks_back(sentence: str, actor: Actor, place: float) -> bool:
    """Whether a sentence after the first step tells a lesson or a habit since, and not an alternative."""
    mine = re.search(r"\b(?:I|we|my|our)\b", sentence, re.IGNORECASE) is not None
    if cues.SINCE.search(sentence) and mine:
        return True
    if place >= LAST and (
        cues.HINDSIGHT.search(sentence) or (actor != "we" and mine and cues.HYPOTHETICAL.search(sentence))
    ):
        return True  # at the end, what one would do is what one would do differently
    return cues.LESSON.search(sentence) is not None and not cues.RESULT_PHRASE.match(sentence.strip())


def _is_headline(sentence: str, actor: Actor, place: float) -> bool:
    """Whether the result is told first, as a headline: "I brought it down from 31 to 12"."""
    if not _compares(sentence, actor):
        return False
    if place < FIRST and re.search(r"\b(?:I|we)\b", sentence):
        return True
    outcome = actor == "I" and cues.OUTCOME.search(sentence)
    return bool(outcome or re.search(r"\bI (?:got|brought|took)\b", sentence))


def _is_outcome(sentence: str, actor: Actor, place: float) -> bool:
    """Whether a sentence after the first step tells what came of the steps."""
    compared, phrase = _compares(sentence, actor), cues.RESULT_PHRASE.search(sentence) is not None
    if cues.UNFINISHED.search(sentence) or (cues.FINDING.search(sentence) and not (compared or phrase)):
        return False
    amounts = numbers.quantities(sentence)
    if (cues.OUTCOME.search(sentence) or cues.FEELING.search(sentence)) and (actor != "I" or phrase):
        return actor in {"", "others"} or phrase or compared or bool(amounts)
    if actor == "I":
        return False
    if phrase or compared or (place >= LATE and actor == "others"):
        return True
    # After the steps, a number that belongs to nobody's act or choice is what came of them.
    measured = [amount for amount in amounts if not cues.TIME.search(amount)]
    return place >= EARLY and bool(measured) and not cues.CHOICE.search(sentence)


def _compares(sentence: str, actor: Actor) -> bool:
    return numbers.PAIR.search(sentence) is not None or (len(numbers.quantities(sentence)) > 1 and actor == "")


def _setting_only(sentence: str, actor: Actor) -> bool:
    """Whether somebody acts in a sentence that only sets the scene ("we built a system that …")."""
    if cues.ROLE.search(sentence) and not cues.CONTINUED.search(sentence):
        return True
    return (
        actor == "we"
        and cues.SETTING.search(sentence) is not None
        and (
            cues.TROUBLE.search(sentence) is not None
            or re.search(r"\b(?:at|in|for) (?:a|an|my|our)\b", sentence, re.IGNORECASE) is not None
        )
    )


def _ending_found(told: list[Told]) -> list[Told]:
    """Return the sentences with a late ending recognised: after the last step, what others did or what became of it."""
    begun = any(one.part == "result" for one in told)
    steps = [i for i, one in enumerate(told) if one.part == "action" and one.actor in {"I", "we", ""}]
    mine = [i for i in steps if told[i].actor == "I"]
    steps = steps if begun or not mine else mine  # when nothing else ends the story, what "we" did last may
    if not steps:
        return told
    told = [
        replace(one, part="action")
        if one.part == "result"
        and not (one.labelled or numbers.quantities(one.text) or numbers.PAIR.search(one.text))
        and i < max(steps)
        and i < LATE * len(told)
        else one
        for i, one in enumerate(told)
    ]
    return [
        replace(one, part="result")
        if i > max(steps) and not one.labelled and _is_ending(one, only_events=begun) and i >= len(told) / 2
        else one
        for i, one in enumerate(told)
    ]


def _is_ending(one: Told, *, only_events: bool) -> bool:
    """Whether a sentence after the last step may be an ending: somebody else did something, or something came of it."""
    if one.part not in {None, "situation", "action"} or one.actor == "I" or cues.UNFINISHED.search(one.text):
        return False
    if cues.EVENT.search(one.text) and not cues.HYPOTHETICAL.search(one.text):
        return True
    return not only_events and (cues.OUTCOME.search(one.text) or cues.FEELING.search(one.text)) is not None
