"""The disagreements as one self-contained HTML page. Everything on it was written by strangers and is shown as text."""

from __future__ import annotations

import base64
import hashlib
import html
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from string import Template

from interviewer.scoring.disagreement import KINDS, Disagreement, Findings, Kind, QuestionErrors, SetErrors

MOST_SHOWN = 6_000  # characters of one text: longer than any answer, shorter than a page that a browser cannot open
MEANING: dict[Kind, str] = {
    "praised contradiction": "The grader says that the answer contradicts the reference, and it scored high. Offline "
    "only a listed misconception, or a denial almost word for word, is seen.",
    "over-praise": "The score is above the grade. Look for words of the reference in a claim that is another one.",
    "gate false alarm": "A gate (gibberish, keyword list, question copied …) stopped or capped an answer that people "
    "gave more for.",
    "under-praise": "The score is below the grade: often right words that are not the reference's. A second reference, "
    "or a key point in other words, mends it.",
    "not scored": "The scorer could not judge it.",
}
_FOLDER = Path(__file__).parent
_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {0x7F: 0x2421}


def render(findings: Findings) -> str:
    """Return the page; it loads nothing, and only the script that is on it may run."""
    style, script = (
        (_FOLDER / f"disagreements.{kind}").read_text(encoding="utf-8").replace("</", "<\\/") for kind in ("css", "js")
    )
    page = Template((_FOLDER / "disagreements.html").read_text(encoding="utf-8"))
    by_question = {(q.set, q.group): q for q in findings.questions}
    kinds = groupby(findings.disagreements, key=lambda one: one.kind)
    left = f"{findings.left_off:,} disagreements are not shown; --most shows more." if findings.left_off else ""
    return page.substitute(
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        summary=_text(summary(findings)),
        kind_headings="".join(f"<th>{kind}</th>" for kind in KINDS),
        sets="".join(map(_set, findings.sets)),
        set_options="".join(f"<option>{_text(one.name)}</option>" for one in findings.sets),
        kind_options="".join(f"<option>{kind}</option>" for kind in KINDS),
        gates="".join(_gate(*row) for row in _gates(findings.sets)),
        kinds="\n".join(_kind(kind, list(ones), findings, by_question) for kind, ones in kinds),
        left_off=left,
    )


def summary(findings: Findings) -> str:
    """Return what was compared, in a sentence or two."""
    answers = sum(one.answers for one in findings.sets)
    far = sum(sum(one.kinds.values()) for one in findings.sets)
    mended = " after each set's own scale was taken out" if any(one.slope != 1.0 for one in findings.sets) else ""
    return (
        f"{answers:,} graded answer{'' if answers == 1 else 's'}, scored offline with {findings.encoder}. "
        f"{far:,} scores are {findings.apart:g} of 5 or more from people's grade{mended}, or missing."
    )


def _set(one: SetErrors) -> str:
    correlation = "–" if one.pearson is None else f"{one.pearson:.2f}"
    scale = "as scored" if (one.slope, one.intercept) == (1.0, 0.0) else f"× {one.slope:.2f} {one.intercept:+.2f}"
    cells = [f"{one.answers:,}", correlation, f"{one.error:.2f}", f"{one.raw_error:.2f}", scale]
    cells += [f"{one.kinds.get(kind, 0):,}" for kind in KINDS]
    return f"<tr><td>{_text(one.name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _gates(sets: Sequence[SetErrors]) -> list[tuple[str, int, int]]:
    """Return for each gate how many answers it touched and how many wrongly, the most wrong ones first."""
    touched: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for one in sets:
        for gate, (count, alarms) in one.gates.items():
            touched[gate] += count
            wrong[gate] += alarms
    return sorted(((gate, touched[gate], wrong[gate]) for gate in touched), key=lambda row: (-row[2], -row[1], row[0]))


def _gate(gate: str, touched: int, wrong: int) -> str:
    name = _text(gate.replace("_", " "))
    return f"<tr><td>{name}</td><td>{touched:,}</td><td>{wrong:,}</td><td>{wrong / touched:.0%}</td></tr>"


def _kind(
    kind: Kind,
    ones: Sequence[Disagreement],
    findings: Findings,
    by_question: Mapping[tuple[str, str], QuestionErrors],
) -> str:
    whole = sum(one.kinds.get(kind, 0) for one in findings.sets)
    sections = [
        _question(by_question[key], list(same)) for key, same in groupby(ones, key=lambda one: (one.set, one.group))
    ]
    here = sum(one.times for one in ones)
    return (
        f'<section class="kind"><h2>{kind.capitalize()}: {whole:,}, of which {here:,} here</h2>'
        f"<p>{MEANING[kind]}</p>{''.join(sections)}</section>"
    )


def _question(question: QuestionErrors, ones: Sequence[Disagreement]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in question.kinds.items())
    way = "too high" if question.bias > 0 else "too low"
    return (
        f'<section><h3 dir="auto">{_text(question.question)}</h3>'
        f"<p>{_text(question.set)}, question {_text(question.group)}: {question.answers} answers, error "
        f"{question.error:.2f} of 5, on average {abs(question.bias):.2f} {way}; {kinds}</p>"
        '<details open><summary>Reference</summary><div class="text" dir="auto">'
        f"{_text(ones[0].reference)}</div></details>"
        f"{''.join(map(_article, ones))}</section>"
    )


def _article(one: Disagreement) -> str:
    name = hashlib.sha256(f"{one.set}\0{one.group}\0{one.answer}".encode("utf-8", "replace")).hexdigest()[:16]
    score = "not scored" if one.score is None else f"{one.score:.1f}"
    raw = "" if one.raw in {None, one.score} else f" ({one.raw:.1f} before the set's scale)"
    notes = [*(f"noticed: {', '.join(one.flags)}" for _ in one.flags[:1])]
    notes += ["the two graders are far apart themselves"] if one.people_apart else []
    notes += [f"said {one.times} times"] if one.times > 1 else []
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"> {label}</label>'
        for value, label in (("people", "people are right"), ("scorer", "the scorer is right"), ("unclear", "unclear"))
    )
    trace = "".join(f"<li>{_text(step)}</li>" for step in one.trace)
    return (
        f'<article id="a{name}" class="{"praise" if one.gap > 0 else "blame"}" data-set="{_text(one.set)}" '
        f'data-group="{_text(one.group)}" data-kind="{one.kind}">'
        f'<header><b>people {one.grade:.1f}, scorer {score}</b><span class="weak">{raw.strip()}</span>'
        f'<span class="weak">{_text("; ".join(notes))}</span></header>'
        f'<div class="text answer" dir="auto">{_marked(one)}</div>'
        f"<details><summary>How the number came about</summary><ul>{trace}</ul></details>"
        f'<fieldset>{choices}<input type="text" aria-label="Note" placeholder="Why? What would mend it?"></fieldset>'
        f"</article>"
    )


def _marked(one: Disagreement) -> str:
    """Return the answer with the passages marked that points rest on."""
    parts, at = [], 0
    shown = one.answer[:MOST_SHOWN]
    for start, end in one.quotes:
        if start < at or end > len(shown):
            continue  # inside one that is marked already, or cut off
        parts += [_text(shown[at:start]), f"<mark>{_text(shown[start:end])}</mark>"]
        at = end
    parts.append(_text(shown[at:]))
    return "".join(parts) or "<i>empty</i>"


def _text(text: str) -> str:
    """Return any text as HTML text: cut, control characters made visible, everything escaped."""
    more = f" … ({len(text):,} characters)" if len(text) > MOST_SHOWN else ""
    kept = (text[:MOST_SHOWN] + more).translate(_CONTROLS).encode("utf-8", "replace").decode("utf-8")
    return html.escape(kept, quote=True)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
