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

from evaluators.derivation.cursor import Cursor
from evaluators.derivation.expression import (
    ALIASES,
    FUNCTIONS,
    OF_TWO,
    REDUCTIONS,
    Binary,
    Call,
    Expression,
    Number,
    Unary,
)
from evaluators.derivation.known_names import KnownNames
from evaluators.derivation.left_side import defined, derivative
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


class _Parser(Cursor):
    """The right side, loosest first."""

    def __init__(self, tokens: list[Token], known: Collection[str]) -> None:
        super().__init__(tokens)
        self._depth = 0
        self._known = KnownNames(known)

    def formula(self) -> Formula:
        name = defined(self)
        if not self.take("=") and not self.take(":="):
            raise self.error("a formula defines one name: `name = ...`")
        expression = self._comparison()
        if self.now.text == "=":
            raise self.error("a second `=`; write one step a line")
        if self.now.kind != "end":
            raise self.error(f"{self.now.text!r} is not expected here")
        return Formula(name, expression)

    def _comparison(self) -> Expression:
        self._enter()
        left = self._sum()
        if self.now.text in COMPARISONS:
            left = Binary(self.advance().text, left, self._sum())
        self._depth -= 1
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while self.now.kind == "operator" and self.now.text in "+-":
            left = Binary(self.advance().text, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while True:
            if self.now.kind == "operator" and self.now.text in ("*", "/", "@", "·"):
                left = Binary(self.advance().text, left, self._signed())
            elif self.now.kind in ("name", "number") or self.now.text in ("(", "\\frac", "\\sqrt"):
                left = Binary("·", left, self._power())
            else:
                return left

    def _signed(self) -> Expression:
        negative = False
        while self.now.kind == "operator" and self.now.text in "+-":
            negative ^= self.advance().text == "-"
        operand = self._power()
        return Unary("-", operand) if negative else operand

    def _power(self) -> Expression:
        base = self._postfix()
        if self.take("^") or self.take("**"):
            self._enter()
            exponent = self._group("{", "}") if self.now.text == "{" else self._signed()
            self._depth -= 1
            base = Binary("^", base, exponent)
            base = self._after(base)
        return base

    def _postfix(self) -> Expression:
        return self._after(self._primary())

    def _after(self, value: Expression) -> Expression:
        while True:
            if self.now.kind == "transpose" or self.now.text == "'":
                self._at += 1
                value = Unary("T", value)
            elif self.take("."):
                value = self._attribute(value)
            else:
                return value

    def _attribute(self, value: Expression) -> Expression:
        name = self.name("a method such as .T or .sum")
        if name in ("T", "mT"):
            return Unary("T", value)
        if name == "shape":
            self.expect("[")
            if self.advance().text != "0":
                raise self.error("only .shape[0] is known")
            self.expect("]")
            return Call("len", (value,))
        if name in ("astype", "float"):  # a mask becomes numbers by itself
            self.expect("(")
            while self.now.kind == "name" or self.now.text == ".":
                self._at += 1
            self.expect(")")
            return value
        function = ALIASES.get(name, name)
        if function == "transpose" or (function in FUNCTIONS and (function in WITH_AXIS or function in OF_TWO)):
            return self._call(function, (value,))
        raise self.error(f"there is no method .{name} here")

    def _primary(self) -> Expression:
        token = self.now
        if token.text in ("(", "[", "{"):
            return self._group(token.text, CLOSING[token.text])
        if token.kind == "number":
            self._at += 1
            if token.text == "1" and self.now.text == "[":
                return self._group("[", "]")  # the indicator 1[z > 0]
            return Number(float(token.text))
        if token.text == "\\frac":
            if [each.text for each in self._tokens[self._at + 1 : self._at + 3]] == ["{", "∂"]:
                return self._reference(derivative(self))
            self._at += 1
            return Binary("/", self._braced(), self._braced())
        if token.text == "\\sqrt":
            self._at += 1
            return Call("sqrt", (self._braced(),))
        if token.kind == "name":
            return self._named()
        shown = token.text or "the end of the line"
        raise self.error(f"a number, a name or a bracket is expected, not {shown}")

    def _named(self) -> Expression:
        token = self.advance()
        name = token.text
        if name in MODULES and self.take("."):
            name = self.name("a function")
            return self._call(ALIASES.get(name, name))
        if name == "ones" and (mask := self._indicated()) is not None:
            return mask
        plain = name.replace("_", "")
        if plain not in self._known:
            function = ALIASES.get(plain, plain)
            if function in ("sigmoid", "relu", "tanh") and self.take("'"):
                return self._call(f"{function}'")
            if function in FUNCTIONS and self.now.text in ("(", "{"):
                return self._call(function)
        return self._reference(name, token)

    def _indicated(self) -> Expression | None:
        """The condition of an indicator such as `\\mathbb{1}[z > 0]`; otherwise nothing is read: ones are a vector."""
        start = self._at
        if self.now.text in CLOSING:
            inner = self._group(self.now.text, CLOSING[self.now.text])
            if isinstance(inner, Binary) and inner.operator in COMPARISONS:
                return inner
            self._at = start
        return None

    def _reference(self, name: str, token: Token | None = None) -> Expression:
        found = self._known.read(name)
        if found is None:
            column = (token or self.now).column
            raise UnreadableError(f"column {column}: {name!r} is not defined.", f"Known here: {self._known}.")
        return found

    def _call(self, function: str, first: tuple[Expression, ...] = ()) -> Expression:
        if function not in FUNCTIONS:
            raise self.error(f"there is no function {function!r} here")
        closing = "}" if self.now.text == "{" else ")"
        self.expect("{" if closing == "}" else "(")
        arguments = list(first)
        axis: int | None = None
        keepdims = False
        while self.now.text != closing:
            if self.now.text in ("axis", "dim") and self.following == "=":
                self._at += 2
                axis = self._integer()
            elif self.now.text in ("keepdims", "keepdim") and self.following == "=":
                self._at += 2
                keepdims = self.advance().text in ("True", "1")
            elif arguments and function in WITH_AXIS:
                axis = self._integer()
            else:
                arguments.append(self._comparison())
            if not self.take(","):
                break
        self.expect(closing)
        wanted = 2 if function in OF_TWO or function in ("outer", "maximum") else 1
        if len(arguments) != wanted:
            raise self.error(f"{function} takes {wanted} argument{'s' if wanted > 1 else ''}")
        if function not in WITH_AXIS and (axis is not None or keepdims):
            raise self.error(f"{function} takes no axis")
        return Call(function, tuple(arguments), axis, keepdims)

    def _integer(self) -> int:
        sign = -1 if self.take("-") else 1
        token = self.advance()
        if token.text not in ("0", "1", "2"):
            raise self.error("an axis is 0, 1 or -1")
        return sign * int(token.text)

    def _braced(self) -> Expression:
        """The argument of a LaTeX command: in braces, in brackets, or a single number or name."""
        if self.now.text in ("{", "("):
            return self._group(self.now.text, CLOSING[self.now.text])
        if self.now.kind == "number":
            digits = self.now.text  # \frac1n, and \frac12
            if len(digits) > 1 and digits.isdigit():
                self._tokens[self._at] = self.now._replace(text=digits[1:])
                return Number(float(digits[0]))
            return Number(float(self.advance().text))
        if self.now.kind == "name":
            return self._named()
        raise self.error("braces are missing, as in \\frac{a}{b}")

    def _group(self, opening: str, closing: str) -> Expression:
        self.expect(opening)
        inner = self._comparison()
        self.expect(closing)
        return inner

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooLargeError(f"The formula is nested deeper than {DEEPEST} levels.", "Name a part, on its own line.")
