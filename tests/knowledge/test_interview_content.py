"""What an interviewer needs is there: stories, openings and designs can be asked, followed up, hinted at and judged."""

from __future__ import annotations

import string

import pytest

from knowledge.library import Library
from knowledge.models import LEVELS, Question

STAR = ("situation", "task", "action", "result", "ownership", "measurement", "reflection", "concision")
TALKING = ("behavioural", "warm-up", "design")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def talking(library: Library) -> list[Question]:
    return [question for question in library.questions.values() if question.round in TALKING]


def test_every_question_can_be_followed_up_hinted_at_and_read_at_three_levels(talking: list[Question]) -> None:
    thin = [q.id for q in talking if len(q.follow_ups) < 3 or len(q.hints) != 3 or q.ladder is None]
    assert thin == []


@pytest.mark.parametrize("round_name", TALKING)
def test_each_round_has_questions_for_each_level(talking: list[Question], round_name: str) -> None:
    assert {question.level for question in talking if question.round == round_name} == set(LEVELS)


def test_a_candidate_can_ask_for_each_fact_in_several_ways(library: Library) -> None:
    for scenario in library.scenarios.values():
        ways = [way for fact in scenario.facts for way in fact.asked_by]
        assert len(set(ways)) == len(ways), scenario.scenario
        assert min(len(fact.asked_by) for fact in scenario.facts) >= 3, scenario.scenario
        assert 8 <= len(scenario.facts) <= 12, scenario.scenario


def test_designs_have_points_to_reach_mistakes_to_catch_and_something_to_read(library: Library) -> None:
    for question in library.questions.values():
        if question.round != "design":
            continue
        assert question.scenario in library.scenarios
        assert 6 <= len(question.key_points) <= 11, question.id
        touched = {point.criterion for point in question.key_points}
        assert touched >= {"architecture", "data_and_features", "serving", "evaluation", "reliability"}, question.id
        assert 3 <= len(question.misconceptions) <= 5, question.id
        assert question.references, question.id
        assert any(point.core for point in question.key_points), question.id


def test_points_are_statements_that_can_be_aligned(talking: list[Question]) -> None:
    """Shorter ones match anything, longer ones fill the encoder's window with several points at once."""
    lengths = {f"{q.id}.{p.id}": len(p.text.split()) for q in talking for p in q.key_points}
    assert [name for name, words in lengths.items() if not 12 <= words <= 36] == []


def test_anchors_are_never_bare_numbers(talking: list[Question]) -> None:
    bare = [f"{q.id}.{p.id}" for q in talking for p in q.key_points for a in p.anchors if a.replace(".", "").isdigit()]
    assert bare == []


def test_stories_are_scored_on_exactly_the_published_criteria(library: Library) -> None:
    assert tuple(criterion.id for criterion in library.rubrics["star"].criteria) == STAR


@pytest.mark.parametrize("name", ["star", "warm_up", "design"])
def test_advice_and_probes_take_up_the_candidates_words_and_nothing_else(library: Library, name: str) -> None:
    for criterion in library.rubrics[name].criteria:
        fields = [
            field
            for text in (criterion.advice, *criterion.probes)
            for _, field, _, _ in string.Formatter().parse(text)
            if field is not None
        ]
        assert set(fields) == {"quote"}, criterion.id
        assert "{quote}" in criterion.advice, criterion.id


@pytest.mark.parametrize("name", ["star", "warm_up", "design"])
def test_the_samples_bands_are_apart_and_agree_with_the_verdicts(library: Library, name: str) -> None:
    rubric = library.rubrics[name]
    assert rubric.weak.overall[1] < rubric.strong.overall[0]
    for level in LEVELS:
        no_hire, hire, strong_hire = rubric.verdicts[level]
        assert no_hire < hire < strong_hire
        assert rubric.weak.overall[1] < hire, "the weak sample must not be hired at any level"
        assert rubric.strong.overall[0] >= hire, "the strong sample must be hired at every level"


def test_the_strong_story_is_told_within_two_to_three_minutes(library: Library) -> None:
    assert 300 <= len(library.rubrics["star"].strong.answer.split()) <= 450


def test_opening_questions_list_what_an_answer_has(library: Library) -> None:
    """Without parts to look for nothing could be relevant, and every answer would be capped as beside the question."""
    opening = [question for question in library.questions.values() if question.rubric == "warm_up"]
    assert [question.id for question in opening if len(question.key_points) < 3] == []
