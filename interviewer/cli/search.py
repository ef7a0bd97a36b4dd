"""`interviewer search`: find the passage, with its source and line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from knowledge.models import Passage

_SHOWN_LINES = 12


def search(
    query: Annotated[str, typer.Argument(help="A few words, or a question.")],
    k: Annotated[int, typer.Option("-k", help="How many passages.")] = 5,
    category: Annotated[str, typer.Option(help="ours, stories or notes; everything by default.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Search your notes and ours by words and by meaning."""
    from evaluators.reference.minilm import MiniLM
    from interviewer.cli.index import progress_bar
    from interviewer.settings import read_settings
    from knowledge.indexing.index import Index
    from knowledge.retrieval import Retriever

    home, encoder = read_settings().home, MiniLM.load()
    with progress_bar() as progress:
        Index(home, encoder).ensure_own(progress)
    found = Retriever(home, encoder).search(query, k, category or None)
    if as_json:
        print_json({"query": query, "near": found.near, "passages": found.passages})
    elif not found.passages:
        console().print("Nothing is indexed yet. Add your notes: interviewer index add PATH", markup=False)
    else:
        if not found.near:
            console().print("Nothing in your material is near this; the nearest:\n", markup=False)
        _print(found.passages, query)


def _print(passages: Sequence[Passage], query: str) -> None:
    from rich.text import Text

    from knowledge.blocks import place

    screen = console()
    words = [re.escape(word) for word in re.findall(r"\w{3,}", query)]
    for number, passage in enumerate(passages, start=1):
        head = Text(f"{number}. {place(passage.source, passage.line)}", style="bold")
        head.append(f"  {passage.heading}", style="dim not bold")
        screen.print(head, soft_wrap=False)
        lines = passage.text.split("\n")
        if lines[0].strip() == passage.heading.rpartition(" › ")[2].strip():
            lines = lines[1:]  # the heading stands above
        body = Text("\n".join(lines[:_SHOWN_LINES]) + ("\n…" if len(lines) > _SHOWN_LINES else ""))
        if words:
            body.highlight_regex(rf"(?i)\b(?:{'|'.join(words)})\w*", "bold yellow")
        screen.print(body)
        screen.print()
