"""Which part of the story a clause tells: learned from some stories, it is found in others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from evaluators.star import StarEvaluator
from evaluators.story import clauses, parts, parts_training

HERE = Path(__file__).parent
LETTERS = dict(zip(parts_training.LETTERS, parts.PARTS, strict=True))
HALF_A_STORY = """Last year our fraud model at the bank was slow and the customers complained. I read the config and
found a dropout of 0.9, and I set it to 0.1. You ask what dropout is. Dropout sets a random part of the activations to
zero. One usually picks a rate between a tenth and a half. It helps less when batch normalisation is there already. The
transformer uses it after every block. Layer normalisation computes the mean and the variance of one example. It works
for sequences of any length. Weight decay shrinks every weight a little in every step. Momentum keeps a running average
of the gradients. The learning rate says how far a step goes."""

FIRST_TELLINGS = [
    """Our export job kept timing out for the big accounts, so people could not download their reports. I profiled it,
saw that it loaded every row into memory, and rewrote it to stream in chunks of 5,000 rows.""",
    """Last year two teams fought about the feature store. I drew up both designs, measured the read latency of each on
our traffic and proposed the cheaper one.""",
    """so the model for the delivery times got worse every week after we changed the app. I compared the inputs before
and after and found a field in another unit, and I fixed the conversion.""",
]
REPLIES = [
    ("result", "1,200 customers were unblocked.", "result"),
    ("result", "Exports went through again.", "result"),
    ("result", "they took mine in the end", "result"),
    ("result", "It failed. The directors dropped it and bought something instead.", "result"),
    ("result", "I don't know by how much, but support stopped getting calls.", "result"),
    ("result", "I don't know, I left the company before that.", None),
    ("result", "No idea, sorry.", None),
    ("result", "What do you mean by that?", None),
    ("result", "First I looked at the slow query log and then I rewrote the join.", "action"),
    ("result", "I chose streaming over a bigger machine because the bill would have doubled.", "action"),
    ("action", "mostly the profiling, and the chunking was my idea", "action"),
    ("action", "It cut the run from 40 minutes to 3.", "result"),
    ("ownership", "I wrote the design and the benchmark, Priya did the migration.", "action"),
    ("situation", "If payroll is late people don't get paid, so it was pretty serious.", "situation"),
    ("situation", "I then added an index.", "action"),
    ("task", "I had to get it under a minute by the end of the month.", "task"),
    ("task", "I don't know what you mean.", None),
    ("measurement", "From 40 minutes to 3.", "result"),
    ("measurement", "I timed every stage with a profiler.", "action"),
    ("reflection", "I'd talk to the biggest customer first.", "reflection"),
    ("reflection", "The tickets went from 30 a week to none.", "result"),
    ("reflection", "I don't know, nothing really.", None),
    ("follow_up_1", "I told the head of support the same evening by phone.", "action"),
]


def read(path: Path) -> list[tuple[str, str]]:
    return list(parts_training.labelled(yaml.safe_load(path.read_text(encoding="utf-8"))))


def told_parts(text, encoder):
    return [one.part for one in parts.tell(text, encoder.token_states([text])[0])]


def test_a_probe_fitted_on_some_stories_reads_others(encoder):
    seen, unseen = read(HERE / "parts.yaml"), read(HERE.parent / "stories.yaml")
    told = [clauses.split(text) for text, _ in seen + unseen]
    states = encoder.token_states([text for text, _ in seen + unseen])
    labels = [np.array([parts_training.LETTERS.index(letter) for letter in letters]) for _, letters in seen]
    tables = [parts.features(one, state) for one, state in zip(told, states[: len(seen)], strict=False)]
    probe = parts_training.fit(tables, labels)
    right = [
        found == LETTERS[letter]
        for one, state, (_, letters) in zip(told[len(seen) :], states[len(seen) :], unseen, strict=True)
        for found, letter in zip(probe.parts(one, state), letters, strict=True)
    ]
    assert np.mean(right) >= 0.7


def test_a_story_in_one_breath_has_its_task_and_its_ending(encoder):
    text = (
        "so at my last job the mail filter let through a lot of spam and users complained every day and my lead asked "
        "me to halve it by June and I read two hundred of the mails and I saw that they were all pictures and I added "
        "a text reader for pictures and in June the complaints were down from ninety a week to twelve and since then I "
        "always read the examples first"
    )
    told = told_parts(text, encoder)
    assert told[0] == "situation"
    assert told[-1] == "reflection"
    assert told.index("task") < told.index("action") < told.index("result")


def test_a_heading_decides_before_the_probe(encoder):
    text = "Situation: I fixed the cache.\nTask: I fixed the queue.\nResult: I fixed the disk."
    assert told_parts(text, encoder) == ["situation", "task", "result"]


def test_letters_that_do_not_fit_the_clauses_are_refused():
    with pytest.raises(ValueError, match="2 clauses and 3 letters"):
        list(parts_training.labelled([{"name": "x", "text": "It was slow. I mended it.", "parts": "sar"}]))


def test_what_is_a_story_only_in_part_is_capped_and_still_read(encoder, library):
    score = StarEvaluator(library.rubrics["star"], encoder).score(HALF_A_STORY)
    assert "perhaps_no_story" in score.flags
    assert 0 < score.overall <= 1.5
    assert any(criterion.criterion == "action" and criterion.score for criterion in score.criteria)


def test_a_task_told_only_when_it_was_asked_for_is_found_behind_the_rest(encoder):
    told = "The precision fell from 92% to 71%. I found a changed field and rolled it back. It was fine after that."
    asked = "I had to bring it back above 90% before the quarter closed."
    assert told_parts(f"{told}\n\n{asked}", encoder)[-1] == "task"
    assert "task" not in told_parts(f"{told}\n\nI had to laugh about it.", encoder)
    owner = "I was the on-call owner and had to restore it before quarter end."
    assert told_parts(f"A year ago the precision of our fraud model fell. {owner} {told}", encoder)[1] == "task"


def replied(first, criterion, reply, encoder):
    """The parts of a reply to a follow-up on a criterion."""
    text, start = f"{first}\n\n{reply}", len(first) + 2
    told = parts.tell(text, encoder.token_states([text])[0], [(start, criterion)])
    assert all((one.start >= start) == bool(one.reply) for one in told)
    return [one.part for one in told if one.reply]


@pytest.mark.parametrize("first", FIRST_TELLINGS)
@pytest.mark.parametrize(("criterion", "reply", "part"), REPLIES)
def test_a_reply_leans_to_what_it_was_asked_for_and_is_not_forced(encoder, first, criterion, reply, part):
    assert set(replied(first, criterion, reply, encoder)) <= {part}


def test_most_replies_are_read_as_what_they_tell(encoder):
    asked = [(first, *reply) for first in FIRST_TELLINGS for reply in REPLIES]
    with_it = [set(replied(first, about, reply, encoder)) <= {part} for first, about, reply, part in asked]
    texts = [(f"{first}\n\n{reply}", len(first), part) for first, _, reply, part in asked]
    unasked = [
        {one.part for one in parts.tell(text, encoder.token_states([text])[0]) if one.start > end} <= {part}
        for text, end, part in texts
    ]
    assert np.mean(with_it) == 1 > np.mean(unasked) + 0.2


def test_the_first_telling_is_read_as_if_nothing_had_been_asked_since(encoder):
    first, reply = FIRST_TELLINGS[0], "I had to get it under a minute by the end of the month."
    text = f"{first}\n\n{reply}"
    alone = parts.tell(first, encoder.token_states([text])[0])
    assert parts.tell(text, encoder.token_states([text])[0], [(len(first) + 2, "task")])[: len(alone)] == alone


def test_no_heading_of_the_story_holds_in_a_reply(encoder):
    first = "Situation: The export of reports timed out.\nResult: It ended well for both of the teams."
    assert replied(first, "action", "I read the traces, then I moved the parsing out of the loop.", encoder) == [
        "action"
    ]
