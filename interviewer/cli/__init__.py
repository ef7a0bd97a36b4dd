"""The `interviewer` command. One module a command; heavy imports wait inside the functions that need them."""

from __future__ import annotations

import sys

import typer

from interviewer.cli.bench import bench_app
from interviewer.cli.calibrate import calibrate
from interviewer.cli.canary import canary_app
from interviewer.cli.doctor import doctor
from interviewer.cli.errors import errors
from interviewer.cli.exercises import exercises_app
from interviewer.cli.grade import grade_answer, grade_star
from interviewer.cli.grade_batch import grade_batch
from interviewer.cli.grade_code import grade_code
from interviewer.cli.grade_derivation import grade_derivation
from interviewer.cli.index import index_app
from interviewer.cli.monitor import monitor
from interviewer.cli.practice import practice
from interviewer.cli.questions import questions_app
from interviewer.cli.regrade import regrade
from interviewer.cli.report import report
from interviewer.cli.search import search
from interviewer.cli.serve import serve

app = typer.Typer(
    name="interviewer",
    help="A mock interviewer for machine-learning engineers: it asks, follows up, runs your code, "
    "and scores only what it can quote. Start with: interviewer practice",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(practice)
app.command()(report)
app.add_typer(questions_app, name="questions")
app.add_typer(exercises_app, name="exercises")
grade_app = typer.Typer(
    help="Score a story, an answer, code, a derivation, or a file of answers.", no_args_is_help=True
)
app.add_typer(grade_app, name="grade")
grade_app.command("star")(grade_star)
grade_app.command("answer")(grade_answer)
grade_app.command("batch")(grade_batch)
grade_app.command("code")(grade_code)
grade_app.command("derivation")(grade_derivation)
app.command()(calibrate)
app.command()(errors)
app.command()(monitor)
app.command()(regrade)
app.add_typer(canary_app, name="canary")
app.command()(search)
app.add_typer(index_app, name="index")
app.command()(serve)
app.command()(doctor)
app.add_typer(bench_app, name="bench")


def main() -> None:
    """Run the command; a user's error is two lines and an exit status, never a traceback."""
    from interviewer.cli.output import leave_quietly
    from knowledge.errors import InterviewError

    out = sys.stdout
    try:
        try:
            app()
        finally:
            out.flush()  # not at the interpreter's end, where a closed pipe is told as a fault
    except BrokenPipeError:
        leave_quietly()
    except SystemExit:
        if sys.stdout is not out:  # typer puts another in its place when the reader has left, and would exit with 1
            leave_quietly()
        raise
    except InterviewError as error:
        sys.stderr.write(f"Error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"{error.hint}\n")
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
