"""Which part of the story each clause tells: a small probe over what the encoder made of the clause in its story.

A multinomial logistic regression sees the mean of the clause's token states, its place, who acts in it, and which cues
it holds; then the most likely sequence is taken (Viterbi 1967), as parts follow each other in an order. Of 620 clauses
of stories written after the rules that it replaced, those got 64 % right and the probe, fitted without the story, 88 %.
Its weights are in `parts.json` with where they come from, and `parts_training.py` makes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from evaluators.story import clauses, cues, figures, scenes
from evaluators.story.clauses import Part, Told
from evaluators.text import gates
from evaluators.text.language import content, words
from knowledge.encoder import TokenStates

Table = NDArray[np.float64]

PARTS: tuple[Part | None, ...] = (*get_args(Part), None)
STATES = 3.0  # the weight of the token states beside the cues, which are 0 or 1
FIRST = 0.1  # of the clauses: a change from one number to another told there is the result, as a headline
PLACE = 10  # features that say where a clause stands
UNKNOWN = 3  # content words beside "I don't know": with more of them, something is told
LATE = 0.6  # of the clauses: from here on what begins like a lesson is one, and no finding
ORDER = 0.5  # the weight of the order of the parts; at 1 a story told in another order is bent to the usual one

_CUES = (
    cues.TASK, cues.FOLLOWS, cues.FINDING, cues.RESULT_PHRASE, cues.OUTCOME, cues.FEELING, cues.LESSON, cues.HINDSIGHT,
    cues.SINCE, cues.COMMONPLACE, cues.HYPOTHETICAL, cues.GENERAL, scenes.TROUBLE, scenes.STAKES, scenes.SETTING,
    scenes.SCENE, scenes.ROLE, cues.CHOICE, cues.REASON, cues.KNOWN_BY, cues.IMPACT, cues.EVENT, cues.PASSIVE,
    cues.NAMED_TIME,
    cues.UNFINISHED, cues.WE_ACTED, cues.HAPPENED, figures.PAIR, figures.DEADLINE, figures.CONSTRAINT, figures.MEASURE,
    figures.DEGREE, figures.MINE,
)  # fmt: skip
# What a follow-up on a criterion is answered by.
_TELLS: dict[str, Part] = {
    **{part: part for part in get_args(Part)}, "ownership": "action", "measurement": "result",
}  # fmt: skip
# Said about the question, before the reply.
_ABOUT_IT = re.compile(
    r"\W*(?:that['’]s |that is )?(?:a )?(?:good|great|fair|hard|interesting) (?:question|point)\W*$", re.IGNORECASE
)
_HAD_TO = re.compile(
    r"\bi\b[^.,;]{0,50}\b(?:had|needed|was (?:asked|told|supposed|expected)) to\b|\bmy (?:task|job|goal) was\b"
    r"|\bit was my (?:task|job) to\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:[Tt]he|[Tt]his|[Tt]hat|[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Nn]o)\b|\w\W+[A-Z]")
_FROM = re.compile(r"\bfrom\b[^.]{0,30}\d")
_SPEAKER = re.compile(r"\b(?:I|we)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Probe:
    """The weights `(features, parts)`, the bias `(parts)`, and how the log odds of a part change with the one before.

    `order` is `(parts + 1, parts)`; its last row stands for the beginning of the story. `places` is
    `(parts + 1, PLACE)`: where the clauses of a part stand on average; its last row is the average of all.
    """

    weights: Table
    bias: Table
    order: Table
    places: Table

    def parts(self, told: Sequence[Told], states: TokenStates, asked_for: str | None = None) -> list[Part | None]:
        """Return the most likely sequence of parts.

        A reply to a follow-up is read as if it stood where what was asked for usually stands, behind some of it. After
        a follow-up on anything else than a criterion, nothing is likelier than anything.
        """
        seen, first = features(told, states), self.order[-1]
        if asked_for is not None:
            part = PARTS.index(_TELLS[asked_for]) if asked_for in _TELLS else len(PARTS)
            seen[:, -PLACE:], first = self.places[part], self.order[part] if part < len(PARTS) else 0 * first
        scores = seen @ self.weights + self.bias  # (n, parts)
        scores -= np.logaddexp.reduce(scores, axis=1, keepdims=True)
        best, back = scores[0] + first, []
        for row in scores[1:]:
            steps = best[:, None] + self.order[:-1]  # (parts before, parts)
            back.append(steps.argmax(axis=0))
            best = steps.max(axis=0) + row
        path = [int(best.argmax())]
        for before in reversed(back):
            path.append(int(before[path[-1]]))
        return [PARTS[part] for part in reversed(path)]


@lru_cache(maxsize=1)
def shipped() -> Probe:
    """Return the probe that comes with the package."""
    data = json.loads((Path(__file__).parent / "parts.json").read_text(encoding="utf-8"))
    return Probe(*(np.array(data[name]) for name in ("weights", "bias", "order", "places")))


def tell(text: str, states: TokenStates, follow_ups: Sequence[tuple[int, str]] = ()) -> list[Told]:
    """Return the story's clauses with what each tells, by its heading or else by the probe.

    Args:
        text: the first telling, then the replies to follow-ups.
        states: what the encoder made of it.
        follow_ups: where each reply begins, and the criterion that was asked for.
    """
    told = clauses.split(text, [start for start, _ in follow_ups])
    if not told:
        return []
    asked_for = [None, *(criterion for _, criterion in follow_ups)]
    parts: list[Part | None] = []
    for reply, clauses_of_it in groupby(told, key=lambda one: one.reply):
        parts += shipped().parts(list(clauses_of_it), states, asked_for[reply])
    for i, one in enumerate(told):
        if one.labelled:
            parts[i] = one.part
        elif one.reply and _tells_nothing(one):
            parts[i] = None
        elif _is_headline(one, i, len(told)):
            parts[i] = "result"
        elif parts[i] == "result" and (cues.UNFINISHED.search(one.text) or (not one.reply and _holds_anywhere(one))):
            parts[i] = None
        elif cues.LOOKS_BACK.match(one.text) and (one.reply or i >= LATE * len(told)):
            parts[i] = "reflection"
        elif parts[i] == "result" and not one.reply and _is_trouble(told[:i], parts[:i]):
            parts[i] = "situation"
    if "task" not in parts:
        parts = ["task" if _is_task(one) else part for one, part in zip(told, parts, strict=True)]
    if "result" not in parts:
        said_otherwise = {None, "reflection"}
        parts = [
            "result" if part not in said_otherwise and _is_ending(told, i) else part for i, part in enumerate(parts)
        ]
    return [clauses.with_part(one, part) for one, part in zip(told, parts, strict=True)]


def _is_headline(one: Told, i: int, count: int) -> bool:
    """Whether the result is told first: "I brought it down from 31 to 12". Too rare for the probe, and plain to see."""
    changed = cues.OUTCOME.search(one.text) or _FROM.search(one.text)
    return i < FIRST * count and all((_SPEAKER.search(one.text), figures.PAIR.search(one.text), changed))


def _is_trouble(before: Sequence[Told], parts: Sequence[Part | None]) -> bool:
    """Whether what seems a result is what the trouble led to: the scene is set, and nobody has done anything yet."""
    acts = [one for one, part in zip(before, parts, strict=True) if part == "action"]
    return "situation" in parts and len(acts) < 2 and not any(one.actor in {"I", "we"} for one in acts)


def _tells_nothing(one: Told) -> bool:
    """Whether a reply only speaks about the question, or says that one does not know."""
    return _ABOUT_IT.match(one.text) is not None or (
        gates.NOT_KNOWN.search(one.text) is not None and len(content(gates.NOT_KNOWN.sub("", one.text))) <= UNKNOWN
    )


def _holds_anywhere(one: Told) -> bool:
    """Whether a clause is a saying: nothing has happened in it, no amount and nothing told of is named ("the mail")."""
    named = _NAMED.search(one.text) or figures.quantities(one.text)
    return not named and cues.HAPPENED.search(one.text) is None


def _is_ending(told: Sequence[Told], i: int) -> bool:
    """Whether a late clause says what others did in the end, or what became of it as a number."""
    one = told[i]
    others_ended_it = one.actor == "others" and cues.OUTCOME.search(one.text) is not None
    became = cues.RESULT_PHRASE.search(one.text) is not None and bool(figures.quantities(one.text))
    return not one.labelled and not one.reply and i >= LATE * len(told) and (others_ended_it or became)


def _is_task(one: Told) -> bool:
    """Whether a clause says what had to be done and how well or by when; told when asked, it stands behind the rest."""
    return _HAD_TO.search(one.text) is not None and any(
        bound.search(one.text) for bound in (figures.DEADLINE, figures.MEASURE, figures.CONSTRAINT)
    )


def features(told: Sequence[Told], states: TokenStates) -> Table:
    """Return `(n, 384 + cues)`: for each clause the mean of its states, its cues, who acts, and its place."""
    steps = [i for i, one in enumerate(told) if one.actor in {"I", "we"} and one.steps]
    first, last = (steps[0], steps[-1]) if steps else (len(told), len(told))
    return np.array(
        [
            np.concatenate([STATES * _mean_state(one, states), _cues_in(one), _place(i, len(told), first, last, one)])
            for i, one in enumerate(told)
        ]
    )


def _mean_state(one: Told, states: TokenStates) -> Table:
    begin, end = np.searchsorted(states.offsets[:, 0], (one.start, one.end))
    if begin == end:
        return np.zeros(states.states.shape[1])
    mean = states.states[begin:end].mean(axis=0)
    return np.asarray(mean / max(1e-9, float(np.linalg.norm(mean))), np.float64)


def _cues_in(one: Told) -> list[float]:
    held = [float(cue.search(one.text) is not None) for cue in _CUES]
    acts = [float(one.actor == actor) for actor in ("I", "we", "others")]
    amounts = min(len(figures.quantities(one.text)), 3) / 3
    return [*held, *acts, min(one.steps, 3) / 3, float(one.vague), amounts]


def _place(i: int, count: int, first: int, last: int, one: Told) -> list[float]:
    """Return the clause's length, then `PLACE` numbers: where it stands in the story, and beside its steps."""
    place = i / max(1, count - 1)
    beside_steps = [i < first, i > first, i > last, max(0, i - last) / count]
    length = min(len(words(one.text)), 30) / 30
    return [length, place, place**2, i == 0, i == count - 1, i >= count - 2, *beside_steps, min(count, 20) / 20]
