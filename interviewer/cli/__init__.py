"""The `interviewer` command. One module a command; heavy imports wait inside the functions that need them."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(
    name="interviewer",
    help="A mock interviewer for machine-learning engineers: it asks, follows up, runs your code, "
    "and scores only what it can quote. Start with: interviewer practice",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command; a user's error is two lines and an exit status, never a traceback."""
    from knowledge.errors import InterviewError

    try:
        app()
    except InterviewError as error:
        sys.stderr.write(f"Error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"{error.hint}\n")
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
