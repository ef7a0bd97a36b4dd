"""The numbers of a story: amounts, changes from one to another, terms and measures, and baselines told elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluators.text.language import stem

if TYPE_CHECKING:
    from evaluators.story.clauses import Told

_NUMBER_WORD = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|"
    r"nine))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|half a|a hundred|hundred|"
    r"several hundred|a hundred and \w+)"
)
_UNIT = (
    r"(?:%|percent(?:age points?)?|points?|ms|milliseconds?|s\b|secs?\b|seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|million|billion|thousand|k\b|m\b|x\b|times|fold|gb|tb|mb|qps|requests?|users?|customers?|"
    r"documents?|queries|tickets?|dollars?|euros?|pounds?|people|engineers?|hires?|issues?|products?|teams?|incidents?|"
    r"accuracy|ctr|precision|recall)"
)
# A word that only counts: what is counted, or is measured, is another.
COUNTS = re.compile(
    rf"\d.*|{_NUMBER_WORD}|percent\w*|points?|(?:milli)?seconds?|minutes?|hours?|days?|weeks?|months?|years?|quarters?|"
    r"million|billion|thousand|hundred|times|dollars?|euros?|pounds?|half|thirds?",
    re.IGNORECASE,
)
AMOUNT = re.compile(
    rf"[$€£]\s?\d[\d,.]*\s?(?:[kKmMbB]\b|million|billion|thousand)?|\b(?<!\d,)\d[\d,]*+(?:\.\d+)?\s?{_UNIT}|\b\d+\.\d+\b|"
    rf"\b\d{{1,3}}(?:,\d{{3}})+\b|\b\d+ (?!of\b)[a-z]{{3,}}s\b|"
    rf"\b(?<!\d,)\d{{2,}}[\d,]*\b|"
    rf"\b{_NUMBER_WORD}\s+{_UNIT}|(?<!the )(?<!these )(?<!those )\b(?!one\b){_NUMBER_WORD} (?!of\b)[a-z]{{3,}}s\b|"
    rf"\b(?:one|1) (?:\w+ )?in \w+(?: \w+(?=\W))?|"
    rf"\b(?:(?:by|in) half|(?:by )?a (?:third|fifth|tenth)|by a quarter|(?:two|three|four) (?:third|quarter|fifth)s|"
    rf"{_NUMBER_WORD} (?:in|out of|of) {_NUMBER_WORD})\b|"
    r"\b(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|(?:a|two|three) hundred(?: and \w+)?)\b",
    re.IGNORECASE,
)
# A number begins at its first digit and is taken whole: else a row of digits is cut in two in every possible way.
_N = (
    rf"(?:[<>≥≤~$€£]*\s?(?<!\d)(?<!\d[.,])\d++(?:[.,]\d++)*+[.,]*\s?\+?\s?(?:{_UNIT})?|"
    rf"{_NUMBER_WORD}(?:\s+{_UNIT})?)"
)
PAIR = re.compile(
    rf"\bfrom\s+(?:\w+\s+){{0,3}}?{_N}[^.\n]{{0,60}}?(?:\bto\b|→|->|\bdown to\b|\bup to\b)\s*(?:\w+\s+){{0,3}}?{_N}|"
    rf"{_N}\s*(?:→|->)\s*{_N}|"
    rf"{_N}[^.\n]{{0,60}}\b(?:vs\.?|versus|compared (?:to|with)|against|instead of|up from|down from|"
    rf"before|rather than|previously)\b[^.\n]{{0,40}}|"
    rf"{_N}[^.\n]{{0,80}}(?:\b(?:had|have)|['’](?:d|ve)) been\s+(?:at |around |about |only )?{_N}|"
    rf"{_N}[^.\n]{{0,60}}\b(?:normally|usually)\s+(?:\w+ ){{0,2}}{_N}|"
    rf"{_N}, (?:the |and )?[\w'’]+(?: \w+)? (?:in|at|by|with) {_N}|"
    rf"\b(?:was|were|had been)\s+{_N}[^.\n]{{0,80}}\b(?:now|is|are|became|after)\b[^.\n]{{0,30}}{_N}|"
    rf"\b(?:before (?:that|this|it)|previously|earlier|used to)\b[^.\n]{{0,80}}{_N}[^.\n]{{0,80}}{_N}|"
    rf"\b(?:[Dd]own |[Uu]p )?[Ff]rom\s+{_N}\W*$|"
    rf"\b(?:by|another)\s+(?:[~$€£]*\d|{_NUMBER_WORD}\s+{_UNIT})",
    re.IGNORECASE,
)
# A sentence of its own with what it was before: "In the month before, five of a hundred were wrong".
EARLIER = re.compile(
    r"\b(?:in )?the (?:\w+ )?(?:week|month|quarter|season|year|release|version) before\b|"
    r"^\W*(?:before(?: that| this)?|previously|until then)\b,?",
    re.IGNORECASE,
)
RETURNED = re.compile(rf"\bback (?:down |up )?(?:to|at|under|below)\s+{_N}", re.IGNORECASE)
MEASURE = re.compile(
    r"[<>≥≤]|\b(?:at least|at most|under|below|above|over|more than|less than|target|to hit|from \S*\d\S*|exceed|half|"
    r"by \d+|halve\w*|double|triple|zero|a (?:third|quarter|fifth)|within \w+)\b",
    re.IGNORECASE,
)
_TIME = r"(?:hours?|days?|weeks?|months?|quarters?|year|end|launch)"
DEADLINE = re.compile(
    rf"\b(?:within|before|until(?! (?:last|recently|now|then|that|(?:19|20)\d\d)\b)|in time|deadline|only had|"
    r"by (?:the )?(?:end|next|q\d|\d|launch|christmas|summer|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|"
    rf"november|december)|(?:had|have|['’]ve got|given) (?:only |maybe |about )?\S+ {_TIME}|"
    rf"(?:\w+ )?{_TIME} (?:later|left|before)|"
    rf"in (?:\w+ ){{1,2}}{_TIME}|(?:\d+|{_NUMBER_WORD}|one) {_TIME})\b",
    re.IGNORECASE,
)
CONSTRAINT = re.compile(
    r"\b(?:without|while|budget|no \w+|(?:wasn|weren)['’]t to|"
    r"(?:could|can)(?:n['’]t| not) \w+|(?:not|n['’]t) allowed|must(?:n['’]t| not)|nothing (?:that|which))\b",
    re.IGNORECASE,
)
MINE = re.compile(r"\b(?:I|me|my|mine|myself)\b", re.IGNORECASE)
DEGREE = re.compile(
    r"\b(?:much|a lot|significant\w*|great\w*|huge\w*|massive\w*|dramatic\w*|considerabl\w*|substantial\w*|way|far|"
    r"faster|better|improved|higher|lower|reduced|increased|dropped|jumped|recovered|saved|exceeded)\b",
    re.IGNORECASE,
)

_UNITS = (
    r"%|percent", r"\bms\b|millisecond", r"second", r"minute", r"hour", r"\bdays?\b", r"week",
    r"[$€£]|dollar|euro|pound", r"ticket", r"\bctr\b|click", r"request", r"error", r"\b0?\.\d", r"\dk\b", r"million",
    r"\bone (?:\w+ )?in\b",
)  # fmt: skip
_COUNTED = re.compile(rf"(?:\d|\b{_NUMBER_WORD})\s+(?:such |more )?([a-z]{{4,}})", re.IGNORECASE)  # "40 stops"


def baseline_elsewhere(told: Sequence[Told], ends: Sequence[Told]) -> list[Told]:
    """Return the result sentences with an amount whose unit also has a value in the situation or the task."""
    before = " ".join(
        amount for one in told if one.part not in {"result", "reflection"} for amount in quantities(one.text)
    )
    things = {
        stem(thing.lower())
        for one in told
        if one not in ends and one.part != "reflection"
        for thing in _COUNTED.findall(one.text)
    }
    units = [unit for unit in _UNITS if re.search(unit, before, re.IGNORECASE)]
    return [
        one
        for one in ends
        if any(re.search(unit, amount, re.IGNORECASE) for amount in quantities(one.text) for unit in units)
        or (before and RETURNED.search(one.text))
        or things & {stem(thing.lower()) for thing in _COUNTED.findall(one.text)}
    ]


def quantities(text: str) -> list[str]:
    """Return the amounts in a text: numbers with a unit, a currency, a percentage, or a decimal."""
    return [match[0] for match in AMOUNT.finditer(text)]


def repeats(told: Sequence[Told], one: Told) -> bool:
    """Whether a sentence puts a number that was told before beside a new one ("31 percent … 31 to 67")."""
    before = {
        number for other in told if other.start < one.start for number in re.findall(r"\d[\d.,]*\d|\d", other.text)
    }
    here = set(re.findall(r"\d[\d.,]*\d|\d", one.text))
    return bool(here & before) and bool(here - before)
