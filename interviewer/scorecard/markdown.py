"""A report as Markdown, to keep or to send."""

from __future__ import annotations

from collections.abc import Iterator

from interviewer.references import place
from interviewer.scorecard.report import QuestionReport, Report, Turn
from interviewer.state import numbered
from knowledge.models import LEVELS, Passage


def render_markdown(report: Report) -> str:
    """Return the whole report as Markdown; what the candidate typed is quoted line by line, so it cannot break out."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "# Interview report"
    yield ""
    yield f"- Verdict: **{report.verdict}**. {report.verdict_reason}"
    if report.overall is not None:
        yield f"- Overall: {report.overall:.1f} of 5{_band(report.band)}"
    yield f"- Round: {report.round}, level: {report.level}, {report.minutes:g} minutes, seed {report.seed}"
    yield f"- Interviewer: {report.engine}{'' if report.finished else ' (the interview is not finished)'}"
    if report.usage.calls:
        cost = f", {report.usage.cost_usd:.4f} USD" if report.usage.cost_usd is not None else ""
        yield (
            f"- Model calls: {report.usage.calls}, {report.usage.input_tokens} tokens in, "
            f"{report.usage.output_tokens} out{cost}"
        )
    yield f"- Interview: `{report.interview_id}`"
    if report.next_practice:
        yield from ("", "## Practise next", "")
        for item in report.next_practice:
            yield f"- {item.topic} (`{item.question_id}`): {item.why}{_source(item.reading)}"
    for number, question in enumerate(report.questions, start=1):
        yield from _question(number, question)


def _question(number: int, question: QuestionReport) -> Iterator[str]:
    score = "not scored" if question.score is None else f"{question.score:.1f} of 5{_band(question.band)}"
    yield from ("", f"## {number}. {question.topic} ({question.round}, {question.level}): {score}", "")
    if question.reason:
        yield from (question.reason, "")
    if question.notice:
        yield from (_cell(question.notice), "")
    if question.advice:
        yield from (f"**What lifts it:** {question.advice}", "")
    if question.criteria:
        yield from ("| criterion | score | why | evidence |", "| --- | --- | --- | --- |")
        for c in question.criteria:
            quotes = "; ".join(f"“{_cell(e.quote)}”" for e in c.evidence[:2])
            points = "–" if c.score is None else str(c.score)
            yield f"| {_cell(question.label(c.criterion))} | {points} | {_cell(c.reason)} | {quotes} |"
        yield ""
    yield from _facts(question)
    if question.ladder is not None:
        yield from ("", "| level | what they would say | what they would have said next |", "| --- | --- | --- |")
        for level in LEVELS:
            then = _cell(question.next_on_the_ladder.get(level, "–"))
            yield f"| {level} | {_cell(getattr(question.ladder, level))} | {then} |"
    yield ""
    for turn in question.turns:
        yield from _turn(turn)


def _facts(question: QuestionReport) -> Iterator[str]:
    for attempt, verdict in numbered(question.verdicts):
        passed = sum(c.passed for c in verdict.checks)
        outcome = f"{passed} of {len(verdict.checks)} checks pass" if verdict.was_run else "not run"
        yield f"- Attempt {attempt}: {outcome}" if attempt else "- Not run, which cost no attempt"
        for found in verdict.misconceptions:
            yield f"  - {found.explanation}"
    if question.ceiling:
        yield f"- Held down: {_cell(question.ceiling)}"
    if question.hints:
        yield f"- Hints taken: {question.hints}"
    if question.delivery is not None:
        told = question.delivery
        yield f"- Delivery: {told.words} words, {told.minutes:.1f} minutes. {told.note}"
    for passage in question.reading:
        yield f"- Read: {place(passage)}"


def _turn(turn: Turn) -> Iterator[str]:
    yield f"**{'Interviewer' if turn.role == 'interviewer' else 'You'}** ({turn.kind}):"
    yield ""
    for line in turn.text.splitlines() or [""]:
        yield f"> {line}".rstrip()
    yield ""


def _band(band: tuple[float, float] | None) -> str:
    return f" (between {band[0]:.1f} and {band[1]:.1f})" if band and band[0] < band[1] else ""


def _source(passage: Passage | None) -> str:
    return f" Read: {place(passage)}." if passage else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
