"""Numbers that a candidate derives: found with their units, and their arithmetic done again."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from evaluators.text.evidence import Span, sentences
from evaluators.text.language import FUNCTION_WORDS, content, stem, words
from knowledge.models import Estimate

_SCALE = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "t": 1e12,
    "trillion": 1e12,
}  # fmt: skip
_BYTES = {"b": 1.0, "bytes": 1.0, "byte": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15}
_SECONDS = {
    **dict.fromkeys(("us",), 1e-6),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("minute", "minutes"), 60.0),
    **dict.fromkeys(("hour", "hours"), 3600.0),
    **dict.fromkeys(("day", "days"), 86_400.0),
    "month": 2.63e6,
    "year": 3.16e7,
}
_NUMBER = re.compile(
    r"(?P<money>[$€£])?\s?(?P<number>\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)\s?(?P<scale>(?:thousand|million|billion|trillion|"
    r"mn|bn)\b|[kKMBT](?![a-zA-Z]))?"
    r"(?P<of>\s?(?P<unit>(?!(?:per|a|each)\b)[a-zA-Z%]+)?"
    r"(?:\s*(?:per|/|a|each a|each)\s*(?P<per>second|sec|s|minute|hour|day|month|year)\b)?)"
)
_MONEY = re.compile(r"[$€£]|\b(?:euros?|dollars?|usd|eur)\b")
_NOUN = re.compile(r"[^\d.,;:()=≈~×*÷/+\n]{0,40}")  # what stands behind a number, up to the next mark
_NOUN_WORDS = 3
_ANYTHING = frozenset(  # what is counted a second, whatever the scenario calls it
    {"request", "query", "call", "hit", "lookup", "look", "event", "message", "operation", "transaction", "qps", "rps"}
)
_VALUE = (
    r"[$€£]?(?<![\d.,])\d[\d,]{0,24}(?:\.\d+)?(?:e\d+)?"
    r"\s?(?:(?:thousand|million|billion|trillion|mn|bn)\b|[kKMBT](?![a-zA-Z])|%)?"
)
_OPERATOR = r"(?:[*×÷/]|(?<=[\s\d])x(?=[\s\d])|\btimes\b|\b(?:divided|multiplied) by\b)"
_BETWEEN = r"[^\d=≈~\n*×/÷+.,;:-]{0,40}?"  # units and the words around them: "4 bytes", "requests a day"
_CHAIN = (
    re.compile(  # at most eight values, and nothing is tried twice: a long row of numbers costs no more than a text
        rf"(?P<chain>(?>{_VALUE})(?:{_BETWEEN}{_OPERATOR}\s*(?>{_VALUE})){{1,7}}){_BETWEEN}"
        rf"(?:=|≈|~|\bis\b|\bare\b|\bmakes\b|\bgives\b)\s*(?:about |roughly |around |some |≈|~)?(?P<result>{_VALUE})"
    )
)
_STEP = re.compile(rf"(?P<operator>{_OPERATOR})?\s*(?P<value>{_VALUE})")
_ARITHMETIC = re.compile(rf"{_OPERATOR}|=|≈")
_TIME = re.compile(r"\b(?:seconds?|sec|minutes?|hours?|days?|daily|months?|years?|qps|rps)\b|/s\b", re.IGNORECASE)
_NO_UNITS = (*(1000.0**power for power in range(-3, 4)), 1024.0, 1 / 1024.0, 8.0, 1 / 8, 100.0, 0.01)
_NO_TIMES = tuple(seconds**sign for seconds in (60.0, 3600.0, 86_400.0, 2.63e6, 3.16e7) for sign in (1, -1))

GUESSES = 4  # numbers for one estimate, without arithmetic between them, or sentences that differ in their number only


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text, in base units (bytes, seconds, a second): `kind` says of what; `noun` is what follows it."""

    value: float
    kind: str
    span: Span
    noun: tuple[str, ...] = ()


def amounts(text: str) -> list[Amount]:
    """Return the numbers of a text with their scale and unit resolved."""
    found: list[Amount] = []
    for match in _NUMBER.finditer(text):
        value = _plain(match["number"]) * _SCALE.get((match["scale"] or "").lower(), 1.0)
        unit = (match["unit"] or "").lower()
        if unit in _BYTES and len(unit) > 1:
            value, kind = value * _BYTES[unit], "bytes"
        elif unit in _SECONDS and not match["per"]:
            value, kind = value * _SECONDS[unit], "seconds"
        elif match["money"] or _MONEY.fullmatch(unit):
            kind = "money"
        elif unit in {"qps", "rps", "tps"}:
            kind = "rate"
        elif match["per"]:
            value, kind = value / _SECONDS[match["per"]], "rate"
        else:
            kind = "percent" if unit in {"%", "percent"} else "count"
        behind = _NOUN.match(text, match.start("of"))
        noun = tuple(words(behind[0] if behind else "")[:_NOUN_WORDS])
        found.append(Amount(value, kind, Span(*match.span()), noun))
    return found


def kind_of(unit: str) -> tuple[str, float]:
    """Return what a scenario's unit measures, and what one of it is in base units."""
    low = unit.lower()
    for name, size in _BYTES.items():
        if len(name) > 1 and re.search(rf"\b{name}\b", low):
            return "bytes", size
    if _MONEY.search(low):
        return "money", 1.0
    if per := re.search(r"(?:per|/|\ba)\s*(second|sec|s|minute|hour|day|month|year)\b", low):
        return "rate", 1.0 / _SECONDS[per[1]]
    if low in _SECONDS:
        return "seconds", _SECONDS[low]
    if low == "probability":
        return "percent", 100.0
    return ("percent", 1.0) if "%" in low or "percent" in low else ("count", 1.0)


def reached(estimate: Estimate, text: str) -> Span | None:
    """Return the sentence in which the estimate's number stands, within its tolerance and near its words.

    A number that goes into a product, that counts something else, or is one guess among many, is not the estimate.
    """
    about = {stem(word) for word in content(f"{estimate.what} {estimate.unit}")}
    counted = about | {stem(word) for word in content(estimate.derivation)} | _ANYTHING
    said = [(span, text[span.start : span.end]) for span in sentences(text)]
    shapes = Counter(_shape(sentence) for _, sentence in said)
    for span, sentence in said:
        if not about & {stem(word) for word in content(sentence)} or shapes[_shape(sentence)] >= GUESSES:
            continue
        results = _results(sentence, counted)
        close = [_close(amount, estimate) for amount in results]
        bare = sum(one is not None or amount.kind == "count" for one, amount in zip(close, results, strict=True))
        if any(close) and (bare < GUESSES or _ARITHMETIC.search(sentence)):
            return span
    return None


def _close(amount: Amount, estimate: Estimate) -> bool | None:
    """Return whether an amount is the estimate's within its tolerance; None when it is of another kind.

    A bare number is taken to be in the estimate's own unit.
    """
    kind, size = kind_of(estimate.unit)
    wanted = estimate.value * (size if amount.kind == kind else 1.0)
    if amount.kind != kind and not (amount.kind == "count" and kind in {"rate", "money", "percent"}):
        return None
    return amount.value > 0 and max(amount.value / wanted, wanted / amount.value) <= estimate.tolerance_factor


def _results(sentence: str, counted: Set[str]) -> list[Amount]:
    """Return the amounts of a sentence that no product or quotient begins with, and that count what they should."""
    inputs = [match.span("chain") for match in _CHAIN.finditer(sentence)]
    return [
        one
        for one in amounts(sentence)
        if not any(start <= one.span.start < end for start, end in inputs)
        and (one.kind not in {"count", "rate"} or _counts(one.noun, counted))
    ]


def _counts(noun: Sequence[str], counted: Set[str]) -> bool:
    """Whether the words behind a number say nothing of what it counts, or name one of what it should."""
    named = [stem(word) for word in noun if word not in FUNCTION_WORDS and word not in _SECONDS]
    return not named or any(word in counted for word in named)


def _shape(sentence: str) -> str:
    return re.sub(r"\d[\d.,]*(?:e[+-]?\d+)?", "#", sentence.strip().lower())


def wrong_arithmetic(text: str) -> list[tuple[Span, float]]:
    """Return the chains of products and quotients that do not come out, each with what it should be.

    They are checked within a factor of two, and up to what units explain that are seldom written: powers of 1,000, bits
    and bytes, percent, the seconds of a minute, an hour, a day, a month, a year. A wrong accusation costs more trust
    than a slip that goes unseen.
    """
    wrong: list[tuple[Span, float]] = []
    for match in _CHAIN.finditer(text):
        said = _scaled(match["result"])
        right = _worked_out(match["chain"])
        factors = _NO_UNITS + (_NO_TIMES if _TIME.search(text, match.start(), match.end() + 20) else ())
        numbers = 0 < said < math.inf and 0 < right < math.inf
        if numbers and all(not 0.5 <= right * factor / said <= 2.0 for factor in factors):
            wrong.append((Span(match.start(), match.end()), right))
    return wrong


def _worked_out(chain: str) -> float:
    """Return what a chain of products and quotients comes to, from left to right; 0 where a divisor is 0."""
    total = 1.0
    for step in _STEP.finditer(chain):
        value = _scaled(step["value"])
        divides = step["operator"] in {"/", "÷", "divided by"}
        if divides and not value:
            return 0.0
        total = total / value if divides else total * value
    return total


def _plain(number: str) -> float:
    try:
        return float(number.replace(",", ""))
    except ValueError:
        return 0.0


def _scaled(text: str) -> float:
    match = re.match(r"[$€£]?(\d[\d,]*(?:\.\d+)?(?:e\d+)?)\s?([a-zA-Z%]+)?", text.strip())
    if match is None:
        return 0.0
    return _plain(match[1]) * (0.01 if match[2] == "%" else _SCALE.get((match[2] or "").lower(), 1.0))
