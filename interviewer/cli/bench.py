"""`interviewer bench`: the measurements, on your machine. A subcommand is one function here and one module there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from interviewer.bench.timing import Comparison

bench_app = typer.Typer(name="bench", help="Measure speed and agreement on this machine.", no_args_is_help=True)

Seconds = Annotated[float, typer.Option(help="Time given to each comparison.", min=0.1, max=600.0)]
Threads = Annotated[
    int | None, typer.Option(help="Threads that each side may use; every processor if not given.", min=1)
]


@bench_app.callback()
def _group() -> None:
    """Keep `bench` a group however many subcommands it has."""


@bench_app.command()
def core(seconds: Seconds = 2.0, threads: Threads = None, as_json: JsonOption = False) -> None:
    """Time the from-scratch core against PyTorch and sentence-transformers."""
    from interviewer.bench.core import run

    report = run(tell, seconds, threads)
    if as_json:
        print_json(report)
        return
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    show_comparisons(f"{report.threads} threads, {versions}", report.comparisons)


@bench_app.command()
def retrieval(
    data: Annotated[Path, typer.Option(help="A test collection: corpus.jsonl, queries.jsonl, qrels/test.tsv (BEIR).")],
    as_json: JsonOption = False,
) -> None:
    """Measure search by words, by meaning and fused on a test collection: nDCG@10, recall@10, latency."""
    from evaluators.reference.minilm import MiniLM
    from interviewer.bench.retrieval import measure, table
    from interviewer.cli.index import progress_bar
    from knowledge.bulk_encoder import BulkEncoder

    with progress_bar() as progress:
        report = measure(data, MiniLM.load(), BulkEncoder(), progress)
    if as_json:
        print_json(report)
        return
    console().print(table(report))


@bench_app.command()
def scoring(
    data: Annotated[Path, typer.Option(help="Graded answers: a folder of *.jsonl, or one of its files.")],
    answers: Annotated[int | None, typer.Option(help="Score this many of a set, always the same ones.", min=50)] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the scorer's agreement with people, its false alarms, and what attacks earn.

    It measures the scorer that everybody starts with, so that figures can be compared; a calibration of yours is left
    out. `interviewer errors` scores with it.
    """
    from evaluators.reference.minilm import MiniLM
    from interviewer.bench.scoring import measure, table

    report = measure(data, MiniLM.load().packed(), tell, answers)
    if as_json:
        print_json(report)
        return
    sys.stdout.write(table(report) + "\n")


@bench_app.command()
def sandbox(seconds: Seconds = 5.0, as_json: JsonOption = False) -> None:
    """Time a graded code submission against a fresh process and against exec in this process."""
    from interviewer.bench.sandbox import run

    report = run(tell, seconds)
    if as_json:
        print_json(report)
        return
    show_comparisons(f"Isolation level {report.isolation_level}: {report.isolation}", report.comparisons)
    lines = (
        f"Graded submission: median {report.graded.median:.1f} ms, p95 {report.graded.p95:.1f} ms",
        f"Run alone: median {report.sandbox_only.median:.1f} ms, p95 {report.sandbox_only.p95:.1f} ms",
        f"On {report.cores} cores: {report.graded_per_second:.0f} graded a second, {report.runs_per_second:.0f} runs",
        f"Warm process: {report.zygote_megabytes:.0f} MB, first result after {report.boot_milliseconds:.0f} ms",
        *(f"{'✓' if met else '✗'} {aim}" for aim, met in report.aims_met.items()),
    )
    console().print("\n".join(lines))


@bench_app.command()
def turn(
    latency: Annotated[float, typer.Option(help="Milliseconds that the local server waits.", min=0)] = 200.0,
    turns: Annotated[int, typer.Option(help="Turns measured with one interview.", min=1)] = 20,
    interviews: Annotated[int, typer.Option(help="Interviews under way at once; 0 leaves that out.", min=0)] = 1000,
    turn_every: Annotated[float, typer.Option(help="Seconds between two messages of one candidate.", min=1)] = 90.0,
    seconds: Annotated[float, typer.Option(help="How long the many are measured.", min=1)] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Time what we add to a turn with a language model, over a bare client that makes the same calls."""
    from interviewer.bench.turn import run

    report = run(tell, latency_ms=latency, turns=turns, interviews=interviews, turn_every_s=turn_every, seconds=seconds)
    if as_json:
        print_json(report)
        return
    for load in report.loads:
        which = "median" if load.interviews == 1 else "p95"
        added = load.added_first_p50 if load.interviews == 1 else load.added_first_p95
        console().print(
            f"{load.interviews} interview(s), {load.turns} turns, {load.turns_per_second:g} a second,"
            f" {report.cores} cores\n"
            f"  first token: ours {load.ours.first_p50:.0f} ms (p95 {load.ours.first_p95:.0f}),"
            f" bare client {load.bare.first_p50:.0f} ms (p95 {load.bare.first_p95:.0f})\n"
            f"  last token:  ours {load.ours.last_p50:.0f} ms (p95 {load.ours.last_p95:.0f}),"
            f" bare client {load.bare.last_p50:.0f} ms (p95 {load.bare.last_p95:.0f})\n"
            f"  {'✓' if load.met else '✗'} added to the first token, {which}: {added:.1f} ms; the aim is {load.aim:g}"
        )


def tell(message: str) -> None:
    """Say on standard error what is measured next."""
    sys.stderr.write(f"{message} …\n")


def show_comparisons(title: str, comparisons: tuple[Comparison, ...]) -> None:
    """Print comparisons as a table for people."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("what", "on", "against"):
        table.add_column(heading)
    for heading in ("ours, ms", "theirs, ms", "ratio", "aim"):
        table.add_column(heading, justify="right")
    for item in comparisons:
        aim = "" if item.target is None else f"≤ {item.target:g} {'✓' if item.met else '✗'}"
        table.add_row(
            item.name,
            item.size,
            item.against,
            f"{item.milliseconds:.2f}",
            f"{item.their_milliseconds:.2f}",
            f"{item.ratio:.2f}",
            aim,
        )
    console().print(table)
