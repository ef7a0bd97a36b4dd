"""One interview from the first question to its end, whoever types."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from evaluators.coding.fenced import code_in
from interviewer.engine import Delta
from interviewer.events import AnyEvent, Asked, Ran, Scored
from interviewer.pacing import USUAL_MINUTES, spoken_minutes, words
from interviewer.state import MAX_ATTEMPTS
from interviewer.terminal.editor import edit_code
from interviewer.terminal.plain import printable
from interviewer.terminal.prompt import Interrupted, Reader
from knowledge.blocks import place
from knowledge.errors import InputError

if TYPE_CHECKING:
    from interviewer.engine import Engine
    from interviewer.state import State


class Session:
    """Carries one interview between an engine and a reader; shows it on `screen` unless that is None."""

    def __init__(self, engine: Engine, screen: Console | None, drafts: Path, *, echo: bool) -> None:
        """`echo` shows the answers too: nobody typed them on this screen."""
        self._engine = engine
        self._screen = screen
        self._drafts = drafts
        self._echo = echo
        self._state: State | None = None

    async def run(self, interview_id: str, reader: Reader) -> None:
        """Ask and listen until the interview ends; when the input ends first, the interview is stopped.

        Raises:
            Interrupted: Ctrl-C; the draft is kept and offered again on resume.
        """
        await self._show_standing(interview_id)
        state = await self._refresh(interview_id)
        while state.ended is None:
            began = None if self._echo else time.monotonic()
            try:
                text = await reader.read(self._take_draft(interview_id))
            except Interrupted as interruption:
                self._keep_draft(interview_id, interruption.draft)
                raise
            if text is None:
                await self._engine.end(interview_id, "out_of_answers")
                return
            await self._answer(interview_id, state, text, began)
            state = await self._refresh(interview_id)

    def pacing(self, text: str) -> str:
        """The line under the prompt: what is typed, as minutes spoken, against what is usual, and the time left."""
        if self._state is None or self._state.current is None:
            return ""
        round_ = self._engine.library_of(self._state).question(self._state.current.question_id).round
        left = f"{self._state.remaining:.0f} of {self._state.setup.minutes:g} min left"
        if round_ == "coding":
            return f"{words(text)} words · /code opens your editor · {left}"
        least, most = USUAL_MINUTES[round_]
        usual = f"{least * 60:.0f}–{most * 60:.0f} s" if round_ == "warm-up" else f"{least:g}–{most:g} min"
        return f"{words(text)} words · {spoken_minutes(text):.1f} min spoken (usual {usual}) · {left}"

    async def _refresh(self, interview_id: str) -> State:
        self._state = await self._engine.state(interview_id)
        return self._state

    async def _show_standing(self, interview_id: str) -> None:
        """Show what is to be answered now; a turn that was cut off is finished first."""
        finished = await self._show(self._engine.resume(interview_id))
        state = await self._engine.state(interview_id)
        asked = [event for event in await self._engine.events(interview_id) if isinstance(event, Asked)]
        if not any(question.messages for question in state.questions):
            opening = next(iter(asked), None)
            if opening is not None and opening.move.kind == "greet":
                self._show_asked(opening, None)
        if state.standing is not None and not finished:
            if state.current is not None and state.standing.move.kind != "question":
                question = self._engine.library_of(state).question(state.current.question_id)
                self._say(Text(f"The question: {question.text.strip()}\n", style="dim"))
                stated = next((event for event in reversed(asked) if event.move.kind == "question"), None)
                if question.exercise is not None and stated is not None:
                    self._say(Markdown(printable(stated.text.partition(question.text.strip())[2])))
            self._show_asked(state.standing, None)

    async def _answer(self, interview_id: str, state: State, text: str, began: float | None) -> None:
        """Send `text`. What the engine cannot take is said, and the answer may be given again.

        `began` is when the candidate was asked for it; None for an answer that was written beforehand.
        """
        if self._echo:
            self._say(Padding(Text(printable(text.strip()), style="cyan"), (0, 0, 1, 2)))
        try:
            message, code = self._read_command(state, text)  # the time in the editor counts
            seconds = 0.0 if began is None else time.monotonic() - began
            await self._show(self._engine.reply(interview_id, message, code=code, seconds=seconds))
        except InputError as error:
            self._say(Text(f"{error.message} {error.hint}".strip(), style="yellow"))

    def _read_command(self, state: State, text: str) -> tuple[str, bool]:
        """The message to send, and whether it is code. `/code` alone opens the editor."""
        first, _, rest = text.strip().partition("\n")
        command, _, same_line = first.partition(" ")
        if command != "/code":
            return text, False
        code = "\n".join(part for part in (same_line, rest) if part.strip())
        return code or edit_code(self._code_so_far(state)), True

    def _code_so_far(self, state: State) -> str:
        """What the editor opens with: the last attempt, or the exercise's starter."""
        if state.current is None:
            return ""
        attempts = [message.text for message in state.current.messages if message.kind == "code"]
        slug = self._engine.library_of(state).question(state.current.question_id).exercise
        if attempts or slug is None:
            return code_in(attempts[-1]).strip() + "\n" if attempts else ""
        from evaluators.tasks import find_task

        return find_task(slug).starter

    async def _show(self, turn: AsyncIterator[Delta | AnyEvent]) -> bool:
        """Show the words as they come, and then the turn's events; return whether anything was said."""
        spoke, said = False, ""
        live = None
        notices: list[str] = []
        try:
            async for item in turn:
                if isinstance(item, Delta):
                    said += item.text
                    live = live or self._start_live()
                    if live:
                        live.update(Markdown(printable(said)))
                elif isinstance(item, Ran):
                    self._say(_run_line(item))
                elif isinstance(item, Scored) and item.score.notice:
                    notices.append(item.score.notice)
                elif isinstance(item, Asked):
                    self._show_asked(item, live, notices)
                    spoke, said, live = True, "", None
        finally:
            if live:
                live.stop()
        return spoke

    def _start_live(self) -> Live | None:
        if self._screen is None or not self._screen.is_terminal:
            return None
        # Cropped while it grows: what has scrolled off the screen cannot be overwritten, and would stand there twice.
        live = Live(console=self._screen, vertical_overflow="crop", refresh_per_second=15)
        live.start()
        return live

    def _show_asked(self, asked: Asked, live: Live | None, notices: Sequence[str] = ()) -> None:
        if live:
            live.update(Markdown(printable(asked.text)), refresh=True)
            live.stop()
        else:
            self._say(Markdown(printable(asked.text)))
        if asked.citation and asked.citation.category != "ours":  # ours hold the answer: the report names them
            self._say(Text(f"({printable(place(asked.citation.source, asked.citation.line))})", style="dim"))
        for line in filter(None, (asked.notice, *notices)):
            self._say(Text(printable(line), style="yellow"))
        self._say(Text(""))

    def _say(self, what: RenderableType) -> None:
        if self._screen:
            self._screen.print(what)

    def _keep_draft(self, interview_id: str, draft: str) -> None:
        if draft.strip():
            self._drafts.mkdir(parents=True, exist_ok=True)
            (self._drafts / f"{interview_id}.txt").write_text(draft, encoding="utf-8")

    def _take_draft(self, interview_id: str) -> str:
        path = self._drafts / f"{interview_id}.txt"
        if not path.exists():
            return ""
        draft = path.read_text(encoding="utf-8")
        path.unlink()
        return draft


def _run_line(ran: Ran) -> Text:
    if not ran.attempt:
        return Text("not run; this once it costs no attempt", style="dim")
    attempt = f"attempt {ran.attempt} of {MAX_ATTEMPTS}"
    if not ran.verdict.was_run:
        return Text(f"{attempt}: not run", style="dim")
    passed = sum(check.passed for check in ran.verdict.checks)
    outcome = "all checks pass" if ran.verdict.passed else f"{passed} of {len(ran.verdict.checks)} checks pass"
    return Text(f"{attempt}: {outcome}", style="dim")
