"""Whether a story can answer what was asked: one that does is never sent back, one that does not is, now and then."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from evaluators.story.asked import answered

# Two short stories to each question, written before the words that tell whether a story answers it.
STORIES = yaml.safe_load(Path(__file__).with_name("asked.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("question", STORIES)
def test_a_story_that_answers_the_question_is_not_sent_back(library, question):
    assert all(answered(story, library.questions[question].text) for story in STORIES[question].values())


def test_half_of_the_stories_that_were_told_to_another_question_are_sent_back(library):
    """The measured share, among questions of all kinds; it may only rise."""
    sent_back = [
        not answered(story, library.questions[question].text)
        for question in STORIES
        for other in STORIES
        for story in STORIES[other].values()
        if other != question
    ]
    assert sum(sent_back) / len(sent_back) >= 0.5


def test_a_question_of_an_unknown_kind_sends_nothing_back():
    assert answered("I mended the index.", "Tell me about a time you were proud of something.")


@pytest.mark.parametrize("text", ["a", "ab ", "he wai", "1,"])
def test_a_long_text_without_an_answer_is_read_in_linear_time(text):
    seconds = []
    for size in (20_000, 80_000):
        started = time.process_time()
        assert not answered(text * (size // len(text)), "Tell me about a time you disagreed with a colleague.")
        seconds.append(time.process_time() - started)
    assert seconds[1] < 8 * seconds[0] + 0.1  # four times the text; sixteen times the work would be quadratic
