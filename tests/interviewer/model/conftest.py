"""A wire that is recorded once and replayed ever after, and an engine on seven frozen questions that speaks over it."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import vcr
import yaml

from evaluators.judge import Judge
from evaluators.reference.minilm import MiniLM
from evaluators.verdict import Check, Verdict
from interviewer.bench.endpoint import serving
from interviewer.engine import Engine, Equipment
from interviewer.events import Move, Setup
from interviewer.facts import FactFinder
from interviewer.model.llm import open_model
from interviewer.scoring.assessment import OfflineAssessor
from interviewer.scoring.second_opinion import SecondOpinion
from interviewer.settings import Settings
from interviewer.speaking import Speaker
from interviewer.state import State
from interviewer.store import Store
from interviewer.voices.model import ModelVoice
from interviewer.voices.offline import OfflineVoice
from knowledge.library import Library
from knowledge.models import Passage, Question, Rubric, Scenario

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import recording  # noqa: E402
import written  # noqa: E402

CASSETTES = HERE.parents[2] / "cassettes" / "interviewer" / "model"
RECORD = os.environ.get("INTERVIEWER_TEST_RECORD", "")
"""Empty: replay. `written`: record against the completions in completions/. A URL: record against that server."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "respond(function): what the endpoint answers when this test is recorded")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A recording with something missing is no success, even where the tests pass without it."""
    if RECORD and written.AUTHOR.missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """After recording: which completions were carried over, and which have to be written."""
    if RECORD != "written":
        return
    author = written.AUTHOR
    written.save_missing(author.missing)
    terminalreporter.section("completions")
    for exact, relative in author.carried.items():
        if exact[0] == "words" and exact[-1] != relative.exact[-1]:
            terminalreporter.line(f"carried over to {exact[-1]!r}\n           from {relative.exact[-1]!r}")
    terminalreporter.line(
        f"{len(author.used)} as written, {len(author.carried)} carried over, {len(author.unused())} not asked for,"
        f" {len(author.missing)} missing"
    )
    if author.missing:
        terminalreporter.line(f"Fill in the blanks in {written.MISSING}, rename it, and record again.")


@dataclass
class Wire:
    """Settings whose model is on the cassette."""

    base_url: str
    key: str
    model: str
    cassette: Any

    def settings(self, **changes: Any) -> Settings:
        values = {"base_url": self.base_url, "api_key": self.key, "model": f"openai:{self.model}", "model_retries": 0}
        return Settings(**{**values, **changes})

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the requests on the cassette, in order."""
        import json

        return [json.loads(request.body) for request in self.cassette.requests]


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """HTTP from the test's own cassette: an unrecorded request raises, an unplayed recording fails the test."""
    name = request.node.name.replace("[", "_").replace("]", "").replace(" ", "_")
    path = CASSETTES / request.node.path.stem / f"{name}.yaml"
    tape = vcr.VCR(
        record_mode="all" if RECORD else "none",
        match_on=("method", "path", "same_body"),
        before_record_request=recording.clean_request,
        before_record_response=recording.clean_response,
        decode_compressed_response=True,
    )
    tape.register_serializer("readable", recording)
    tape.register_matcher("same_body", recording.same_body)
    if RECORD:
        path.unlink(missing_ok=True)
        written.AUTHOR.begin()
    marker = request.node.get_closest_marker("respond")
    scripted = marker is not None or RECORD in {"", "written"}
    model = "relay" if scripted else os.environ["INTERVIEWER_TEST_RECORD_MODEL"]
    key = "none" if scripted else os.environ["INTERVIEWER_TEST_RECORD_KEY"]
    with tape.use_cassette(str(path), serializer="readable") as cassette:
        if not RECORD:
            recorded = cassette.requests
            model = __import__("json").loads(recorded[0].body)["model"] if recorded else model
            yield Wire(f"{recording.HOST}/v1", key, model, cassette)
            assert cassette.all_played, "a recording was not played"
        elif scripted:
            with serving(marker.args[0] if marker else written.respond) as url:
                yield Wire(f"{url}/v1", key, model, cassette)
        else:
            yield Wire(RECORD, key, model, cassette)


@pytest.fixture(scope="session")
def encoder() -> MiniLM:
    return MiniLM.load()


@pytest.fixture(scope="session")
def bank() -> Library:
    """Questions, rubrics and a scenario as they were when the cassettes were recorded."""
    data = yaml.load((HERE / "bank.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    questions = [Question.model_validate(one) for one in data["questions"]]
    rubrics = [Rubric.model_validate(one) for one in data["rubrics"]]
    scenarios = [Scenario.model_validate(one) for one in data["scenarios"]]
    return Library({q.id: q for q in questions}, {r.rubric: r for r in rubrics}, {s.scenario: s for s in scenarios})


class PaperGrader:
    """Passes code that scales by the square root; the sandbox has tests of its own."""

    def grade(self, slug: str, source: str) -> Verdict:
        right = "sqrt" in source
        checks = (
            Check(name="shapes", passed=True),
            Check(name="scaled", passed=right, detail="the weights are too sharp for wide heads"),
        )
        return Verdict(exercise=slug, passed=right, score=1.0 if right else 0.5, checks=checks, isolation_level=4)


PASSAGE = Passage(
    text="Ridge shrinks every weight by a factor; the lasso sets small ones exactly to zero, because its gradient does"
    " not fade near zero.",
    source="notes/regularisation.md",
    line=12,
    score=0.9,
    heading="Regularisation",
    category="notes",
)


@pytest.fixture
def open_wired(bank: Library, encoder: MiniLM, tmp_path: Path) -> Any:
    """`async with open_wired(settings) as engine`: the real voices, judge and evaluators, no index and no sandbox."""

    @asynccontextmanager
    async def opened(settings: Settings, **changes: Any) -> AsyncIterator[Engine]:
        executor = ThreadPoolExecutor(2)
        offline = OfflineVoice(bank)
        voice = ModelVoice(open_model(settings), offline, bank, lambda: encoder)
        judge = Judge(open_model(settings, judge=True), samples=settings.judge_samples)
        finder = FactFinder(lambda: encoder)

        async def find(state: State, move: Move) -> Sequence[Passage]:
            return [PASSAGE] if move.kind == "probe" and move.question_id == "l1_vs_l2" else ()

        async def facts(state: State) -> Sequence[str]:
            question = bank.question(state.current.question_id) if state.current else None
            if question is None or question.scenario is None or state.pending is None:
                return ()
            return list(finder.find(bank.scenarios[question.scenario], state.pending.text))

        async def sources(question: Question, target: str) -> Sequence[Passage]:
            return [PASSAGE]

        def choose(setup: Setup) -> Any:
            return offline if setup.engine == "offline" else voice

        assessor = OfflineAssessor(bank, lambda: encoder, PaperGrader, executor)
        parts: dict[str, Any] = {
            "voice": choose,
            "find": find,
            "facts": facts,
            "opinion": SecondOpinion(bank, lambda: judge, sources),
        }
        async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
            parts |= changes
            speaker = Speaker(bank, parts.pop("voice"), offline, parts.pop("statement", None))
            held_with = Equipment(bank, speaker, assessor, parts.pop("opinion", None))
            engine = Engine(store, lambda versions: held_with, **parts)
            try:
                yield engine
            finally:
                await engine.close()
                executor.shutdown()

    return opened
