"""`interviewer report`: scorecards and exports of past interviews."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from interviewer.scorecard.report import Report
    from interviewer.settings import Settings
    from interviewer.store import Listed, Store


class FormatOption(StrEnum):
    text = "text"
    markdown = "markdown"
    events = "events"


def report(
    interview_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The interview; the latest without one.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the interviews that are kept.")] = False,
    format_: Annotated[
        FormatOption, typer.Option("--format", help="events is everything that is kept, as one JSON document.")
    ] = FormatOption.text,
    original: Annotated[
        bool, typer.Option("--original", help="The scores as they were first given, where it was graded again.")
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the interview for good.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show, export or delete an interview."""
    from interviewer.settings import read_settings

    settings = read_settings()
    if listing:
        _show_list(asyncio.run(_list(settings)), as_json)
    elif delete:
        _delete(settings, interview_id)
    elif format_ is FormatOption.events:
        print_json(asyncio.run(_export(settings, interview_id)))
    else:
        _show(asyncio.run(_report(settings, interview_id, original=original)), format_, as_json)


def _show(document: Report, format_: FormatOption, as_json: bool) -> None:
    if as_json:
        print_json(document)
    elif format_ is FormatOption.markdown:
        from interviewer.scorecard.markdown import render_markdown

        sys.stdout.write(render_markdown(document))
    else:
        from interviewer.terminal.scorecard import show_scorecard

        show_scorecard(console(), document)


def _show_list(kept: list[Listed], as_json: bool) -> None:
    if as_json:
        print_json([{**entry._asdict(), "setup": entry.setup.model_dump()} for entry in kept])
        return
    screen = console()
    if not kept:
        screen.print("No interview is kept yet. Start one with: interviewer practice")
    for entry in kept:
        state = entry.ended.replace("_", " ") or "can go on"
        when = f"{entry.updated_at.astimezone():%Y-%m-%d %H:%M}"
        screen.print(f"{entry.interview_id}  {when}  {entry.setup.round}, {entry.setup.level}, {state}")


def _delete(settings: Settings, interview_id: str | None) -> None:
    from knowledge.errors import InputError

    if interview_id is None:
        raise InputError("--delete needs the interview's id.", "`interviewer report --list` shows the ids.")
    asyncio.run(_delete_for_good(settings, interview_id))
    sys.stderr.write(f"Deleted {interview_id}.\n")


async def _list(settings: Settings) -> list[Listed]:
    from interviewer.store import Store

    async with Store.open(settings.storage_url) as store:
        return await store.list()


async def _delete_for_good(settings: Settings, interview_id: str) -> None:
    from interviewer.store import Store

    async with Store.open(settings.storage_url) as store:
        await store.delete(interview_id)
    (settings.home / "drafts" / f"{interview_id}.txt").unlink(missing_ok=True)


async def _export(settings: Settings, interview_id: str | None) -> dict[str, object]:
    from interviewer.store import Store, export

    async with Store.open(settings.storage_url) as store:
        wanted = interview_id or await _latest(store)
        return export(wanted, await store.read(wanted))


async def _report(settings: Settings, interview_id: str | None, *, original: bool) -> Report:
    from interviewer.material import load_library
    from interviewer.scorecard.reporting import as_first_graded, build_report
    from interviewer.store import Store

    async with Store.open(settings.storage_url) as store:
        wanted = interview_id or await _latest(store)
        history = await store.read(wanted)
        return await build_report(wanted, as_first_graded(history) if original else history, load_library(settings))


async def _latest(store: Store) -> str:
    from knowledge.errors import NotFoundError

    kept = await store.list(limit=1)
    if not kept:
        raise NotFoundError("No interview is kept yet.", "Start one with: interviewer practice")
    return kept[0].interview_id
