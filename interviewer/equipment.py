"""What an interview is held with, for each edition of what was promoted: library, voices, evaluators, judge."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from interviewer.engine import Equipment
from interviewer.events import MessageKind, Setup
from interviewer.once import Once
from interviewer.references import References
from interviewer.scoring.second_opinion import SecondOpinion
from interviewer.speaking import Speaker
from interviewer.voice import Voice
from interviewer.voices.model import ModelVoice
from interviewer.voices.offline import Meaning, OfflineVoice
from knowledge.errors import InputError, InterviewError

if TYPE_CHECKING:
    from interviewer.assembly import Parts

logger = logging.getLogger(__name__)


class Equipped:
    """What interviews are held with, made once for each edition of what was promoted."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is made yet."""
        self._parts = parts
        self._made: dict[tuple[tuple[str, str], ...], Equipment] = {}
        self._making = threading.Lock()

    def __call__(self, versions: Mapping[str, str] | None) -> Equipment:
        """Return the equipment of an interview that began with `versions`; with None, of one that begins now."""
        editions = self._parts.editions
        edition = editions.in_force() if versions is None else editions.of(versions)
        key = tuple(sorted(edition.items()))
        with self._making:
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
