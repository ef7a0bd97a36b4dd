"""Questions in candidates' own words against the facts of the real scenarios."""

from __future__ import annotations

import pytest

from evaluators.reference.minilm import MiniLM
from interviewer.facts import FactFinder, count_asked
from knowledge.library import Library


@pytest.fixture(scope="module")
def finder() -> FactFinder:
    encoder = MiniLM.load()
    return FactFinder(lambda: encoder)


@pytest.fixture(scope="module")
def bank() -> Library:
    return Library.load()


@pytest.mark.parametrize(
    ("scenario", "text", "facts"),
    [
        ("recommendation", "What's our peak QPS?", ("peak",)),
        ("recommendation", "how many items are in the catalogue", ("catalogue",)),
        (
            "recommendation",
            "Before I start: how many users are active daily and what's the latency budget?",
            ("active_users", "latency"),
        ),
        ("recommendation", "Which programming language should I use?", ()),
        ("recommendation", "What colour should the buttons be?", ()),
        ("fraud_detection", "How many transactions per second do we see?", ("volume",)),
        ("fraud_detection", "How long until we get labels?", ("labels",)),
        ("fraud_detection", "Is there a rules engine already?", ("existing",)),
        ("rag_million_documents", "Are there access restrictions per matter?", ("permissions",)),
        ("rag_million_documents", "How often do documents change?", ("updates",)),
        ("rag_million_documents", "Should I start with retrieval?", ()),
        ("rag_million_documents", "", ()),
    ],
)
def test_facts_asked_for(finder: FactFinder, bank: Library, scenario: str, text: str, facts: tuple[str, ...]) -> None:
    assert finder.find(bank.scenarios[scenario], text) == facts


def test_every_known_way_of_asking_finds_its_fact(finder: FactFinder, bank: Library) -> None:
    wrong = []
    total = 0
    for name in ("recommendation", "fraud_detection"):
        scenario = bank.scenarios[name]
        for fact in scenario.facts:
            for way in fact.asked_by:
                total += 1
                if fact.id not in finder.find(scenario, way):
                    wrong.append((scenario.scenario, fact.id, way))
    assert len(wrong) / total < 0.05, wrong


def test_asking_for_everything_gets_four_answers(finder: FactFinder, bank: Library) -> None:
    scenario = bank.scenarios["recommendation"]
    everything = " ".join(fact.asked_by[0] for fact in scenario.facts)
    assert len(finder.find(scenario, everything)) == 4


def test_questions_in_a_row_are_asked_one_by_one(finder: FactFinder, bank: Library) -> None:
    scenario = bank.scenarios["content_moderation"]
    text = "How fast must a message be blocked, which languages matter most, and who labels the data?"
    assert finder.find(scenario, text) == ("latency", "languages", "labels")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How many users are there, what is the latency budget, and how often do they return?", 3),
        ("For users who are new, what do we know about them?", 1),
        ("So, what matters most, precision or recall?", 1),
        ("What is the peak? And the latency?", 2),
        ("I take 200 ms.", 0),
    ],
)
def test_questions_are_counted(text: str, asked: int) -> None:
    assert count_asked(text) == asked
