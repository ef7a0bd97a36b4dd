"""The scorecard as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evaluators.verdict import Verdict
from interviewer.quoting import shorten, telling
from interviewer.references import place
from interviewer.retelling import RETOLD
from interviewer.scorecard.report import Practice, QuestionReport, Report
from interviewer.state import numbered
from interviewer.terminal.plain import printable_record
from knowledge.models import LEVELS, Level

_NOTICED = {"dont_know": "says openly not to know", RETOLD: "told before in this interview"}
_THIN = 2
"""Up to this score the reason is shown as well: it is what the candidate reads the card for."""


def show_scorecard(console: Console, report: Report) -> None:
    """Print `report`: the verdict, then each question with what it rests on, then what to practise next."""
    report = printable_record(report)
    console.print()
    console.rule("[bold]Scorecard[/bold]")
    console.print(_headline(report))
    for question in report.questions:
        console.print()
        console.print(_question(question, report.level))
    if report.next_practice:
        console.print()
        console.print(Text("Practise next", style="bold"))
        for practice in report.next_practice:
            console.print(_practice(practice))
    console.print()


def _headline(report: Report) -> RenderableType:
    overall = "not scored" if report.overall is None else f"{report.overall:.1f} of 5"
    line = Text.assemble((report.verdict, "bold"), f" as {report.level} · {overall}{_band(report.band)}")
    parts: list[RenderableType] = [line]
    if report.verdict_reason:
        parts.append(Text(report.verdict_reason))
    source = f"{report.round} · {report.minutes:.0f} min · seed {report.seed} · judged by the {report.engine} engine"
    parts.append(Text(source, style="dim"))
    if report.usage.calls:
        cost = "" if report.usage.cost_usd is None else f", ${report.usage.cost_usd:.4f}"
        tokens = f"{report.usage.input_tokens:,} in, {report.usage.output_tokens:,} out"
        parts.append(Text(f"{report.usage.calls} model calls · tokens {tokens}{cost}", style="dim"))
    return Group(*parts)


def _question(question: QuestionReport, level: Level) -> RenderableType:
    score = "not scored" if question.score is None else f"{question.score:.1f}"
    head = Text.assemble((score, "bold"), _band(question.band), "  ", (question.text, ""))
    parts: list[RenderableType] = [head, Text(f"{question.round} · {question.topic} · {question.level}", style="dim")]
    if question.reason:
        parts.append(Text(question.reason))
    if question.notice:
        parts.append(Text(question.notice, style="yellow"))
    parts += [_verdict(verdict, attempt) for attempt, verdict in numbered(question.verdicts)]
    if question.score is not None or any(criterion.evidence for criterion in question.criteria):
        parts.append(_criteria(question))
    parts += [Text(line, style="dim") for line in _remarks(question)]
    if question.advice:
        parts.append(Text.assemble(("→ ", "bold"), question.advice))
    parts += [Text(f"  {who}: {said}", style="dim") for who, said in _ladder(question, level)]
    parts += [Text(f"  read {place(passage)}", style="dim") for passage in question.reading[:2]]
    return Padding(Group(*parts), (0, 0, 0, 2))


def _ladder(question: QuestionReport, level: Level) -> Iterator[tuple[str, str]]:
    """Yield what each level would have said next, besides the advice; where that cannot be told, what it says at all.

    Of an answer that was scored, what lower levels than the candidate's say at all is most likely said already.
    """
    if question.next_on_the_ladder and question.round != "warm-up":  # whose points hold for any project, paper or bug
        for who, text in question.next_on_the_ladder.items():
            if text not in question.advice:
                yield f"a {who} engineer goes on", text
    elif question.ladder is not None:
        for who in LEVELS if question.score is None else LEVELS[LEVELS.index(level) :]:
            if (text := getattr(question.ladder, who)) not in question.advice:
                yield f"a {who} engineer says", text


def _criteria(question: QuestionReport) -> RenderableType:
    criteria = question.criteria
    reasons = {criterion.reason for criterion in criteria}
    if len(reasons) == 1 and not any(criterion.evidence for criterion in criteria):
        return Text(reasons.pop(), style="dim")  # a gate decided: it is the same for each
    table = Table.grid(padding=(0, 1))
    table.add_column(max_width=30)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for criterion in criteria:
        bar = "–".center(5) if criterion.score is None else "●" * criterion.score + "○" * (5 - criterion.score)
        words = shorten(telling(criterion.evidence))
        quote = f"“{words}”" if words else ""
        if not quote or (criterion.score is not None and criterion.score <= _THIN):
            quote = "\n".join(part for part in (quote, shorten(criterion.reason, 280)) if part)
        table.add_row(Text(question.label(criterion.criterion)), bar, Text(quote, style="dim"))
    return table


def _verdict(verdict: Verdict, attempt: int) -> Text:
    if not attempt:
        return Text("not run, which cost no attempt")
    if not verdict.was_run:
        return Text(f"attempt {attempt}: not run")
    passed = sum(check.passed for check in verdict.checks)
    line = f"attempt {attempt}: {'passed' if verdict.passed else 'failed'}, {passed} of {len(verdict.checks)} checks"
    seen = "".join(f"; looks like: {m.explanation}" for m in verdict.misconceptions[:1])
    return Text(f"{line}{seen}")


def _remarks(question: QuestionReport) -> Iterator[str]:
    if question.flags:
        yield "noticed: " + ", ".join(_NOTICED.get(flag) or flag.replace("_", " ") for flag in question.flags)
    if question.ceiling:
        yield f"held down: {question.ceiling}"
    if question.hints:
        yield f"hints taken: {question.hints}"
    if question.delivery:
        yield f"delivery (not scored): {question.delivery.note}"


def _practice(practice: Practice) -> RenderableType:
    where = f" · read {place(practice.reading)}" if practice.reading else ""
    then = f" Next: {practice.question_id}{where}"
    return Padding(
        Text.assemble(("• ", ""), (practice.topic, "bold"), f": {practice.why}", (then, "dim")), (0, 0, 0, 2)
    )


def _band(band: tuple[float, float] | None) -> str:
    return "" if band is None else f" ({band[0]:.1f}–{band[1]:.1f})"
