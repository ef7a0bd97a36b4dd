"""Settings to a working engine, in one place. Heavy parts are made when first needed, and warmed in the background."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Generic, TypeVar

from interviewer.assessment import OfflineAssessor
from interviewer.engine import OWN_WORK, Engine, Equipment
from interviewer.events import MessageKind, Move, Setup
from interviewer.facts import FactFinder
from interviewer.llm import MOST_CALLS_IN_A_ROW
from interviewer.material import Editions
from interviewer.references import References
from interviewer.second_opinion import SecondOpinion
from interviewer.settings import Settings
from interviewer.speaking import Speaker
from interviewer.state import State
from interviewer.store import Store
from interviewer.voice import Voice
from interviewer.voices.model import ModelVoice
from interviewer.voices.offline import Meaning, OfflineVoice
from knowledge.errors import InputError, InterviewError, SandboxError
from knowledge.library import Library
from knowledge.models import Passage

if TYPE_CHECKING:
    from evaluators.code import CodeGrader
    from evaluators.judge import Judge
    from evaluators.sandbox import Sandbox
    from interviewer.hearing import Examples
    from interviewer.llm import LanguageModel
    from knowledge.encoder import TokenEncoder
    from knowledge.retrieval import Retriever

logger = logging.getLogger(__name__)

_Part = TypeVar("_Part")

_RETRY_SECONDS = 30.0
"""A part that failed is not tried again sooner, so that a damaged index does not slow every turn down."""


class Once(Generic[_Part]):
    """Something that is made when first asked for, by one thread while the others wait."""

    def __init__(self, make: Callable[[], _Part]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[_Part] = []
        self._maker: threading.Thread | None = None
        self._failed_at = -_RETRY_SECONDS

    def __call__(self) -> _Part:
        """Return it; makes it the first time. A failure is raised, and tried again next time."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    async def within(self, seconds: float) -> _Part | None:
        """Return it if it can be had so soon; else None, while it goes on being made in the background."""
        deadline = time.monotonic() + seconds
        while not self._made:
            self.begin()
            if not self.begun or time.monotonic() >= deadline:
                return None
            await asyncio.sleep(0.02)
        return self._made[0]

    @property
    def begun(self) -> bool:
        """Whether it is being made in the background."""
        return self._maker is not None and self._maker.is_alive()

    def begin(self) -> None:
        """Make it in the background, unless it is made, being made, or failed a moment ago."""
        if self._made or self.begun or time.monotonic() - self._failed_at < _RETRY_SECONDS:
            return
        # A daemon: leaving the program does not wait for the first run's indexing, which survives being cut off.
        self._maker = threading.Thread(target=self._try, daemon=True)
        self._maker.start()

    def _try(self) -> None:
        try:
            self()
        except Exception as error:
            self._failed_at = time.monotonic()
            logger.warning("%s", error)

    @property
    def made(self) -> _Part | None:
        """It, if it was made."""
        return self._made[0] if self._made else None


class Parts:
    """The heavy parts behind the engine. Ask for one on a worker thread only: it may take seconds."""

    def __init__(self, settings: Settings, *, strangers: bool = False) -> None:
        """`strangers`: the code to be graded may be other people's, so isolation below the safe level is refused."""
        self.settings = settings
        self._strangers = strangers
        self.editions = Editions(settings)
        self.library: Once[Library] = Once(self._load_library)
        self.encoder: Once[TokenEncoder] = Once(self._load_encoder)
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

    def close(self) -> None:
        """Stop the workers and the sandbox."""
        self.executor.shutdown(wait=True, cancel_futures=True)
        self._cleanup.close()

    def _load_library(self) -> Library:
        return self.editions.library(None)

    def _load_encoder(self) -> TokenEncoder:
        from threadpoolctl import threadpool_limits

        from evaluators.reference.minilm import MiniLM

        encoder = MiniLM.load().packed()
        # Two workers encode at once already. With a thread of its own for each core, OpenBLAS waits by spinning: on two
        # busy cores a turn of 200 words took 4 s of CPU time instead of 0.2 s.
        threadpool_limits(limits=1, user_api="blas")
        return encoder

    def _make_assessor(self) -> OfflineAssessor:
        return self.assessor_under(self.library())

    def assessor_under(self, library: Library) -> OfflineAssessor:
        """Return our evaluators under the rubrics of `library`, on the scale of whoever calibrated them."""
        known = None
        if any(self.settings.home.glob("calibration.json")):  # seldom, and NumPy need not be imported to find out
            from evaluators.reliability import calibration

            known = calibration.load(self.settings.home)
        return OfflineAssessor(library, self.encoder, self.grader, self.executor, calibration=known)

    def _encode_examples(self) -> Examples:
        from interviewer.hearing import encode_examples

        return encode_examples(self.encoder())

    def _open_retriever(self) -> Retriever:
        from knowledge.index import ensure_own
        from knowledge.retrieval import Retriever

        home, encoder = self.settings.home, self.encoder()
        ensure_own(home, encoder)
        retriever = Retriever.open(home, encoder)
        self._cleanup.callback(retriever.close)
        return retriever

    def _open_model(self) -> LanguageModel:
        from interviewer.llm import open_model

        return open_model(self.settings)

    def judge_of(self, settings: Settings | None = None) -> Judge:
        """Return the language model that judges by these settings; without them, the one in force."""
        from evaluators.judge import Judge
        from interviewer.llm import open_model

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
            parts.executor.submit(equipped(state.versions).assessor.prepare, move.question_id, state.setup.level)
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


class Equipped:
    """What interviews are held with, made once for each edition of what was promoted."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is made yet."""
        self._parts = parts
        self._made: dict[tuple[tuple[str, str], ...], Equipment] = {}

    def __call__(self, versions: Mapping[str, str] | None) -> Equipment:
        """Return the equipment of an interview that began with `versions`; with None, of one that begins now."""
        editions = self._parts.editions
        edition = editions.in_force() if versions is None else editions.of(versions)
        key = tuple(sorted(edition.items()))
        if key not in self._made:
            self._made[key] = self._make(edition)
        return self._made[key]

    def _make(self, edition: Mapping[str, str]) -> Equipment:
        parts = self._parts
        settings, library = parts.settings, parts.editions.library(edition)
        offline, assessor = OfflineVoice(library, _meaning(parts)), parts.assessor_under(library)
        # One for all turns: what it must not tell is read once, 5 ms that every turn would take of the event loop.
        speaking = Once(lambda: ModelVoice(parts.model(), offline, library, parts.encoder))

        def voice(setup: Setup) -> Voice:
            if setup.engine == "offline" or (setup.engine == "auto" and not settings.has_model):
                return offline
            if not settings.has_model:
                raise InputError("No language model is named.", "export INTERVIEWER_MODEL=openai:gpt-5-mini")
            return speaking()

        opinion = None
        if settings.has_model:
            references = References(library, parts.retriever.within, parts.executor)
            opinion = SecondOpinion(
                library, Once(lambda: parts.judge_of(parts.editions.settings(edition))), references.reading
            )
        versions = {"package": version("ml-mock-interviewer"), **edition}
        return Equipment(library, Speaker(library, voice, offline, _statement), assessor, opinion, versions)


async def _statement(slug: str) -> str:
    def read() -> str:
        from evaluators.tasks import find_task

        return find_task(slug).statement

    try:
        return await asyncio.to_thread(read)
    except InterviewError as error:
        logger.warning("the exercise %s has no statement: %s", slug, error.message)
        return ""


def _meaning(parts: Parts) -> Meaning:
    def look(text: str, kind: MessageKind) -> MessageKind:
        from interviewer.hearing import kind_by_meaning

        return kind_by_meaning(text, kind, parts.examples(), parts.encoder())

    async def meaning(text: str, kind: MessageKind) -> MessageKind:
        try:
            return await asyncio.get_running_loop().run_in_executor(parts.executor, look, text, kind)
        except Exception:
            logger.exception("a message was understood by rules alone")
            return kind

    return meaning


def _warm(parts: Parts) -> None:
    """Make the parts that the first answers need, while the candidate reads the first question."""

    def make_all() -> None:
        # One after the other: on a small machine two at once would only delay the one that is needed first.
        models = (parts.model,) if parts.settings.has_model else ()
        for part in (*models, parts.encoder, parts.examples, warm_evaluators, parts.retriever.begin):
            try:
                part()
            except Exception as error:
                logger.info("not warm: %s", error)  # it is tried again, and reported, when it is needed

    threading.Thread(target=make_all, name="warming", daemon=True).start()


def warm_evaluators() -> None:
    """Import what the evaluators import."""
    import evaluators.star
    import evaluators.technical  # noqa: F401
