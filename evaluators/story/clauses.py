"""A story taken apart into clauses: who acts in each, how many things are done, and the part that a heading names.

Which part of the story a clause without a heading tells is decided in `parts`. Every rule here looks for
something that stands in the text, so that it can be quoted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from evaluators.story import cues, figures
from evaluators.text.evidence import LONGEST_SENTENCE, Span, sentences
from evaluators.text.language import content, word_list, words

RUN_ON, CLAUSE = 26, 5  # words: a longer sentence is read clause by clause; the fewest that make one
SUBORDINATE = 12  # words: a longer one that begins with "at" or "when" has its main clause already

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

_ITEM = re.compile(r"[^:]*\n\s*[-*•]")

_STATE = word_list("verbs_of_state")
_NO_ACT_NOW = word_list("no_acts_in_the_present")
_TEAM = re.compile(r"\s*(?:we|the team|my team|our team|everyone)\b", re.IGNORECASE)
_NEW_CLAUSE = re.compile(r"[,;:]|\b(?:that|and|so|but|then|because|until|when|after|before)\b", re.IGNORECASE)
_AFTER = re.compile(r"\b(?:before|when|whenever|if|that|what|as|until|once|while)\s*$", re.IGNORECASE)
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
        reply: which reply to a follow-up it stands in; 0 for the first telling.
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
    reply: int = 0


Judgement = tuple[int | None, list[Told], str]
"""The level of a criterion, None where it is not judged; the sentences that it rests on; and why."""


def split(text: str, replies: Sequence[int] = ()) -> list[Told]:
    """Return the story's clauses; those under a heading know their part, the others have none yet.

    `replies` says where each reply to a follow-up begins.
    """
    spans = [unit for sentence in _whole_sentences(text) for unit in _units(text, sentence)]
    labels = list(_headings(text, spans, replies))
    named = len({part for part, _, _ in labels if part}) >= 2
    now = told_in_the_present(text)
    told: list[Told] = []
    for span, (label, heading, start) in zip(spans, labels, strict=True):
        sentence = text[start : span.end].replace("\n", " ")
        if heading or not content(sentence):
            continue
        actor = _actor(sentence, now=now)
        acts = actor != "" or _is_bare_step(sentence)
        steps = _steps(sentence, now=now) if acts else 0
        part = _labelled(label, sentence) if named and label else None
        vague, reply = acts and not steps, bisect_right(replies, span.start)
        told.append(Told(start, span.end, sentence, part, part is not None, actor, steps, vague, reply=reply))
    return [with_part(one, one.part) for one in told]


def _headings(text: str, spans: Sequence[Span], replies: Sequence[int]) -> Iterator[tuple[Part | None, bool, int]]:
    """Yield of each clause the part that a heading gives it, whether it is the heading, and where its words begin.

    With words on its own line a heading does not hold for the list below; none holds in the next reply.
    """
    current: Part | None = None
    inline, end = False, 0
    for span in spans:
        label, rest = _label(text[span.start : span.end])
        between = text[max(0, end - 1) : span.start]
        if label is not None:
            current, inline = label, rest < span.end - span.start
        elif bisect_right(replies, span.start) != bisect_right(replies, end) or (inline and _ITEM.match(between)):
            current = None
        yield current, label is not None and not inline, span.start + rest
        end = span.end


def with_part(one: Told, part: Part | None) -> Told:
    """Return the clause as one that tells this part: as an action it is a step, even when nobody is said to act."""
    if part == "action" and not (one.steps or one.vague):
        return replace(one, part=part, steps=_steps(one.text, now=False))
    return replace(one, part=part)


def _whole_sentences(text: str) -> list[Span]:
    """Return the sentences, those put together again that were cut for their length: clauses are better cuts."""
    whole: list[Span] = []
    for span in sentences(text):
        cut = whole and span.start - whole[-1].end <= 1 and whole[-1].end - whole[-1].start >= LONGEST_SENTENCE / 2
        if cut and text[whole[-1].end - 1].isalnum() and text[whole[-1].end] == " ":
            whole[-1] = Span(whole[-1].start, span.end)
        else:
            whole.append(span)
    return whole


def _units(text: str, sentence: Span) -> list[Span]:
    """Return the sentence, or its main clauses when it runs on: what follows "and she …", "so I …", "; they …"."""
    if len(words(text[sentence.start : sentence.end])) <= RUN_ON:
        return [sentence]
    cuts, last = [], sentence.start
    for match in cues.NEXT_CLAUSE.finditer(text, sentence.start, sentence.end):
        before = text[last : match.start() + 1]
        if cues.SUBORDINATE.match(before) and len(words(before)) <= SUBORDINATE:
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
        and not figures.quantities(sentence)
        and not cues.OUTCOME.search(sentence)
    )


def lesson_kind(sentence: str) -> tuple[bool, bool, bool]:
    """Return whether a sentence holds a lesson, a change of practice since, and whether it is only a commonplace."""
    common = cues.COMMONPLACE.search(sentence) is not None and len(set(words(sentence))) < 30
    lesson = cues.LESSON.search(sentence) or cues.HINDSIGHT.search(sentence)
    return lesson is not None, cues.SINCE.search(sentence) is not None, common


def is_habit(sentence: str) -> bool:
    """Whether a sentence that looks back says what is done now: "I keep such a list", "There's a red button now"."""
    acts = [match for match in cues.I_ACT_NOW.finditer(sentence) if not _AFTER.search(sentence[: match.start()])]
    return cues.NOWADAYS.search(sentence) is not None or any(
        match[1] not in _NO_ACT_NOW
        and not cues.PAST_VERB.fullmatch(match[1])
        and sentence[match.end() : match.end() + 1] not in {"'", "’"}
        for match in acts
    )


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
    elif cues.HYPOTHETICAL.search(sentence) is None and any(
        doing.search(sentence) for doing in (cues.PASSIVE, cues.SPEAKER, cues.WE_ACTED)
    ):
        acts = {0}  # what could be done, or could have been, was not
    general = len(cues.VAGUE.findall(sentence))
    return max(0, len(acts) - general) if len(content(sentence)) >= 2 else 0


def _labelled(label: Part, sentence: str) -> Part:
    looks_back = cues.LESSON.search(sentence) or cues.SINCE.search(sentence)
    return "reflection" if label in {"result", "action"} and looks_back and re.search(r"\bI\b", sentence) else label
