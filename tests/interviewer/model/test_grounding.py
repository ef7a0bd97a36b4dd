"""What a model says of the candidate's notes is in them: hand-made pairs, and sentences that assert nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from evaluators.reference.minilm import MiniLM
from interviewer.model.grounding import Grounding
from interviewer.model.guards import GuardError
from knowledge.models import Passage

GROUPS = yaml.safe_load((Path(__file__).parent / "grounding.yaml").read_text(encoding="utf-8"))


class Pair(NamedTuple):
    passage: str
    text: str
    how: str  # empty: supported
    held_out: bool


PAIRS = [
    Pair(group["passage"], text, how, group.get("held_out", False))
    for group in GROUPS
    for text, how in [
        *((text, "") for text in group["supported"]),
        *((one["text"], one["how"]) for one in group["unsupported"]),
    ]
]


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM.load()


def refused(encoder: MiniLM, passages: list[str], text: str, *open_texts: str) -> bool:
    found = [Passage(text=passage, source="notes.md", line=1, score=1.0) for passage in passages]
    grounding = Grounding(found, open_texts, lambda: encoder)
    try:
        if claim := grounding.claim(text):
            grounding.check(claim)
    except GuardError:
        return True
    return False


def test_pairs(encoder: MiniLM) -> None:
    """The measurement: hits by kind of error, false alarms; what is exchanged within a passage is not seen."""
    hits: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for pair in PAIRS:
        how = ("held out, " if pair.held_out else "") + (pair.how or "supported")
        of[how] += 1
        hits[how] += refused(encoder, [pair.passage], pair.text)
    assert not hits["supported"] + hits["held out, supported"]
    assert of["supported"] + of["held out, supported"] >= 26
    for how in ("denied", "invented", "number", "held out, invented", "held out, number"):
        assert hits[how] == of[how], how
    # "helps a lot" where the note has "helps little" denies without a word that does; an exchange has every word.
    assert (hits["held out, denied"], of["held out, denied"]) == (2, 3)
    assert (hits["opposite"], of["opposite"]) == (1, 2)


RIDGE = GROUPS[0]["passage"]


@pytest.mark.parametrize(
    "text",
    [
        "That reminds me of a story in your notes (notes.md, line 12).",
        "How does that fit with what your notes say about it?",
        "Thank you. What would your notes add to that?",
        "Let us stay with the penalty for a moment.",
        "Why does the lasso not keep small weights, when ridge does?",
    ],
)
def test_what_asserts_nothing_of_the_passage_is_not_looked_up(text: str) -> None:
    def absent() -> Any:
        raise AssertionError("nothing is encoded for it")

    found = [Passage(text=RIDGE, source="notes.md", line=1, score=1.0)]
    assert Grounding(found, (), absent).claim(text) == ""


def test_a_sentence_that_turns_the_passage_round_is_refused_also_without_naming_it(encoder: MiniLM) -> None:
    assert refused(encoder, [RIDGE], "The lasso does not set small weights exactly to zero.")
    assert not refused(encoder, [RIDGE], "The lasso sets small weights exactly to zero.")


def test_without_a_passage_nothing_may_be_said_of_the_notes(encoder: MiniLM) -> None:
    assert refused(encoder, [], "Your notes recommend elastic net whenever features are correlated.")


def test_the_draft_may_be_said_again(encoder: MiniLM) -> None:
    draft = "This sounds like the story in your notes (stories.md, line 4). What did you measure afterwards?"
    assert not refused(encoder, [], "This sounds like the story in your notes (stories.md, line 4).", draft)


def test_your_story_is_also_what_was_just_told(encoder: MiniLM) -> None:
    told = "I found that the cache was off and switched it on again, and latency fell."
    assert not refused(encoder, [], "In your story you found that the cache was off. ", "Draft.", told)
    assert refused(encoder, [], "In your story the vendor apologised and paid a penalty.", "Draft.", told)
