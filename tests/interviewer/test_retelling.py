"""One story for two questions: it is noticed, said once, and costs; a story with the same context is not accused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluators.judge import CONTROL, Judge
from evaluators.reference.minilm import MiniLM
from interviewer.events import Answered, Asked, Move, Planned, Scored, Setup, Started
from interviewer.policy import decide
from interviewer.retelling import RETOLD, Earlier, told_before
from interviewer.scorecard.reporting import build_report, render_markdown
from interviewer.scoring.assessment import OfflineAssessor
from interviewer.scoring.regrading import Regrader
from interviewer.scoring.second_opinion import SecondOpinion
from interviewer.state import QuestionState, State, replay
from interviewer.voices.offline import OfflineVoice
from knowledge.library import Library

HERE = Path(__file__).parent
STORIES = {
    story["name"]: story["text"].strip()
    for story in yaml.safe_load((HERE.parent / "evaluators" / "stories.yaml").read_text(encoding="utf-8"))
}
TOLD = yaml.safe_load((HERE / "retellings.yaml").read_text(encoding="utf-8"))
MISSED = "mentoring"
"""Told again with hardly a word of the first telling: words cannot see it."""


def noticed(text: str, first: str) -> bool:
    message = Answered(question_id="second", text=text, kind="answer")
    current = QuestionState(question_id="second", minutes=5, messages=(message,), asked_for=("",))
    return told_before(current, (Earlier("Tell me about the first thing.", first),)) is not None


@pytest.mark.parametrize("case", TOLD["again"], ids=lambda case: case["of"])
def test_a_story_in_other_words_is_the_same_story(case: dict[str, str]) -> None:
    assert noticed(case["text"], STORIES[case["of"]]) == (case["of"] != MISSED)


@pytest.mark.parametrize("case", TOLD["other"], ids=lambda case: case["of"])
def test_another_story_from_the_same_project_is_another_story(case: dict[str, str]) -> None:
    assert not noticed(case["text"], STORIES[case["of"]])


def test_of_two_different_stories_none_is_taken_for_the_other() -> None:
    assert not [pair for pair in itertools.permutations(STORIES, 2) if noticed(STORIES[pair[0]], STORIES[pair[1]])]


def test_a_few_words_are_no_retelling() -> None:
    story = STORIES["failure"]
    assert noticed(story, story)
    assert not noticed("I validated it on a random split.", story)


@pytest.fixture(scope="module")
def bank() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def assessor(bank: Library) -> Iterator[OfflineAssessor]:
    encoder = MiniLM.load()
    with ThreadPoolExecutor(1) as executor:
        yield OfflineAssessor(bank, lambda: encoder, _no_code, executor)


def _no_code() -> Any:
    raise AssertionError("no code in these tests")


FIRST, SECOND = "a_failure", "production_issue"
ASKED = (FIRST, SECOND, "mentoring")


class Talk:
    """An interview on three behavioural questions, turn by turn."""

    def __init__(self, bank: Library, assessor: OfflineAssessor) -> None:
        plan = tuple(Planned(question_id=name, minutes=12) for name in ASKED)
        started = Started(setup=Setup(round="behavioural", minutes=60), plan=plan)
        self.bank, self.assessor = bank, assessor
        self.events: list[Any] = [started, *self._asked(FIRST)]

    def _asked(self, question_id: str) -> list[Any]:
        move = Move(kind="question", question_id=question_id)
        return [Asked(move=move, text=self.bank.question(question_id).text)]

    async def say(self, text: str, kind: Any = "answer") -> tuple[Move, str]:
        """Send a message; return the move and its words."""
        current = self.state.current
        assert current is not None
        self.events.append(Answered(question_id=current.question_id, text=text, kind=kind))
        self.events += await self.assessor.assess(self.state)
        move = decide(self.state, self.bank)
        words = " ".join(part for part in OfflineVoice(self.bank).parts(self.state, move) if part)
        self.events.append(Asked(move=move, text=words))
        return move, words

    def go_on_to(self, question_id: str) -> None:
        self.events += self._asked(question_id)

    @property
    def state(self) -> State:
        return replay(self.events)

    @property
    def last(self) -> Any:
        return next(event for event in reversed(self.events) if isinstance(event, Scored)).score


@pytest.fixture
def talk(bank: Library, assessor: OfflineAssessor) -> Talk:
    return Talk(bank, assessor)


async def test_a_story_told_again_is_named_once_and_another_one_counts(talk: Talk, bank: Library) -> None:
    await talk.say(STORIES["failure"])
    assert RETOLD not in talk.last.flags
    talk.go_on_to(SECOND)
    move, words = await talk.say(STORIES["failure"])
    assert (move.kind, move.target) == ("encourage", RETOLD)
    assert bank.question(FIRST).text.strip()[:40] in words or "know already" in words
    assert RETOLD in talk.last.flags
    move, _ = await talk.say(STORIES["present_tense"])
    assert move.target != RETOLD
    assert RETOLD not in talk.last.flags
    fresh = talk.last
    for criterion in fresh.criteria:
        for evidence in criterion.evidence:
            assert evidence.quote in STORIES["present_tense"]
            answer = talk.state.question(SECOND).answer  # type: ignore[union-attr]
            assert answer[evidence.start : evidence.end] == evidence.quote


async def test_who_stays_with_it_is_scored_under_the_rubrics_cap_and_reads_why(talk: Talk, bank: Library) -> None:
    rubric = bank.rubrics["star"]
    (cap,) = [cap for cap in rubric.flag_caps if cap.flag == RETOLD]
    await talk.say(STORIES["kubernetes_migration"])
    once = talk.last.overall
    assert once > cap.overall
    talk.go_on_to("leading_without_authority")
    await talk.say(STORIES["kubernetes_migration"])
    move, _ = await talk.say("May I stay with it?", "clarifying_question")
    assert (move.kind, move.target) == ("encourage", "story_stays")
    move, _ = await talk.say("I would like to stay with it, since it fits best.")
    assert move.target != RETOLD
    assert talk.last.overall == cap.overall
    assert RETOLD in talk.last.flags
    assert any(cap.reason in line for line in talk.last.trace)
    assert any(bank.question(FIRST).text.strip()[:40] in line for line in talk.last.trace)
    report = await build_report("i", talk.events, bank)
    again = report.questions[1]
    assert again.score == cap.overall
    assert bank.question(FIRST).text.strip()[:40] in again.advice
    assert cap.reason in render_markdown(report)


async def test_two_sentences_of_context_in_another_story_cost_nothing(talk: Talk) -> None:
    case = next(case for case in TOLD["other"] if case["of"] == "kubernetes_migration")
    await talk.say(STORIES["kubernetes_migration"])
    talk.go_on_to("receiving_feedback")
    move, _ = await talk.say(case["text"])
    assert move.target != RETOLD
    assert RETOLD not in talk.last.flags


async def test_what_is_told_again_is_judged_so_when_it_is_graded_again(talk: Talk, bank: Library) -> None:
    await talk.say(STORIES["kubernetes_migration"])
    talk.go_on_to("leading_without_authority")
    await talk.say(STORIES["kubernetes_migration"])
    first, second = await Regrader(bank, talk.assessor.score).grade("i", talk.events)
    assert not first.changed
    assert not second.changed


class Generous:
    """A judge who gives every criterion five points for one word, and keeps what it was shown."""

    name = "generous"

    def __init__(self, word: str) -> None:
        self.word = word
        self.shown: list[str] = []

    async def structured(self, purpose: str, prompt: str, messages: Any, schema: Any) -> Any:
        self.shown += [text for _, text in messages]
        if purpose == "judge false claims":
            return schema.model_validate({"claims": []})
        points = 0 if purpose == f"judge {CONTROL}" else 5
        return schema.model_validate({"quotes": [self.word] if points else [], "reason": "There.", "score": points})


async def test_a_model_does_not_lift_what_was_told_again_and_reads_only_what_is_new(talk: Talk, bank: Library) -> None:
    await talk.say(STORIES["kubernetes_migration"])
    talk.go_on_to("leading_without_authority")
    await talk.say(STORIES["kubernetes_migration"])
    model = Generous("Kubernetes")
    opinion = SecondOpinion(bank, lambda: Judge(model))
    *_, judged = await opinion(talk.state, "leading_without_authority")
    assert isinstance(judged, Scored)
    assert judged.score.engine == "ensemble"
    assert judged.score.overall == 3.0
    await talk.say(STORIES["staff_privacy"])
    assert RETOLD not in talk.last.flags
    model.shown, model.word = [], "location"
    await opinion(talk.state, "leading_without_authority")
    assert any("raw location data" in text for text in model.shown)
    assert not any("Kubernetes" in text for text in model.shown)
