"""`interviewer rejudge`: judge a past interview again under the prompts and the model of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from interviewer.rejudge import Rejudged
    from interviewer.settings import Settings


def rejudge(
    interview_id: Annotated[str, typer.Argument(metavar="ID", help="The interview; `report --list` shows the ids.")],
    model: Annotated[str | None, typer.Option(help="Judge with this model, as provider:model.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge an interview again with the language model; both judgements are kept and compared."""
    import asyncio

    from interviewer.settings import read_settings

    result = asyncio.run(_rejudge(read_settings(judge_model=model), interview_id))
    if as_json:
        print_json(result)
        return
    for question in result.questions:
        before, after = question.before, question.after
        console().print(
            f"{question.question_id}: {_number(before.overall)} → {_number(after.overall)} ({after.engine})"
        )
        for name, (old, new) in question.criteria.items():
            console().print(f"  {name.replace('_', ' ')}: {_number(old)} → {_number(new)}")
    cost = f", {result.cost_usd:.4f} US dollars" if result.cost_usd is not None else ""
    console().print(f"{result.calls} calls, {result.input_tokens:,} tokens in, {result.output_tokens:,} out{cost}")


async def _rejudge(settings: Settings, interview_id: str) -> Rejudged:
    from interviewer.assembly import Parts
    from interviewer.references import References
    from interviewer.rejudge import rejudge as judge_again
    from interviewer.second_opinion import SecondOpinion
    from interviewer.store import Store

    parts = Parts(settings)
    try:
        parts.judge()  # without a model nothing is read or stored
        library = parts.library()
        references = References(library, parts.retriever.within, parts.executor)
        async with Store.open(settings.storage_url) as store:
            return await judge_again(store, interview_id, SecondOpinion(library, parts.judge, references.reading))
    finally:
        parts.close()


def _number(value: float | None) -> str:
    return "not scored" if value is None else f"{value:g}"
