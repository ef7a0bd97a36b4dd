"""Reports of every kind of round, offline: advice from the answer's own words, and points that can be followed.

With the real evaluators and the real notes: what is tested is what a candidate reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from evaluators.score import CriterionScore, Evidence, Score
from interviewer.assembly import Parts
from interviewer.events import Answered, AnyEvent, Asked, Move, Planned, Ran, Scored, Setup, Started
from interviewer.quoting import harmless
from interviewer.references import References
from interviewer.scorecard.coach import advise
from interviewer.scorecard.markdown import render_markdown
from interviewer.scorecard.report import QuestionReport, Report
from interviewer.scorecard.reporting import build_report
from interviewer.settings import Settings
from interviewer.state import QuestionState, replay
from knowledge.models import LEVELS


class Case(NamedTuple):
    """A question, and two answers to it, with code handed in before the words where it is a coding question."""

    question: str
    answers: tuple[str, str]
    code: tuple[str, str] = ("", "")


STABLE = """\
import numpy as np

def softmax(x, axis):
    shifted = np.asarray(x, dtype=float) - np.max(x, axis=axis, keepdims=True)
    e = np.exp(shifted)
    return e / e.sum(axis=axis, keepdims=True)
"""
NAIVE = """\
import numpy as np

def softmax(logits, axis):
    powers = np.exp(np.asarray(logits, dtype=float))
    return powers / powers.sum(axis=axis, keepdims=True)
"""

CASES = [
    Case(
        "production_issue",
        (
            (
                "Last March the checkout ranking service began to time out for 8% of users. I was on call. I profiled "
                "it and found that each request tokenised the query twice, so I cached the tokens."
            ),
            (
                "Our fraud model at Nordbank blocked too many customers. We looked at the data together and the team "
                "decided to retrain it. Everybody was happy."
            ),
        ),
    ),
    Case(
        "l1_vs_l2",
        (
            (
                "With L1 the gradient of the penalty has constant size, so weights reach exactly zero and the model is "
                "sparse; in our click model 1,400 of 2,000 features went to zero."
            ),
            "L2 shrinks every weight in proportion to its size but does not make any of them zero.",
        ),
    ),
    Case(
        "design_fraud_detection",
        (
            (
                "I assume 40 million payments a day. I would train gradient boosted trees on transaction features and "
                "serve them behind a REST interface, because trees are fast."
            ),
            "We collect the data in Kafka, use a deep network in PyTorch and deploy it on Kubernetes with 3 replicas.",
        ),
    ),
    Case(
        "proud_project",
        (
            (
                "I am proudest of the hotel ranking at a travel marketplace. I replaced nightly boosted trees by a "
                "two-tower retriever, and bookings per search rose by 3.1 percent in four weeks."
            ),
            "I did many projects with various models and I learned a lot from all of them. I liked the people.",
        ),
    ),
    Case(
        "code_softmax",
        (
            "I subtract the largest entry of each row first, so that exp does not overflow, and divide by the sum.",
            "I take powers of e and divide them by their sum along the axis, which gives probabilities.",
        ),
        (STABLE, NAIVE),
    ),
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = Parts(Settings(home=tmp_path_factory.mktemp("home")))
    made.retriever()
    yield made
    made.close()


async def report_on(parts: Parts, question_id: str, answer: str, *code: str) -> Report:
    """The report of an interview of one question."""
    library, assessor = parts.library(), parts.assessor()
    question = library.question(question_id)
    events: list[AnyEvent] = [
        Started(
            setup=Setup(round=question.round, minutes=20, seed=1), plan=(Planned(question_id=question_id, minutes=6),)
        ),
        Asked(move=Move(kind="question", question_id=question_id), text=question.text),
    ]
    for text, kind in (*((one, "code") for one in code), (answer, "answer")):
        if not text:
            continue
        events.append(Answered(question_id=question_id, text=text, kind=kind))
        found = await assessor.assess(replay(events))
        assert all(isinstance(event, Ran | Scored) for event in found)
        events += found
    references = References(library, parts.retriever.within, parts.executor)
    return await build_report("i1", events, library, references)


def quoted(text: str) -> list[str]:
    return re.findall(r"“([^”]+)”", text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)
async def test_the_lifting_sentence_is_built_from_the_answers_own_facts(parts: Parts, case: Case) -> None:
    reports = [
        (await report_on(parts, case.question, answer, code)).questions[0]
        for answer, code in zip(case.answers, case.code, strict=True)
    ]
    first, second = (one.advice for one in reports)
    assert first != second
    for one, answer, code, other in zip(reports, case.answers, case.code, reversed(case.answers), strict=True):
        own = harmless(f"{code} {answer}")
        facts = [quote for quote in quoted(one.advice) if quote in own and quote not in harmless(other)]
        found = [check.name for verdict in one.verdicts for check in verdict.checks if not check.passed]
        found += [seen.explanation for verdict in one.verdicts for seen in verdict.misconceptions]
        named = [name for name in found if name in one.advice]
        assert facts or named, one.advice
        assert "{quote}" not in one.advice


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)
async def test_the_ladder_names_what_each_level_adds_and_there_is_something_to_read(parts: Parts, case: Case) -> None:
    report = await report_on(parts, case.question, case.answers[0], case.code[0])
    (one,) = report.questions
    question = parts.library().question(case.question)
    assert one.ladder is not None
    assert len({getattr(one.ladder, level) for level in LEVELS}) == len(LEVELS)
    texts = {point.text: point.level for point in question.key_points}
    assert all(texts[text] == level for level, text in one.next_on_the_ladder.items())
    assert bool(one.next_on_the_ladder) == bool(texts)
    assert one.reading
    assert all(passage.source and passage.line >= 1 and passage.text for passage in one.reading)
    page = render_markdown(report)
    assert all(text.replace("|", "\\|") in page for text in one.next_on_the_ladder.values())


async def test_what_was_said_is_not_proposed_again(parts: Parts) -> None:
    question = parts.library().question("l1_vs_l2")
    point = next(p for p in question.key_points if p.id == "l1_sparsity")
    (silent,) = (await report_on(parts, "l1_vs_l2", CASES[1].answers[1])).questions
    (told,) = (await report_on(parts, "l1_vs_l2", f"{CASES[1].answers[1]} {point.text}")).questions
    assert silent.next_on_the_ladder["junior"] == point.text
    assert told.next_on_the_ladder.get("junior") != point.text
    assert point.text not in told.advice


def unfounded(one: QuestionReport) -> list[str]:
    """What in a report cannot be followed to a quotation in the transcript or to a reason."""
    said = "\n\n".join(turn.text for turn in one.turns if turn.role == "candidate")
    found = [
        f"{criterion.criterion}: “{evidence.quote}”"
        for criterion in one.criteria
        for evidence in criterion.evidence
        if evidence.quote not in said
    ]
    found += [c.criterion for c in one.criteria if c.score and not c.evidence]
    return found + [c.criterion for c in one.criteria if not c.score and len(c.reason.split()) < 2]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)
@pytest.mark.parametrize("which", [0, 1])
async def test_every_point_can_be_followed_to_a_quotation_or_a_missing_anchor(
    parts: Parts, case: Case, which: int
) -> None:
    (one,) = (await report_on(parts, case.question, case.answers[which], case.code[which])).questions
    assert one.criteria
    assert unfounded(one) == []
    assert one.trace
    question = parts.library().question(case.question)
    points = {point.id: point.text for point in question.key_points}
    for criterion in one.criteria:
        if criterion.score == 0 and criterion.criterion in points:
            assert points[criterion.criterion] in criterion.reason  # the anchor that is missing, in its own words


async def test_an_answer_that_is_not_a_story_is_told_so_in_its_own_words(parts: Parts) -> None:
    answer = "In general I would first look at the logs and then talk to the team about it, as one should."
    (one,) = (await report_on(parts, "production_issue", answer)).questions
    assert "In general I would first look at the logs" in one.advice
    assert "something" in one.advice or "one thing that happened" in one.advice


async def test_code_without_a_word_is_asked_for_its_own_explanation(parts: Parts) -> None:
    (one,) = (await report_on(parts, "code_softmax", "", STABLE)).questions
    assert one.verdicts[-1].passed
    core = next(p for p in parts.library().question("code_softmax").key_points if p.core)
    assert core.text[:40] in one.advice


async def test_who_knew_nothing_to_write_is_not_told_that_it_was_a_plan(parts: Parts) -> None:
    said = "I have no idea how to do this one, sorry."
    (one,) = (await report_on(parts, "code_softmax", said, "")).questions
    assert "is a plan" not in one.advice
    assert one.advice.startswith("Start this one from its centre")


@pytest.mark.parametrize(
    ("question_id", "wanted"), [("code_softmax", "code that runs is"), ("derive_logistic_gradients", "formulas")]
)
async def test_words_alone_are_no_exercise(parts: Parts, question_id: str, wanted: str) -> None:
    said = "I would look at the largest number first and take it off everywhere."
    (one,) = (await report_on(parts, question_id, said, "")).questions
    assert one.advice.startswith("So far there is “I would look at the largest number first")
    assert wanted in one.advice


async def test_advice_on_code_is_about_the_attempt_that_counts(parts: Parts) -> None:
    (slipped,) = (await report_on(parts, "code_softmax", "", NAIVE, "def softmax(:")).questions
    (alone,) = (await report_on(parts, "code_softmax", "", NAIVE)).questions
    assert len(slipped.verdicts) == 2
    assert slipped.advice == alone.advice


async def test_gibberish_hears_why_and_where_to_begin(parts: Parts) -> None:
    (one,) = (await report_on(parts, "l1_vs_l2", "qwx zvbk plrt mmnq sdfgh kjhg wqert yuiop zxcvb nmlkj")).questions
    assert one.score == 0
    assert "qwx zvbk" in one.advice
    assert "Begin with this:" in one.advice


@pytest.mark.parametrize("question_id", ["calibration", "code_rotary_positions", "design_feed_ranking"])
async def test_what_is_to_be_read_is_of_the_notes_that_the_question_names(parts: Parts, question_id: str) -> None:
    library = parts.library()
    question = library.question(question_id)
    references = References(library, parts.retriever.within, parts.executor)
    for point in question.key_points:
        found = await references.to_read(question, point.id)
        assert 1 <= len(found) <= 3
        assert {Path(passage.source).stem for passage in found} <= set(question.notes or ())


async def test_a_question_without_notes_sends_to_what_it_refers_to(parts: Parts) -> None:
    library = parts.library()
    references = References(library, parts.retriever.within, parts.executor)
    (first, *_) = await references.to_read(library.question("scaling_laws_and_budget"), "six_nd")
    assert first.category == "reference"
    assert await references.reading(library.question("scaling_laws_and_budget"), "six_nd") == []


async def test_a_question_that_no_note_is_near_rests_on_nothing_and_sends_to_nothing(parts: Parts) -> None:
    library = parts.library()
    question = library.question("l1_vs_l2").model_copy(
        update={"text": "the history of the Ottoman empire", "key_points": (), "misconceptions": (), "notes": None}
    )
    references = References(library, parts.retriever.within, parts.executor)
    assert await references.reading(question, "") == []
    assert {passage.category for passage in await references.to_read(question, "")} <= {"reference"}


async def test_an_answer_beside_the_question_is_told_so_and_not_built_on(parts: Parts) -> None:
    one = (
        await report_on(parts, "l1_vs_l2", "Hi! I like hiking in the mountains with my dog every weekend.")
    ).questions[0]
    assert "the sentence that lifts" not in one.advice.lower()
    assert one.advice.startswith("“I like hiking in the mountains with my dog every weekend”")


async def test_an_opening_that_answers_nothing_is_not_told_that_one_thing_is_open(parts: Parts) -> None:
    said = "I run the ranking for a job board, because I like measurable work. Applications rose by six percent."
    (one,) = (await report_on(parts, "why_this_role", said)).questions
    assert "does not answer the question yet" in one.advice


async def test_nobody_is_told_to_cut_a_story_of_a_few_words(parts: Parts) -> None:
    short = (
        "Last May our ranking service lost 20% of clicks. I rolled it back and clicks were at 100% again in an hour."
    )
    one = (await report_on(parts, "production_issue", short)).questions[0]
    assert one.advice
    assert "leave it out" not in one.advice


def test_a_point_that_is_said_in_part_is_told_whole_and_not_as_the_scorers_reason(parts: Parts) -> None:
    question = parts.library().question("l1_vs_l2")
    text = "L1 can push weights to zero."
    criteria = tuple(
        CriterionScore(
            criterion=point.id,
            score=3 if point.id == "l1_sparsity" else 5,
            evidence=(Evidence(quote=text, start=0, end=len(text)),),
            reason="Said to 60%. Literally there: zero.",
            weight=point.weight,
        )
        for point in question.key_points
    )
    score = Score(overall=4.0, band=(3.5, 4.5), criteria=criteria, engine="offline")
    said = Answered(question_id=question.id, text=text, kind="answer")
    current = QuestionState(question_id=question.id, minutes=5, messages=(said,), score=score)
    advice = advise(question, parts.library().rubric_for(question), current, "senior")
    point = next(point for point in question.key_points if point.id == "l1_sparsity")
    assert advice.text.endswith(point.text)
    assert "says it in part" in advice.text
    assert "Literally" not in advice.text
