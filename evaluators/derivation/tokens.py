"""Cuts one line of a formula, typed as Python or as LaTeX, into tokens of one common notation."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from knowledge.errors import UnreadableError

Kind = Literal["number", "name", "operator", "transpose", "end"]

GREEK = {
    **{name: name for name in ("alpha", "beta", "gamma", "delta", "eta", "theta", "mu", "sigma", "phi", "omega", "pi")},
    "lambda": "lam",
    "epsilon": "eps",
    "varepsilon": "eps",
    "ell": "L",
    "Delta": "Delta",
    "Sigma": "Sigma",
}

FUNCTION_COMMANDS = frozenset({"exp", "log", "ln", "tanh", "max"})

OPERATOR_COMMANDS = {
    "cdot": "·",
    "times": "·",
    "odot": "*",
    "circ": "*",
    "ast": "*",
    "partial": "∂",
    "nabla": "∇",
    "frac": "\\frac",
    "dfrac": "\\frac",
    "tfrac": "\\frac",
    "sqrt": "\\sqrt",
    "lbrace": "(",
    "rbrace": ")",
    "lbrack": "[",
    "rbrack": "]",
    "gt": ">",
    "lt": "<",
    "ge": ">=",
    "geq": ">=",
    "le": "<=",
    "leq": "<=",
}

SPACING = frozenset(
    {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "quad", "qquad", "displaystyle", "textstyle"}
    | {"limits", "nonumber", "notag"}
)
WRAPPERS = frozenset(
    {"text", "mathrm", "mathbf", "mathit", "mathsf", "mathcal", "boldsymbol", "bm", "operatorname", "vec", "mathbb"}
)
ACCENTS = frozenset({"hat", "bar", "tilde", "widehat", "overline", "widetilde"})

UNICODE = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "⋅": "·",
        "×": "·",
        "∙": "·",
        "⊙": "*",
        "∘": "*",
        "≥": "\\ge ",
        "≤": "\\le ",
        "ᵀ": "^T",
        "⊤": "^T",
        "√": "\\sqrt ",
        "σ": "\\sigma ",
        "λ": "\\lambda ",
        "γ": "\\gamma ",
        "β": "\\beta ",
        "δ": "\\delta ",
        "ε": "\\epsilon ",
        "μ": "\\mu ",
        "₁": "1",
        "₂": "2",
        "²": "^2",
        "′": "'",
        "’": "'",
        "𝟙": "\\mathbb{1}",
        "\u00a0": " ",
    }
)

_TRANSPOSE = re.compile(
    r"\^\s*(?:\{\s*(?:T|\\top|\\intercal|\\mathsf\s*\{\s*T\s*\}|\\mathsf\s+T)\s*\}|T|\\top|\\intercal)"
)
_LAYER = re.compile(r"\^\s*\{\s*[(\[]\s*(\d)\s*[)\]]\s*\}")
_SUBSCRIPT = re.compile(r"\s*_\s*(?:\{\s*([A-Za-z0-9]+)\s*\}|([A-Za-z0-9]))")
_UNDERSCORE = re.compile(r"\s*_\s*(?=[{A-Za-z\\])")
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*", re.ASCII)
_OPERATOR = re.compile(r":=|\*\*|==|>=|<=|//|[-+*/@^()\[\]{},.'=<>:·∂∇&|!]")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_WRAPPED = re.compile(r"\s*\{\s*([A-Za-z0-9][A-Za-z0-9 _]*?)\s*\}|\s+([A-Za-z0-9])|([0-9])")
_NESTED = re.compile(r"\s*\{\s*\\([A-Za-z]+)\s*\}")


class Token(NamedTuple):
    """`text` is in the common notation; `column` counts from 1."""

    kind: Kind
    text: str
    column: int


def tokenise(line: str) -> list[Token]:
    """The tokens of one line; the last has the kind `end`.

    Raises:
        UnreadableError: a character or a LaTeX command is unknown here; the message names the column.
    """
    return _Reader(line.translate(UNICODE)).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._tokens: list[Token] = []

    def read(self) -> list[Token]:
        while self._at < len(self._text):
            self._next()
        self._add("end", "")
        return self._tokens

    def _next(self) -> None:
        if self._text[self._at].isspace() or self._text[self._at] in "$&~":
            self._at += 1
        elif found := self._match(_TRANSPOSE):
            self._add("transpose", "^T", found)
        elif (found := self._match(_LAYER)) and self._tokens and self._tokens[-1].kind == "name":
            last = self._tokens.pop()
            self._tokens.append(last._replace(text=last.text + found.group(1)))
            self._at = found.end()
        elif found := self._match(_NUMBER):
            self._add("number", found.group(), found)
        elif found := self._match(_NAME):
            self._add("name", found.group(), found)
            self._subscript()
        elif self._text[self._at] == "\\":
            self._command()
        elif found := self._match(_OPERATOR):
            self._add("operator", found.group(), found)
        else:
            raise self._error(f"the character {self._text[self._at]!r} is not understood")

    def _command(self) -> None:
        found = self._match(_COMMAND)
        if found is None:  # \, \; \! \\ \{ and the like
            following = self._text[self._at + 1 : self._at + 2]
            if following in "{}":
                self._add("operator", "(" if following == "{" else ")")
            self._at += 2
            return
        name = found.group(1)
        start, self._at = self._at, found.end()
        if name in SPACING:
            return
        if name in OPERATOR_COMMANDS:
            self._tokens.append(Token("operator", OPERATOR_COMMANDS[name], start + 1))
            if name == "nabla":
                self._skip(_UNDERSCORE)
        elif name in GREEK or name in FUNCTION_COMMANDS:
            self._named(GREEK.get(name, name), start)
        elif name in WRAPPERS or name in ACCENTS:
            self._wrapped(name, start)
        elif name in ("top", "intercal"):
            self._tokens.append(Token("transpose", "^T", start + 1))
        elif name == "sum":
            raise self._error("write a sum as sum(x, axis=0), or as \\mathbf{1}^\\top x", start)
        else:
            raise self._error(f"the command \\{name} is not understood", start)

    def _wrapped(self, command: str, start: int) -> None:
        """`\\mathbf{W}` is W, `\\hat{x}` is xhat, `\\mathbb{1}` is the indicator or the vector of ones."""
        found = self._match(_WRAPPED)
        if found is None:
            nested = self._match(_NESTED)
            if nested is None or nested.group(1) not in GREEK:
                raise self._error(f"\\{command} should hold one name, as in \\{command}{{x}}", start)
            inner, self._at = GREEK[nested.group(1)], nested.end()
        else:
            inner, self._at = next(group for group in found.groups() if group is not None), found.end()
        if inner == "1" and command not in ACCENTS:
            self._tokens.append(Token("name", "ones", start + 1))
            self._skip(_UNDERSCORE)
            return
        accent = {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}.get(command, command)
        self._named(inner.replace(" ", "_") + (accent if command in ACCENTS else ""), start)

    def _named(self, name: str, start: int) -> None:
        if self._tokens and self._tokens[-1].text == "d" and self._tokens[-1].column == start:  # d\\gamma is one name
            name, start = f"d{name}", self._tokens.pop().column - 1
        self._tokens.append(Token("name", name, start + 1))
        self._subscript()

    def _subscript(self) -> None:
        """Joins `W_{2}` and `\\delta_2` to one name."""
        found = self._match(_SUBSCRIPT)
        if found is not None:
            last = self._tokens.pop()
            self._tokens.append(last._replace(text=last.text + (found.group(1) or found.group(2))))
            self._at = found.end()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = self._match(pattern)
        if found is not None:
            self._at = found.end()

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self._text, self._at)

    def _add(self, kind: Kind, text: str, found: re.Match[str] | None = None) -> None:
        self._tokens.append(Token(kind, text, self._at + 1))
        if found is not None:
            self._at = found.end()

    def _error(self, message: str, at: int | None = None) -> UnreadableError:
        column = (self._at if at is None else at) + 1
        return UnreadableError(f"column {column}: {message}.", "Type a formula such as dW2 = a1.T @ (p - y) / n.")
