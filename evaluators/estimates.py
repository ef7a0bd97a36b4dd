"""Numbers that a candidate derives: found with their units, and their arithmetic done again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evaluators.text.evidence import Span, sentences
from evaluators.text.language import content, stem
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
    r"(?P<money>[$€£])?\s?(?P<number>\d[\d,]*(?:\.\d+)?(?:e\d+)?)\s?(?P<scale>(?:thousand|million|billion|trillion|"
    r"mn|bn)\b|[kKMBT](?![a-zA-Z]))?"
    r"\s?(?P<unit>(?!(?:per|a|each)\b)[a-zA-Z%]+)?(?:\s*(?:per|/|a|each)\s*(?P<per>second|sec|s|minute|hour|day|month|year)\b)?"
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
_TIME = re.compile(r"\b(?:seconds?|sec|minutes?|hours?|days?|daily|months?|years?|qps|rps)\b|/s\b", re.IGNORECASE)
_NO_UNITS = (*(1000.0**power for power in range(-3, 4)), 1024.0, 1 / 1024.0, 8.0, 1 / 8, 100.0, 0.01)
_NO_TIMES = tuple(seconds**sign for seconds in (60.0, 3600.0, 86_400.0, 2.63e6, 3.16e7) for sign in (1, -1))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text, in base units (bytes, seconds, a second); `kind` says of what."""

    value: float
    kind: str
    span: Span


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
        elif match["money"]:
            kind = "money"
        elif unit in {"qps", "rps", "tps"}:
            kind = "rate"
        elif match["per"]:
            value, kind = value / _SECONDS[match["per"]], "rate"
        else:
            kind = "percent" if unit in {"%", "percent"} else "count"
        found.append(Amount(value, kind, Span(*match.span())))
    return found


def kind_of(unit: str) -> tuple[str, float]:
    """Return what a scenario's unit measures, and what one of it is in base units."""
    low = unit.lower()
    for name, size in _BYTES.items():
        if len(name) > 1 and re.search(rf"\b{name}\b", low):
            return "bytes", size
    per = re.search(r"(?:per|/|a)\s*(second|minute|hour|day|month|year)\b", low)
    if per and not re.search(r"[$€£]|euros?|dollars?|usd|eur", low):
        return "rate", 1.0 / _SECONDS[per[1]]
    if re.search(r"[$€£]|euros?|dollars?|usd|eur", low):
        return "money", 1.0
    if low in _SECONDS:
        return "seconds", _SECONDS[low]
    return ("percent", 1.0) if "%" in low or "percent" in low else ("count", 1.0)


def reached(estimate: Estimate, text: str) -> Span | None:
    """Return the sentence in which the estimate's number stands, within its tolerance and near its words."""
    kind, size = kind_of(estimate.unit)
    wanted = estimate.value * size
    about = {stem(word) for word in content(f"{estimate.what} {estimate.unit}")}
    for span in sentences(text):
        sentence = text[span.start : span.end]
        near = about & {stem(word) for word in content(sentence)}
        for amount in amounts(sentence):
            alike = amount.kind == kind or (amount.kind == "count" and kind in {"rate", "money", "percent"})
            close = amount.value > 0 and max(amount.value / wanted, wanted / amount.value) <= estimate.tolerance_factor
            if alike and close and near:
                return span
    return None


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
        if said and right and all(not 0.5 <= right * factor / said <= 2.0 for factor in factors):
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
