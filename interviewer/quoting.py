"""The candidate's own words, cut where a person would stop, and made harmless to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from evaluators.score import Evidence, MisconceptionFound, Score
from evaluators.text.language import content, stem
from evaluators.untrusted import suspicion
from interviewer.remarks import remark_in
from knowledge.models import Question

_IN_SENTENCE = r"(?:[^.!?\n]|\n(?=[a-z]))"  # a line that goes on in lower case was broken where the screen ended
_SENTENCE = re.compile(rf"{_IN_SENTENCE}+(?:[.!?](?!\s|$){_IN_SENTENCE}*)*[.!?]?")
_PAUSE = re.compile(r"[,;:](?:\s|$)|\s?[–—](?:\s|$)")
_CONJUNCTION = re.compile(r"\s(?=(?:and|but|because|so|which|where|while|then)\s)")
_DANGLING = re.compile(r"[\s,;:–—]+(and|but|or|so|because|which|that|the|a|an|to|of|with|in|then)$")
_HEDGE = re.compile(
    r"\s*(?:(?:i(?:'m| am) not (?:entirely |quite |really )?sure|i (?:think|guess|believe|suppose)(?: that)?"
    r"|as i (?:just |already )?(?:said|mentioned|told you|explained)(?: before| already| earlier)?(?=\s*[,.:;–—-])"
    r"|(?:wait|no|sorry|actually|correction)(?=[\s]*[,.:;–—-])"
    r"|(?:let me correct (?:myself|that)|(?:that|this)(?:'s| is| was) (?:not right|wrong|incorrect|a mistake))"
    r"(?=\s*[,.:;–—-])"
    r"|maybe|perhaps|well|so|ok(?:ay)?|hm+|um+|uh+|yes|right|but|and)\b[\s,.:;–—-]*)+",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\s*(?:(?:no|sorry|honestly|well|hm+|ok(?:ay)?),? )*"
    r"i(?:'m| am|'ve| have| do| can|'d| would)?(?:n't| not|not| never) (?:\w+ ){0,2}"
    r"(?:know|sure|certain|remember|recall|familiar|looked (?:at|into) (?:it|that|this|why))\b[^.!?]{0,80}?\bbut\b"
    r"(?: i(?:'d| would)? (?:guess|say|think|expect|assume)(?: that)?)?[\s,]*",
    re.IGNORECASE,
)
"""What is said before a guess: the guess is what is taken up."""

_FILLER = re.compile(
    r"\s*(?:(?:hi|hello|hey|thanks(?! to)|thank you|nice to meet you|good (?:morning|afternoon|evening|question)"
    r"|(?:that|this|it)(?:'s| is) (?:really )?an? (?:\w+ )?(?:great|good|interesting|tricky|hard|nice) (?:question|one)"
    r"|(?:(?:ok(?:ay)?|h+m+|u[hm]+)\b[,.… ]*)?(?:let me (?:think|see)|give me an? (?:moment|second|minute)))\b.{0,40}"
    r"|(?:honestly,? |sorry,? )?i (?:don't|do not) (?:really |actually )?know\b.{0,30}"
    r"|h+m+|u[hm]+|(?:no,? )?i (?:dis|don't |do not )?agree(?: with (?:you|that))?(?:\W.{0,12}\byou\b.{0,12})?"
    r"|(?:no,? )?that(?:'s| is) not (?:what i (?:said|meant)|true|right|fair|correct)"
    r"|.{0,10}\b(?:you're|you are) (?:wrong|right|mistaken)"
    r"|(?:i'd|i would|i'll|i will|can i|may i|let me)\b.{0,20}\b(?:stay|stick) with (?:it|that|this)\b.{0,60}"
    r"|(?:no,? )?i (?:have|know|can think of) (?:nothing|no other|none|no more)\b.{0,30}"
    r"|(?:no,? )?i (?:don't|do not) think (?:so"
    r"|(?:that )?(?:that's|this is|that is|it's) .{0,8}\b(?:fair|right|true)\b.{0,9}))"
    r"[\s.!?…]*$",
    re.IGNORECASE | re.DOTALL,
)
"""What people say around an answer: to take it up would be to have heard nothing else."""

_ASKS = re.compile(
    r"\?\s*$|\b(?:(?:like|want|need) to (?:know|ask|clarify)|to clarify|wonder\w*|(?:do|did|can|could|would) you"
    r"|(?:can|may|should|shall|could) i|before i (?:start|begin|design))\b",
    re.IGNORECASE,
)
_OPERATORS = (
    (re.compile(r"(?<=[\w)\]])\*\*(?=[\w(])"), "^"),
    (re.compile(r"(?<=[\w)\]])(\s?)\*\1(?=[\w(])"), r"\1×\1"),
    (re.compile(r"\["), "("),
    (re.compile(r"\]"), ")"),
)
"""Formulas stay readable without the characters that are markup, too."""

_MARKUP = re.compile(r"[`*#{}\\]+|(?<![^\W_])_+|_+(?![^\W_])|<(?!\s?[\d=])|(?<!\s)>|>(?!\s?[\d=])|~(?!\d)")
_MOST_WORDS = 18
_LEAST_WORDS = 3
_A_CLAUSE = 6  # words before a pause, from which on the cut is there and not at a conjunction after it
_SCANNED = 20_000
_SHORT = 120  # characters of a message that may be nothing but filler
_WORTH = 1.0
_SAID = 3
"""An answer under the one overall, and without any criterion at the other, is beside the question."""

_LAST = 2_000  # characters at the end of an answer, in which its last sentence is
TAKEN_UP = {
    "situation": ("action",),
    "task": ("action",),
    "measurement": ("measurement", "result", "action"),
    "reflection": ("result", "action"),
}
"""Of a story: whose words the advice on a criterion takes up, the first that has some."""


def first_words(text: str, most: int = _MOST_WORDS) -> str:
    """Return the beginning of `text` up to a sentence or clause end within `most` words; always a part of `text`."""
    text = text[:_SCANNED]
    disclaimer = _DISCLAIMER.match(text.replace("’", "'"))
    start = disclaimer.end() if disclaimer else 0
    hedge = _HEDGE.match(text, start)
    sentence = _SENTENCE.search(text, hedge.end() if hedge else start)
    found = sentence.group().strip() if sentence else ""
    words = list(re.finditer(r"\S+", found))
    if len(words) <= most:
        return found.rstrip(" .,;:!?")
    head = found[: words[most - 1].end()]
    cut = _end(head, _PAUSE, _A_CLAUSE) or _end(head, _CONJUNCTION) or _end(head, _PAUSE) or len(head)
    return _DANGLING.sub("", head[:cut]).rstrip(" .,;:!?–—")


def _end(head: str, kind: re.Pattern[str], least: int = _LEAST_WORDS) -> int:
    """Return where the last clause of that kind of end stops that has so many words before it; 0 when there is none."""
    return max((m.start() for m in kind.finditer(head) if len(head[: m.start()].split()) >= least), default=0)


def claim_in(found: MisconceptionFound, question: Question) -> str:
    """Return the clause that makes the wrong claim: of its sentence the one with most of the mistake's words."""
    text = found.evidence.quote
    wrong = next((m for m in question.misconceptions if m.id == found.id), None)
    wanted = {stem(word) for word in content(" ".join((wrong.statement, *wrong.signs)))} if wrong is not None else set()
    starts = [0, *(pause.end() for pause in _PAUSE.finditer(text[:_SCANNED]))]
    quotes = [first_words(text[start:]) for start in starts]
    usable = [quote for quote in quotes if len(quote.split()) >= _LEAST_WORDS] or quotes
    return max(usable, key=lambda quote: len(wanted & {stem(word) for word in content(quote)}))


def telling(evidence: Collection[Evidence]) -> str:
    """Return the first quotation that says something; empty when none does."""
    quotes = (one.quote for one in evidence)
    return next((q for q in quotes if len(q.split()) >= _LEAST_WORDS and not says_nothing(q)), "")


def opening(answer: str) -> str:
    """Return the first words of an answer that say something; empty for an empty answer only."""
    for sentence in _SENTENCE.finditer(answer[:_SCANNED]):
        quote = first_words(sentence.group())
        if len(quote.split()) >= _LEAST_WORDS and not says_nothing(quote):
            return quote
    return first_words(answer) or " ".join(answer[:_SCANNED].split()[:_MOST_WORDS])


def says_nothing(text: str) -> bool:
    """Return whether a message is only what people say around an answer: "Let me think.", "I disagree."."""
    filler = len(text) < _SHORT and _FILLER.match(text.replace("’", "'")) is not None
    return filler or remark_in(text) is not None


def statements(text: str) -> str:
    """Return the sentences of a clarifying question that tell something: what it assumes, or has decided."""
    told = [m.group().strip() for m in _SENTENCE.finditer(text[:_SCANNED]) if not _ASKS.search(m.group())]
    return " ".join(one for one in told if len(one.split()) > _LEAST_WORDS and not says_nothing(one))


def is_beside(score: Score | None) -> bool:
    """Whether an answer bears so little on its question that to quote from it, or to nod at it, would be false praise.

    One point of five that is made well is little overall, and to the point.
    """
    if score is None or score.overall is None or score.overall >= _WORTH:
        return False
    return all((criterion.score or 0) < _SAID for criterion in score.criteria)


def quote_for(score: Score | None, criterion: str, latest: str, besides: Collection[str] = ()) -> str:
    """Return the words that a follow-up on `criterion` takes up.

    Its own evidence comes first; else evidence of another criterion in the latest message; else the latest message's
    last full sentence. Empty when nothing said is worth quoting, as in an answer that is beside the question, or when
    it has been taken up before (`besides`). What is addressed to whoever grades is never said again.
    """
    candidates: list[str] = []
    if is_beside(score):
        return ""
    if score is not None:
        own = [e.quote for c in score.criteria if c.criterion == criterion for e in c.evidence]
        others = [e for c in score.criteria for e in c.evidence if c.score and c.criterion != criterion]
        candidates += own + [e.quote for e in _in(others, latest)]
    if score is None or score.overall is not None:
        candidates += reversed([m.group().strip() for m in _SENTENCE.finditer(latest[-_SCANNED:])])
    for candidate in candidates:
        quote = first_words(candidate)
        if candidate.rstrip().endswith("?") or len(quote.split()) < _LEAST_WORDS or quote in besides:
            continue
        if not says_nothing(quote) and not suspicion(candidate):
            return quote
    return ""


def taken_up(score: Score | None, criterion: str, answer: str) -> str:
    """Return the words of an answer that advice or a hint on a criterion takes up; empty for an empty answer only."""
    by_name = {one.criterion: one for one in score.criteria} if score is not None else {}
    for name in TAKEN_UP.get(criterion, ()):
        evidence = by_name[name].evidence if name in by_name else ()
        if evidence and (found := first_words(evidence[0].quote)):
            return found
    if criterion == "result" and "result" in by_name and not by_name["result"].evidence:
        last = first_words(answer.rstrip().rsplit("\n\n", 1)[-1][-_LAST:].split(". ")[-1])
        return last if len(last.split()) >= _LEAST_WORDS else quote_for(score, criterion, answer) or opening(answer)
    return quote_for(score, criterion, answer) or opening(answer)


def shorten(text: str, most: int = 110) -> str:
    """Return `text` on one line of at most so many characters, with an ellipsis after the last word that fits whole."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    whole, _, broken = line[:most].rpartition(" ")
    return (whole if len(broken) < most // 2 else line[: most - 1]).rstrip(" ,;:") + "…"


def harmless(text: str) -> str:
    """Return `text` on one line, without markup, control and direction characters, for use inside our own sentence."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    for written, read in _OPERATORS:
        plain = written.sub(read, plain)
    return " ".join(_MARKUP.sub(" ", plain).replace("“", "'").replace("”", "'").replace('"', "'").split())


def _in(evidence: list[Evidence], latest: str) -> list[Evidence]:
    ranked = sorted(evidence, key=lambda e: -len(e.quote))
    return [e for e in ranked if e.quote and e.quote in latest]
