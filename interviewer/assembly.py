"""Settings to a working engine, in one place. Heavy parts are made when first needed, and warmed in the background."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from interviewer.engine import OWN_WORK, Engine
from interviewer.equipment import Equipped
from interviewer.events import Move
from interviewer.facts import FactFinder
from interviewer.material import Editions
from interviewer.model.llm import MOST_CALLS_IN_A_ROW
from interviewer.once import Once
from interviewer.process import ChildProcess
from interviewer.references import References
from interviewer.scoring.assessment import OfflineAssessor
from interviewer.scoring.judging import load_encoder, warm_evaluators, warm_here
from interviewer.settings import Settings
from interviewer.state import State
from interviewer.store import Store
from knowledge.errors import SandboxError
from knowledge.library import Library
from knowledge.models import Passage

if TYPE_CHECKING:
    from evaluators.code import CodeGrader
    from evaluators.judge import Judge
    from evaluators.sandbox import Sandbox
    from interviewer.hearing import Examples
    from interviewer.model.llm import LanguageModel
    from knowledge.encoder import TokenEncoder
    from knowledge.retrieval import Retriever

logger = logging.getLogger(__name__)


class Parts:
    """The heavy parts behind the engine. Ask for one on a worker thread only: it may take seconds."""

    def __init__(self, settings: Settings, *, strangers: bool = False, many: bool = False) -> None:
        """Nothing heavy is made yet.

        Args:
            settings: where things are kept, and which model speaks.
            strangers: the code to be graded may be other people's, so isolation below the safe level is refused.
            many: interviews are held side by side, so answers are judged in a process beside this one.
        """
        self.settings = settings
        self._strangers = strangers
        self.editions = Editions(settings)
        self.library: Once[Library] = Once(self._load_library)
        self.encoder: Once[TokenEncoder] = Once(load_encoder)
        self.facts = FactFinder(self.encoder)
        self.examples: Once[Examples] = Once(self._encode_examples)
        self.retriever: Once[Retriever] = Once(self._open_retriever)
        self.sandbox: Once[Sandbox] = Once(self._start_sandbox)
        self.grader: Once[CodeGrader] = Once(self._make_grader)
        self.assessor: Once[OfflineAssessor] = Once(self._make_assessor)
        self.model: Once[LanguageModel] = Once(self._open_model)
        self.judge: Once[Judge] = Once(self.judge_of)
        self._cleanup = contextlib.ExitStack()
        self.executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="interviewer")
        self.beside = ChildProcess() if many else None

    def close(self) -> None:
        """Stop the workers and the sandbox."""
        if self.beside is not None:
            self.beside.shutdown(cancel_futures=True)
        self.executor.shutdown(wait=True, cancel_futures=True)
        self._cleanup.close()
        for part in vars(self).values():  # 100 MB of weights need not wait until somebody looks for circles
            if isinstance(part, Once):
                part.forget()

    def _load_library(self) -> Library:
        return self.editions.library(None)

    def _make_assessor(self) -> OfflineAssessor:
        return self.assessor_under(self.library())

    def assessor_under(self, library: Library) -> OfflineAssessor:
        """Return our evaluators under the rubrics of `library`, on the scale of whoever calibrated them."""
        known = None
        if any(self.settings.home.glob("calibration.json")):  # seldom, and NumPy need not be imported to find out
            from evaluators.reliability import calibration

            known = calibration.load(self.settings.home)
        return OfflineAssessor(library, self.encoder, self.grader, self.executor, calibration=known, beside=self.beside)

    def _encode_examples(self) -> Examples:
        from interviewer.hearing import encode_examples

        return encode_examples(self.encoder())

    def _open_retriever(self) -> Retriever:
        from knowledge.indexing.index import Index
        from knowledge.retrieval import Retriever

        home, encoder = self.settings.home, self.encoder()
        Index(home, encoder).ensure_own()
        retriever = Retriever(home, encoder)
        self._cleanup.callback(retriever.close)
        return retriever

    def _open_model(self) -> LanguageModel:
        from interviewer.model.llm import open_model

        return open_model(self.settings)

    def judge_of(self, settings: Settings | None = None) -> Judge:
        """Return the language model that judges by these settings; without them, the one in force."""
        from evaluators.judge import Judge
        from interviewer.model.llm import open_model

        chosen = settings or self.editions.settings(None)
        return Judge(open_model(chosen, judge=True), samples=chosen.judge_samples)

    def _start_sandbox(self) -> Sandbox:
        from evaluators.sandbox import Sandbox

        return self._cleanup.enter_context(Sandbox())

    def _make_grader(self) -> CodeGrader:
        from evaluators.code import CodeGrader
        from evaluators.sandbox import SAFE_LEVEL

        sandbox = self.sandbox()
        if self._strangers and sandbox.level < SAFE_LEVEL and not self.settings.accept_unsafe_code:
            raise SandboxError(
                f"The isolation level here is {sandbox.level}; other people's code needs {SAFE_LEVEL}.",
                "Serve with --accept-unsafe-code if only you use it, or on Linux with Landlock and seccomp.",
            )
        return CodeGrader(sandbox)


@asynccontextmanager
async def open_engine(settings: Settings, *, parts: Parts | None = None, warm: bool = True) -> AsyncIterator[Engine]:
    """Open an engine on the settings' database; close it and everything behind it at the end.

    Args:
        settings: where things are kept, and which model speaks.
        parts: the heavy parts, when the caller uses them too; they are closed with the engine.
        warm: load the encoder, the index and the sandbox in the background at once.

    Raises:
        ContentError: a malformed pack, rubric or scenario.
        StorageError: the database cannot be opened.
    """
    parts = parts or Parts(settings)
    try:
        parts.library()  # a malformed file is told before anything is opened
        async with Store.open(settings.storage_url) as store:
            engine = build_engine(parts, store)
            if warm:
                _warm(parts)
            try:
                yield engine
            finally:
                await engine.close()
    finally:
        await asyncio.to_thread(parts.close)


def build_engine(parts: Parts, store: Store) -> Engine:
    """Wire an engine; nothing heavy is made yet."""
    equipped = Equipped(parts)
    library = parts.library()  # its questions; editions differ in rubrics alone
    references = References(library, parts.retriever.within, parts.executor)

    async def find(state: State, move: Move) -> Sequence[Passage]:
        if move.kind == "question" and move.question_id is not None:
            equipped(state.versions).assessor.prepare(move.question_id, state.setup.level)
        return await references(state, move)

    async def facts(state: State) -> Sequence[str]:
        question = library.questions.get(state.current.question_id) if state.current else None
        if question is None or question.scenario is None or state.pending is None:
            return ()
        scenario, text = library.scenarios[question.scenario], state.pending.text
        try:
            return await asyncio.get_running_loop().run_in_executor(parts.executor, parts.facts.find, scenario, text)
        except Exception:
            logger.exception("the scenario's facts could not be searched")
            return ()  # the candidate then decides, as with any question that the scenario does not answer

    return Engine(
        store, equipped, find=find, facts=facts, reading=references, longest_turn=longest_turn(parts.settings)
    )


def longest_turn(settings: Settings) -> timedelta:
    """Return what a turn may take under these settings before it is taken for abandoned."""
    calls = MOST_CALLS_IN_A_ROW if settings.has_model else 0
    return OWN_WORK + timedelta(seconds=calls * settings.model_timeout_s)


def _warm(parts: Parts) -> None:
    """Make the parts that the first answers need, while the candidate reads the first question."""

    def make_all() -> None:
        # One after the other: on a small machine two at once would only delay the one that is needed first.
        models = (parts.model,) if parts.settings.has_model else ()
        evaluators = partial(parts.beside.submit, warm_here) if parts.beside is not None else warm_evaluators
        for part in (*models, parts.encoder, parts.examples, evaluators, parts.retriever.begin):
            try:
                part()
            except Exception as error:
                logger.info("not warm: %s", error)  # it is tried again, and reported, when it is needed

    threading.Thread(target=make_all, name="warming", daemon=True).start()
