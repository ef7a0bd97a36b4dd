"""Whether a wrong claim was taken back: at once ("no, wait, the other way round"), or by a right answer later on.

Who corrects a mistake, by himself or when he is asked about it, no longer holds it. Words of correction alone are not
enough from afar: they have to stand right behind the claim, or with a sentence about the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from evaluators.text.alignment import Reading
from evaluators.text.evidence import Span
from evaluators.text.language import content
from evaluators.text.target import FEWEST_WORDS

RELATED = 0.35  # least nearness of a sentence of correction to what is true, where it does not follow at once
SAME = 0.5  # the same for one that says in a later paragraph what is true, and no more

# "Bias correction", "people forget that", "a prediction that is wrong" and "recall is the other way round" are said in
# any answer: such words count only where they speak of the claim, at the start of a clause or of the sentence.
_TAKES_BACK = re.compile(
    r"\b(?:(?:no|oh|sorry|hmm|ah|well|hang on|hold on)[,.;… –—-]+(?:no[, ]+)?wait|wait[,.… –—-]+(?:no|that|it|actually)"
    r"|(?:scratch|strike) (?:that|what I said)|forget (?:what I said|that\b(?=\W*$))"
    r"|I (?:take|took) (?:that|it|this) back"
    r"|let me (?:correct|fix|restate|take back)|on second thoughts?|(?:small|quick|one) correction\b"
    r"|I (?:misspoke|mis-spoke|was wrong|stand corrected|mixed (?:that|it|this|them|those|the two|up)|confused|meant"
    r"|swapped (?:that|it|this|them|those|the two))\b|my mistake"
    r"|I (?:said|put|had|got) (?:that|it|this|them|those|the two) "
    r"(?:wrong|backwards?|the wrong way|the other way|mixed up)"
    r"|what I (?:just )?said (?:was|is) (?:wrong|not right|incorrect|backwards?|nonsense|the wrong way)"
    r"|sorry, (?:I|it|that))"
    r"|^\W*correction\b"
    r"|(?:^\W*|[,;:.!?–—-]\s*|\b(?:no|but|and|oh|ah|sorry|wait|actually|well|hmm) )"
    r"(?:that(?: was| is|['’]s) (?:wrong|not right|incorrect|backwards?|nonsense|the wrong way|the other way a?round)"
    r"|it(?: is|['’]s) (?:actually )?the other way a?round|you(?:['’]re| are) right)",
    re.IGNORECASE,
)
_OF_TAKING_BACK = frozenset(
    {"hmm", "oh", "ah", "sorry", "wait", "actually", "scratch", "strike", "forget", "mistake", "nonsense", "correction"}
    | {"wrong", "right", "incorrect", "correct", "said", "say"}
)
# What turns a claim round says what is true without saying it again.
_TURNS_ROUND = re.compile(r"other way|wrong way|backwards?|swapped|mixed|confused|opposite|reverse", re.IGNORECASE)


def taken_back(
    text: str,
    spans: Sequence[Span],
    claimed: Span,
    nearness: Callable[[Span], float],
    repeats: Callable[[Span], bool],
) -> Span | None:
    """Return the sentence further on that takes back what the sentence `claimed` says; None when none does.

    Args:
        text: the whole answer.
        spans: its sentences, in order.
        claimed: the sentence with the wrong claim.
        nearness: how near a sentence is to saying what is true, 0 to 1.
        repeats: whether a sentence makes the same wrong claim again.
    """
    later = [span for span in spans if span.start >= claimed.end]
    for number, span in enumerate(later):
        said = text[span.start : span.end]
        if repeats(span):
            continue
        near = max(nearness(one) for one in later[number : number + 2])
        if _TAKES_BACK.search(said) and (number == 0 or near >= RELATED):
            return span
        if "\n\n" in text[claimed.end : span.start] and nearness(span) >= SAME:
            return span
    return None


def without_withdrawn(
    answer: Reading, spans: Sequence[Span], withdrawn: Mapping[Span, Span]
) -> tuple[Reading, list[Span]]:
    """Return what still stands of an answer: nobody gets points for a claim that they took back.

    Who says at once what is true instead ("no, the other way round") needs the claim to be understood: the two are
    one sentence then.
    """
    after = dict(pairwise(spans))
    one = {
        claim: by
        for claim, by in withdrawn.items()
        if after.get(claim) == by
        and by not in withdrawn
        and "\n\n" not in answer.text[claim.end : by.start]
        and _needs_the_claim(answer.text[slice(*by)])
    }
    gone = [claim for claim in withdrawn if claim not in one]
    kept = [span for span in spans if span not in gone and span not in one.values()]
    return answer.without(gone) if gone else answer, [
        Span(span.start, one[span].end) if span in one else span for span in kept
    ]


def _needs_the_claim(said: str) -> bool:
    """Whether a sentence that takes a claim back says what is true by pointing at it: “no, it is the other one”.

    One that only withdraws says nothing, and a whole statement stands for itself.
    """
    rest = [word for word in content(_TAKES_BACK.sub(" ", said)) if word not in _OF_TAKING_BACK]
    return 0 < len(rest) < FEWEST_WORDS or _TURNS_ROUND.search(said) is not None
