"""Which part of the story a clause tells: learned from some stories, it is found in others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from evaluators.star import StarEvaluator
from evaluators.text import story, story_parts, story_parts_training

HERE = Path(__file__).parent
LETTERS = dict(zip(story_parts_training.LETTERS, story_parts.PARTS, strict=True))
HALF_A_STORY = """Last year our fraud model at the bank was slow and the customers complained. I read the config and
found a dropout of 0.9, and I set it to 0.1. You ask what dropout is. Dropout sets a random part of the activations to
zero. One usually picks a rate between a tenth and a half. It helps less when batch normalisation is there already. The
transformer uses it after every block. Layer normalisation computes the mean and the variance of one example. It works
for sequences of any length. Weight decay shrinks every weight a little in every step. Momentum keeps a running average
of the gradients. The learning rate says how far a step goes."""


def read(path: Path) -> list[tuple[str, str]]:
    return list(story_parts_training.labelled(yaml.safe_load(path.read_text(encoding="utf-8"))))


def parts(text, encoder):
    return [one.part for one in story_parts.tell(text, encoder.token_states([text])[0])]


def test_a_probe_fitted_on_some_stories_reads_others(encoder):
    seen, unseen = read(HERE / "story_parts.yaml"), read(HERE.parent / "stories.yaml")
    told = [story.clauses(text) for text, _ in seen + unseen]
    states = encoder.token_states([text for text, _ in seen + unseen])
    labels = [np.array([story_parts_training.LETTERS.index(letter) for letter in letters]) for _, letters in seen]
    tables = [story_parts.features(one, state) for one, state in zip(told, states[: len(seen)], strict=False)]
    probe = story_parts_training.fit(tables, labels)
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
    found = parts(text, encoder)
    assert found[0] == "situation"
    assert found[-1] == "reflection"
    assert found.index("task") < found.index("action") < found.index("result")


def test_a_heading_decides_before_the_probe(encoder):
    text = "Situation: I fixed the cache.\nTask: I fixed the queue.\nResult: I fixed the disk."
    assert parts(text, encoder) == ["situation", "task", "result"]


def test_letters_that_do_not_fit_the_clauses_are_refused():
    with pytest.raises(ValueError, match="2 clauses and 3 letters"):
        list(story_parts_training.labelled([{"name": "x", "text": "It was slow. I mended it.", "parts": "sar"}]))


def test_what_is_a_story_only_in_part_is_capped_and_still_read(encoder, library):
    score = StarEvaluator(library.rubrics["star"], encoder).score(HALF_A_STORY)
    assert "perhaps_no_story" in score.flags
    assert 0 < score.overall <= 1.5
    assert any(criterion.criterion == "action" and criterion.score for criterion in score.criteria)


def test_a_task_told_only_when_it_was_asked_for_is_found_behind_the_rest(encoder):
    told = "The precision fell from 92% to 71%. I found a changed field and rolled it back. It was fine after that."
    asked = "I had to bring it back above 90% before the quarter closed."
    assert parts(f"{told}\n\n{asked}", encoder)[-1] == "task"
    assert "task" not in parts(f"{told}\n\nI had to laugh about it.", encoder)
    owner = "I was the on-call owner and had to restore it before quarter end."
    assert parts(f"A year ago the precision of our fraud model fell. {owner} {told}", encoder)[1] == "task"
