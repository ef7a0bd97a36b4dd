"""`interviewer doctor`: what works on this machine, and what to do about the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json


def doctor(
    llm: Annotated[
        bool, typer.Option("--llm", help="Make one small call for each thing that a language model has to do.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check this machine: data folder, encoder, index, sandbox, language model. Exit status 1: something is broken."""
    from interviewer.doctor import examine
    from interviewer.settings import read_settings

    settings = read_settings()
    if llm:
        import asyncio

        from interviewer.model.check import examine_model

        findings = asyncio.run(examine_model(settings))
    else:
        findings = examine(settings)
    broken = any(finding.status == "broken" for finding in findings)
    if as_json:
        print_json({"ok": not broken, "checks": findings})
    else:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for finding in findings:
            mark = {"ok": "[green]ok[/green]", "note": "[yellow]note[/yellow]", "broken": "[red]broken[/red]"}
            hint = f"\n{finding.hint}" if finding.hint and finding.status != "ok" else ""
            table.add_row(mark[finding.status], finding.name, f"{finding.detail}{hint}")
        console().print(table)
    raise typer.Exit(1 if broken else 0)
