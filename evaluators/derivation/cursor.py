"""A place in a line of tokens: what stands there, and what may come next."""

from __future__ import annotations

from evaluators.derivation.tokens import Token
from knowledge.errors import UnreadableError


class Cursor:
    """Reads tokens from left to right; the last one says that the line ends."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def now(self) -> Token:
        """The token that stands here."""
        return self._tokens[self._at]

    @property
    def following(self) -> str:
        """The text of the token after it."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)].text

    def advance(self) -> Token:
        """Return the token and go on to the next; the end is not passed."""
        token = self.now
        if token.kind != "end":
            self._at += 1
        return token

    def take(self, text: str) -> bool:
        """Whether the operator `text` stands here; if so, it is read."""
        if self.now.text == text and self.now.kind == "operator":
            self._at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Read the operator `text`.

        Raises:
            UnreadableError: something else stands here.
        """
        if not self.take(text):
            found = repr(self.now.text) if self.now.text else "the end of the line"
            raise self.error(f"{text!r} is expected, not {found}")

    def error(self, message: str) -> UnreadableError:
        """Return an error that names the column."""
        return UnreadableError(f"column {self.now.column}: {message}.", "One formula a line: dW2 = a1.T @ (p - y) / n.")

    def name(self, what: str) -> str:
        """Return the name that stands here, without underscores, and go on.

        Raises:
            UnreadableError: none does.
        """
        if self.now.kind != "name":
            raise self.error(f"{what} is missing")
        return self.advance().text.replace("_", "")
