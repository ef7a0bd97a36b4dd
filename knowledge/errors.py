"""Every error that a user can cause or must act on.

InterviewError(message, hint)
├── InputError              the user's input; exit status 2
│   ├── NotFoundError       an unknown id
│   ├── ContentError        a malformed pack, rubric or scenario: file, line and field
│   ├── UnreadableError     a file that cannot be read as what it claims to be
│   └── TooLargeError       over a stated limit
├── ConflictError           somebody else was first; exit status 1
└── OutsideError            the outside world; exit status 1
    ├── StorageError        disk or database
    ├── ModelError          the language model's service
    │   └── NoModelError    none is set up; the user's to mend, so it is an InputError too
    └── SandboxError        no safe place to run code

Anything else that is raised is our bug and keeps its traceback.
"""

from __future__ import annotations


class InterviewError(Exception):
    """Says what happened (`message`) and what to do about it (`hint`)."""

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(InterviewError):
    """The user's input cannot be used as it is."""

    exit_status = 2


class NotFoundError(InputError):
    """Nothing is known under that id."""


class ContentError(InputError):
    """A data file is malformed; the message names file, line and field."""


class UnreadableError(InputError):
    """A file cannot be read as what it claims to be."""


class TooLargeError(InputError):
    """The input is over a stated limit."""


class ConflictError(InterviewError):
    """Another writer was first."""


class OutsideError(InterviewError):
    """Something outside this program failed."""


class StorageError(OutsideError):
    """The disk or the database refused."""


class ModelError(OutsideError):
    """The language model's service failed or answered with something unusable."""


class NoModelError(InputError, ModelError):
    """No language model is set up, though one was asked for."""


class SandboxError(OutsideError):
    """Code cannot be run safely here."""
