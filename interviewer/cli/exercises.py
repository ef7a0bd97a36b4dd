"""`interviewer exercises`: the coding exercises, and one of them as the candidate reads it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

LEVELS = {"junior": 0, "senior": 1, "staff": 2}

exercises_app = typer.Typer(help="The coding exercises: all of them, or one.", invoke_without_command=True)


@exercises_app.callback()
def exercises(context: typer.Context, as_json: JsonOption = False) -> None:
    """List every exercise by topic and level."""
    if context.invoked_subcommand is not None:
        return
    from evaluators.coding.exercise import load_exercises

    listed = sorted(load_exercises().values(), key=lambda each: (each.topic, LEVELS[each.level], each.slug))
    if as_json:
        rows = [{"slug": each.slug, "title": each.title, "topic": each.topic, "level": each.level} for each in listed]
        print_json(rows)
        return
    width = max(len(each.slug) for each in listed)
    topic = ""
    for each in listed:
        if each.topic != topic:
            sys.stdout.write(f"\n{each.topic}\n")
            topic = each.topic
        sys.stdout.write(f"  {each.slug:<{width}}  {each.level:<6}  {each.title}\n")
    sys.stdout.write(f"\n{len(listed)} exercises. `interviewer exercises show SLUG` reads one.\n")
    sys.stdout.write("`interviewer exercises derivations` lists what is derived on paper.\n")


@exercises_app.command("show")
def show(
    slug: Annotated[str, typer.Argument(help="The exercise, such as `ridge`, or the derivation.")],
    as_json: JsonOption = False,
) -> None:
    """Print an exercise as the candidate reads it: statement, signature, and a file to start from."""
    from evaluators.coding.exercise import find_exercise

    if _is_derivation(slug):
        _show_derivation(slug, as_json)
        return
    exercise = find_exercise(slug)
    if as_json:
        document = {
            "slug": exercise.slug,
            "statement": exercise.statement,
            "signature": exercise.signature,
            "starter": exercise.starter,
        }
        print_json(document)
        return
    sys.stdout.write(
        f"{exercise.statement}\n\n{exercise.level} · {exercise.topic} · about {exercise.minutes} minutes\n"
    )
    sys.stdout.write(f"`interviewer grade code {exercise.slug} FILE` grades it.\n")


@exercises_app.command("derivations")
def derivations(as_json: JsonOption = False) -> None:
    """List the derivations: formulas to be typed, in Python or LaTeX, and graded term by term."""
    from evaluators.derivation.problem import load_derivations

    listed = sorted(load_derivations().values(), key=lambda each: (LEVELS[each.level], each.slug))
    if as_json:
        rows = [{"slug": each.slug, "title": each.title, "topic": each.topic, "level": each.level} for each in listed]
        print_json(rows)
        return
    width = max(len(each.slug) for each in listed)
    for each in listed:
        sys.stdout.write(f"{each.slug:<{width}}  {each.level:<6}  {each.title}\n")
    sys.stdout.write(
        "\n`interviewer exercises show SLUG` reads one, `interviewer grade derivation SLUG FILE` grades it.\n"
    )


def _is_derivation(slug: str) -> bool:
    from evaluators.derivation.problem import load_derivations

    return slug in load_derivations()


def _show_derivation(slug: str, as_json: bool) -> None:
    from evaluators.derivation.problem import find_derivation

    problem = find_derivation(slug)
    if as_json:
        print_json(
            {
                "slug": problem.slug,
                "statement": problem.statement,
                "signature": problem.signature,
                "starter": problem.starter,
            }
        )
        return
    sys.stdout.write(f"{problem.statement}\n{problem.level} · {problem.topic} · about {problem.minutes} minutes\n")
    sys.stdout.write(f"`interviewer grade derivation {problem.slug} FILE` grades it.\n")
