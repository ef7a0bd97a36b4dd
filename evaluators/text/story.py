"""A story taken apart: which sentence tells the situation, the task, an action, the result, a lesson, and who acted.

People do not label the parts when they speak, and do when they write notes; both are read alike. Every rule looks for
something that stands in the text, so that it can be quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from evaluators.text import story_cues as cues
from evaluators.text.evidence import sentences
from evaluators.text.language import content, word_list, words

EARLY, LATE = 0.5, 0.6  # of the sentences: until where the scene is set, from where somebody's act is an ending

Part = Literal["situation", "task", "action", "result", "reflection"]
Actor = Literal["I", "we", "others", ""]

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
_NEW_CLAUSE = re.compile(r"[,;:]|\b(?:and|so|but|then|because|until|when|after|before)\b", re.IGNORECASE)
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
    """

    start: int
    end: int
    text: str
    part: Part | None
    labelled: bool
    actor: Actor
    steps: int = 0
    vague: bool = False


def tell(text: str) -> list[Told]:
    """Return the story's sentences with what each tells."""
    spans = sentences(text)
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


def quantities(text: str) -> list[str]:
    """Return the amounts in a text: numbers with a unit, a currency, a percentage, or a decimal."""
    return [match[0] for match in cues.AMOUNT.finditer(text)]


def told_in_the_present(text: str) -> bool:
    """Whether something past is told in the present tense: a time is named, and most of what "I" do is done now."""
    if not cues.NAMED_TIME.search(text):
        return False
    now = sum(match[1] not in _NO_ACT_NOW for match in cues.I_ACT_NOW.finditer(text))
    past = sum(match[1].lower() not in _STATE for match in cues.I_ACTED.finditer(text))
    return now - past >= 2 and now - past > past


def is_feeling(sentence: str) -> bool:
    """Whether an ending is only a feeling: nothing in it could be checked."""
    return cues.FEELING.search(sentence) is not None and not quantities(sentence) and not cues.OUTCOME.search(sentence)


def lesson_kind(sentence: str) -> tuple[bool, bool, bool]:
    """Return whether a sentence holds a lesson, a change of practice since, and whether it is only a commonplace."""
    common = cues.COMMONPLACE.search(sentence) is not None and len(set(words(sentence))) < 30
    return cues.LESSON.search(sentence) is not None, cues.SINCE.search(sentence) is not None, common


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
    return _COPULA.search(_NEW_CLAUSE.split(before)[-1]) is not None


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
    team = [match for match in cues.WE_ACTED.finditer(sentence) if match[1].lower() not in _STATE]
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
    early, late = place < EARLY, place >= LATE
    lesson = cues.LESSON.search(sentence) is not None
    if cues.HYPOTHETICAL.search(sentence) and not lesson and actor != "I":
        return None
    own_habit = cues.SINCE.search(sentence) is not None and re.search(r"\b(?:I|we)\b", sentence) is not None
    if acted and (own_habit or (lesson and not cues.RESULT_PHRASE.match(sentence.strip()))):
        return "reflection"
    if cues.SCENE.match(sentence) and early and (actor == "" or _WHEN.match(sentence)):
        return "situation"
    if cues.TASK.search(sentence) and (not acted or (early and actor != "I")) and not _setting_only(sentence, actor):
        return "task"
    amounts = quantities(sentence)
    compared = cues.PAIR.search(sentence) is not None or (len(amounts) > 1 and actor == "")
    if not acted and early and actor == "I" and compared and cues.OUTCOME.search(sentence):
        return "result"  # told first, as a headline
    outcome = cues.OUTCOME.search(sentence) is not None or cues.FEELING.search(sentence) is not None
    phrase = cues.RESULT_PHRASE.search(sentence) is not None
    if acted and outcome and (actor != "I" or phrase):
        return "result" if actor in {"", "others"} or phrase or amounts or compared else "action"
    if acted and actor != "I" and (phrase or compared or (late and actor == "others")):
        return "result"
    if actor in {"I", "we"} or _is_bare_step(sentence):
        return "action" if acted or not _setting_only(sentence, actor) else "situation"
    if not acted:
        return "situation"
    if lesson or cues.COMMONPLACE.search(sentence):
        return "reflection"
    return "action" if actor == "others" or cues.PASSIVE.search(sentence) else None


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
    """Return the sentences with a late ending recognised: an outcome without an actor in the last third."""
    if any(one.part == "result" for one in told) or not any(one.part == "action" for one in told):
        return told
    late = {i for i, one in enumerate(told) if not one.labelled and i >= 2 * len(told) / 3}
    return [
        replace(one, part="result")
        if i in late
        and one.part in {None, "situation"}
        and (cues.OUTCOME.search(one.text) or cues.FEELING.search(one.text))
        else one
        for i, one in enumerate(told)
    ]
