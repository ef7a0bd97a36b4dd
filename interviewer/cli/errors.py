"""`interviewer errors`: where the scorer and people disagree most, grouped, as a page to work through."""

from __future__ import annotations

import html
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from interviewer.bench.scoring import Graded


def errors(
    data: Annotated[Path, typer.Option(help="A file of graded answers, as for `bench scoring`.")],
    output: Annotated[Path | None, typer.Option(help="Write the page here: .html or .md.")] = None,
    most: Annotated[int, typer.Option(help="Answers a group.", min=1)] = 10,
    as_json: JsonOption = False,
) -> None:
    """List the answers with the greatest disagreement: praised by us, blamed by people, and the other way round."""
    from evaluators.reference.minilm import MiniLM
    from interviewer.bench.scoring import read
    from knowledge.errors import NotFoundError, StorageError

    if not data.is_file():
        raise NotFoundError(f"There is no file {data}.", "Name a file of graded answers.")
    groups = disagreements(read(data), MiniLM.load(), most)
    if as_json:
        print_json({"groups": groups})
        return
    page = as_markdown(groups)
    if output is None:
        sys.stdout.write(page)
        return
    try:
        output.write_text(as_html(page) if output.suffix == ".html" else page, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output} cannot be written: {error.strerror}.", "Name another place.") from error
    sys.stderr.write(f"Written to {output}\n")


def disagreements(rows: Sequence[Graded], encoder: object, most: int = 10) -> list[dict[str, object]]:
    """Return the groups of disagreement, the largest sum of squared differences first.

    A group is a direction (too high, too low) with what goes with it: a gate's flag, a short answer, a question.
    """
    from evaluators.language import words
    from evaluators.target import from_reference
    from evaluators.technical import TechnicalEvaluator

    items = [(row.answer, from_reference(row.question, row.reference)) for row in rows]
    scored = TechnicalEvaluator(encoder).score_many(items)  # type: ignore[arg-type]
    groups: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for row, score in zip(rows, scored, strict=True):
        if score.overall is None or abs(score.overall - 5 * row.grade) < 1.5:
            continue
        gap = score.overall - 5 * row.grade
        about = (
            score.flags[0] if score.flags else "short answer" if len(words(row.answer)) < 6 else row.label or "worded"
        )
        groups[f"{'too high' if gap > 0 else 'too low'}: {about}"].append(
            {
                "question": row.question,
                "reference": row.reference,
                "answer": row.answer,
                "grade": round(5 * row.grade, 2),
                "score": score.overall,
                "gap": round(gap, 2),
                "trace": list(score.trace),
            }
        )
    weight = {name: sum(float(str(one["gap"])) ** 2 for one in members) for name, members in groups.items()}
    return [
        {
            "group": name,
            "answers": len(groups[name]),
            "examples": sorted(groups[name], key=lambda one: -abs(float(str(one["gap"]))))[:most],
        }
        for name in sorted(groups, key=lambda name: -weight[name])
    ]


def as_markdown(groups: Sequence[dict[str, object]]) -> str:
    """Return the page as Markdown."""
    lines = ["# Where scores and people disagree", ""]
    for group in groups:
        lines += [f"## {group['group']} ({group['answers']})", ""]
        examples = group["examples"]
        assert isinstance(examples, list)
        for one in examples:
            lines += [
                f"- [ ] people {one['grade']}, we {one['score']:.1f}: {' '.join(one['answer'].split())}",
                f"    - question: {' '.join(one['question'].split())}",
                f"    - reference: {' '.join(one['reference'].split())}",
                *(f"    - {step}" for step in one["trace"]),
            ]
        lines.append("")
    return "\n".join(lines) + "\n"


def as_html(markdown: str) -> str:
    """Return the page as one HTML document; everything in it is shown as text."""
    body = html.escape(markdown)
    style = "body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;white-space:pre-wrap}"
    return f"<!doctype html><meta charset=utf-8><title>Disagreements</title><style>{style}</style>{body}"
