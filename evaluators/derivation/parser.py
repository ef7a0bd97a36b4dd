"""A recursive-descent parser of formulas, Python's notation or LaTeX's. Source: Aho et al., Compilers, section 4.4.

    comparison := sum [(> | < | >= | <=) sum]
    sum        := product ((+ | -) product)*
    product    := signed ((* | / | @ | · | nothing) signed)*
    signed     := - signed | power
    power      := postfix [(^ | **) signed]
    postfix    := primary (.T | ^T | ' | .sum(...) | .shape[0])*
    primary    := number | name | name(arguments) | (comparison) | \\frac{..}{..} | \\sqrt{..}

Two factors next to each other are multiplied as on paper: matrices as matrices, a number scales.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from evaluators.derivation.expression import (
    ALIASES,
    FUNCTIONS,
    OF_TWO,
    REDUCTIONS,
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Unary,
)
from evaluators.derivation.tokens import Token, tokenise
from knowledge.errors import TooLargeError, UnreadableError

LONGEST_LINE, MOST_TOKENS = 1000, 250
DEEPEST = 40
MODULES = frozenset({"np", "numpy", "torch", "jnp"})
CLOSING = {"(": ")", "[": "]", "{": "}"}
COMPARISONS = frozenset({">", "<", ">=", "<="})
WITH_AXIS = frozenset({*REDUCTIONS, "softmax"})


@dataclass(frozen=True, slots=True)
class Formula:
    """One line: the name that is defined, and what it is."""

    name: str
    expression: Expression


def parse_formula(line: str, known: Collection[str]) -> Formula:
    """What one line defines.

    Args:
        line: such as `dW2 = a1.T @ (p - y) / n` or `\\nabla_{W_2} L = \\frac{1}{n} a_1^\\top (p - y)`.
        known: the names that may be used; an underscore more or less does not matter.

    Raises:
        UnreadableError: it is not a formula; the message names the column.
        TooLargeError: it is longer, or nested deeper, than any formula.
    """
    if len(line) > LONGEST_LINE:
        raise TooLargeError(
            f"The line has {len(line):,} characters; at most {LONGEST_LINE:,} are read.", "Name a part."
        )
    tokens = tokenise(line)
    if len(tokens) > MOST_TOKENS:  # bounds the depth of the tree as well, and so the recursion over it
        raise TooLargeError(f"The line has {len(tokens)} parts; at most {MOST_TOKENS} are read.", "Name a part.")
    return _Parser(tokens, known).formula()


class _Parser:
    def __init__(self, tokens: list[Token], known: Collection[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._known = {name.replace("_", ""): name for name in known}

    def formula(self) -> Formula:
        name = self._defined()
        if not self._take("=") and not self._take(":="):
            raise self._error("a formula defines one name: `name = ...`")
        expression = self._comparison()
        if self._now.text == "=":
            raise self._error("a second `=`; write one step a line")
        if self._now.kind != "end":
            raise self._error(f"{self._now.text!r} is not expected here")
        return Formula(name, expression)

    # The left side.

    def _defined(self) -> str:
        """`dW2`, `dL/dW2`, `\\partial L / \\partial W_2`, `\\frac{\\partial L}{\\partial W_2}`, `\\nabla_{W_2} L`."""
        if self._take("∇"):
            return self._nabla()
        if self._now.text in ("\\frac", "∂"):
            return self._derivative()
        name = self._name("the name that is defined")
        if self._take("/"):  # dL/dW2
            return self._name("a name such as dW2")
        return name

    def _nabla(self) -> str:
        braced = self._take("{")
        name = self._name("a name after the nabla")
        if braced:
            self._expect("}")
        if self._now.kind == "name":
            self._at += 1  # the loss
        return f"d{name}"

    def _derivative(self) -> str:
        """The name of a derivative that is written as a fraction."""
        fraction = self._take("\\frac")
        if fraction:
            self._expect("{")
        self._expect("∂")
        if self._now.kind == "name":
            self._at += 1
        if fraction:
            self._expect("}")
            self._expect("{")
        else:
            self._expect("/")
        self._expect("∂")
        name = self._name("what is differentiated by")
        if fraction:
            self._expect("}")
        return f"d{name}"

    def _name(self, what: str) -> str:
        if self._now.kind != "name":
            raise self._error(f"{what} is missing")
        return self._advance().text.replace("_", "")

    # The right side, loosest first.

    def _comparison(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooLargeError(f"The formula is nested deeper than {DEEPEST} levels.", "Name a part, on its own line.")
        left = self._sum()
        if self._now.text in COMPARISONS:
            left = Binary(self._advance().text, left, self._sum())
        self._depth -= 1
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while self._now.kind == "operator" and self._now.text in "+-":
            left = Binary(self._advance().text, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while True:
            if self._now.kind == "operator" and self._now.text in ("*", "/", "@", "·"):
                left = Binary(self._advance().text, left, self._signed())
            elif self._now.kind in ("name", "number") or self._now.text in ("(", "\\frac", "\\sqrt"):
                left = Binary("·", left, self._power())
            else:
                return left

    def _signed(self) -> Expression:
        negative = False
        while self._now.kind == "operator" and self._now.text in "+-":
            negative ^= self._advance().text == "-"
        operand = self._power()
        return Unary("-", operand) if negative else operand

    def _power(self) -> Expression:
        base = self._postfix()
        if self._take("^") or self._take("**"):
            self._enter()
            exponent = self._group("{", "}") if self._now.text == "{" else self._signed()
            self._depth -= 1
            base = Binary("^", base, exponent)
            base = self._after(base)
        return base

    def _postfix(self) -> Expression:
        return self._after(self._primary())

    def _after(self, value: Expression) -> Expression:
        while True:
            if self._now.kind == "transpose" or self._now.text == "'":
                self._at += 1
                value = Unary("T", value)
            elif self._take("."):
                value = self._attribute(value)
            else:
                return value

    def _attribute(self, value: Expression) -> Expression:
        name = self._name("a method such as .T or .sum")
        if name in ("T", "mT"):
            return Unary("T", value)
        if name == "shape":
            self._expect("[")
            if self._advance().text != "0":
                raise self._error("only .shape[0] is known")
            self._expect("]")
            return Call("len", (value,))
        if name in ("astype", "float"):  # a mask becomes numbers by itself
            self._expect("(")
            while self._now.kind == "name" or self._now.text == ".":
                self._at += 1
            self._expect(")")
            return value
        function = ALIASES.get(name, name)
        if function == "transpose" or (function in FUNCTIONS and (function in WITH_AXIS or function in OF_TWO)):
            return self._call(function, (value,))
        raise self._error(f"there is no method .{name} here")

    def _primary(self) -> Expression:
        token = self._now
        if token.text in ("(", "[", "{"):
            return self._group(token.text, CLOSING[token.text])
        if token.kind == "number":
            self._at += 1
            if token.text == "1" and self._now.text == "[":
                return self._group("[", "]")  # the indicator 1[z > 0]
            return Number(float(token.text))
        if token.text == "\\frac":
            if [each.text for each in self._tokens[self._at + 1 : self._at + 3]] == ["{", "∂"]:
                return self._reference(self._derivative())
            self._at += 1
            return Binary("/", self._braced(), self._braced())
        if token.text == "\\sqrt":
            self._at += 1
            return Call("sqrt", (self._braced(),))
        if token.kind == "name":
            return self._named()
        shown = token.text or "the end of the line"
        raise self._error(f"a number, a name or a bracket is expected, not {shown}")

    def _named(self) -> Expression:
        token = self._advance()
        name = token.text
        if name in MODULES and self._take("."):
            name = self._name("a function")
            return self._call(ALIASES.get(name, name))
        if name == "ones" and (mask := self._indicated()) is not None:
            return mask
        plain = name.replace("_", "")
        if plain not in self._known:
            function = ALIASES.get(plain, plain)
            if function in ("sigmoid", "relu", "tanh") and self._take("'"):
                return self._call(f"{function}'")
            if function in FUNCTIONS and self._now.text in ("(", "{"):
                return self._call(function)
        return self._reference(name, token)

    def _indicated(self) -> Expression | None:
        """The condition of an indicator such as `\\mathbb{1}[z > 0]`; otherwise nothing is read: ones are a vector."""
        start = self._at
        if self._now.text in CLOSING:
            inner = self._group(self._now.text, CLOSING[self._now.text])
            if isinstance(inner, Binary) and inner.operator in COMPARISONS:
                return inner
            self._at = start
        return None

    def _reference(self, name: str, token: Token | None = None) -> Expression:
        plain = name.replace("_", "")
        if plain in self._known:
            return Name(self._known[plain])
        parts = self._split(plain)
        if not parts:
            near = ", ".join(sorted(self._known.values()))
            column = (token or self._now).column
            raise UnreadableError(f"column {column}: {name!r} is not defined.", f"Known here: {near}.")
        value: Expression = Name(self._known[parts[0]])
        for part in parts[1:]:
            value = Binary("·", value, Name(self._known[part]))
        return value

    def _split(self, name: str) -> list[str]:
        """On paper QK is Q times K: the known names that a name is made of, or none."""
        ways: list[list[str] | None] = [[], *[None] * len(name)]
        for end in range(1, len(name) + 1):
            for start in range(end):
                before = ways[start]
                if before is not None and name[start:end] in self._known and len(before) < 6:
                    ways[end] = [*before, name[start:end]]
                    break
        return ways[-1] or []

    def _call(self, function: str, first: tuple[Expression, ...] = ()) -> Expression:
        if function not in FUNCTIONS:
            raise self._error(f"there is no function {function!r} here")
        closing = "}" if self._now.text == "{" else ")"
        self._expect("{" if closing == "}" else "(")
        arguments = list(first)
        axis: int | None = None
        keepdims = False
        while self._now.text != closing:
            if self._now.text in ("axis", "dim") and self._following == "=":
                self._at += 2
                axis = self._integer()
            elif self._now.text in ("keepdims", "keepdim") and self._following == "=":
                self._at += 2
                keepdims = self._advance().text in ("True", "1")
            elif arguments and function in WITH_AXIS:
                axis = self._integer()
            else:
                arguments.append(self._comparison())
            if not self._take(","):
                break
        self._expect(closing)
        wanted = 2 if function in OF_TWO or function in ("outer", "maximum") else 1
        if len(arguments) != wanted:
            raise self._error(f"{function} takes {wanted} argument{'s' if wanted > 1 else ''}")
        if function not in WITH_AXIS and (axis is not None or keepdims):
            raise self._error(f"{function} takes no axis")
        return Call(function, tuple(arguments), axis, keepdims)

    def _integer(self) -> int:
        sign = -1 if self._take("-") else 1
        token = self._advance()
        if token.text not in ("0", "1", "2"):
            raise self._error("an axis is 0, 1 or -1")
        return sign * int(token.text)

    def _braced(self) -> Expression:
        """The argument of a LaTeX command: in braces, in brackets, or a single number or name."""
        if self._now.text in ("{", "("):
            return self._group(self._now.text, CLOSING[self._now.text])
        if self._now.kind == "number":
            digits = self._now.text  # \frac1n, and \frac12
            if len(digits) > 1 and digits.isdigit():
                self._tokens[self._at] = self._now._replace(text=digits[1:])
                return Number(float(digits[0]))
            return Number(float(self._advance().text))
        if self._now.kind == "name":
            return self._named()
        raise self._error("braces are missing, as in \\frac{a}{b}")

    def _group(self, opening: str, closing: str) -> Expression:
        self._expect(opening)
        inner = self._comparison()
        self._expect(closing)
        return inner

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooLargeError(f"The formula is nested deeper than {DEEPEST} levels.", "Name a part, on its own line.")

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    @property
    def _following(self) -> str:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)].text

    def _advance(self) -> Token:
        token = self._now
        if token.kind != "end":
            self._at += 1
        return token

    def _take(self, text: str) -> bool:
        if self._now.text == text and self._now.kind == "operator":
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            found = repr(self._now.text) if self._now.text else "the end of the line"
            raise self._error(f"{text!r} is expected, not {found}")

    def _error(self, message: str) -> UnreadableError:
        return UnreadableError(
            f"column {self._now.column}: {message}.", "One formula a line: dW2 = a1.T @ (p - y) / n."
        )
