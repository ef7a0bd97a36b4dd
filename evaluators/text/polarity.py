"""Whether two statements with the same words say the opposite: one denies the other, or turns a word round.

Denial is counted by clause and by the words it reaches, never by parity over a sentence: "lasso has no closed form,
because the penalty is not differentiable" denies two things and contradicts neither. It is trusted only between
statements that are nearly the same otherwise. On freely worded answers such rules are no better than chance (area under
the curve .49 to .55 on contradictory answers of two graded sets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from evaluators.text.language import FUNCTION_WORDS, WORDS, content, is_negation, stem, words

OPPOSITES: dict[str, set[str]] = {}
for _pair in WORDS["opposites"].split("|"):
    _one, _other = _pair.split()
    OPPOSITES.setdefault(_one, set()).add(_other)
    OPPOSITES.setdefault(_other, set()).add(_one)

_DOUBT = re.compile(
    r"\b(?:(?:common|frequent|popular|widespread|usual|classic) (?:mistake|error|belief|pitfall|trap)|"
    r"misconception|myth|mistaken(?:ly)?|wrongly|(?:a|the) (?:mistake|pitfall|trap) (?:is|would be|i|we|people)|"
    r"(?:people|some|many|others|beginners|candidates) (?:often |sometimes |also )?(?:think|say|believe|claim|assume)|"
    r"(?:often|sometimes|commonly|it is|is|are) (?:said|claimed|believed|assumed|heard)\b|contrary to|"
    r"(?:one|you) (?:might|may|could) think|it is (?:tempting|wrong|false)|would be (?:wrong|a mistake)|"
    r"not the case|seldom|rarely|scarcely|unlikely|not (?:necessarily|always|everywhere))\b",
    re.IGNORECASE,
)
_NOT_DENYING = frozenset({"only", "just", "merely"})  # "not only"
_NO_DENIAL = frozenset({"doubt", "matter", "wonder"})  # "no matter"
_UNTRUE = re.compile(
    r"\b(?:(?:is|are|was|were)(?: not|n['’]t) (?:true|the case|so|correct|right)"
    r"|(?:is|are|was|were) (?:false|wrong|untrue|incorrect)"
    r"|not (?:true|the case|correct)|false|untrue)[,:]? that\b",
    re.IGNORECASE,
)
_CLAUSE_WORDS = frozenset(
    {
        "because",
        "but",
        "while",
        "whereas",
        "so",
        "which",
        "who",
        "that",
        "if",
        "when",
        "unless",
        "although",
        "though",
        "whether",
    }
    | {"since", "as", "and", "or", "then", "than"}
)
_CONDITIONS = frozenset({"if", "when", "unless"})
_PIECE = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[,;:().!?\n]", re.UNICODE)
REACH = 4  # content words of its clause that a denying word reaches


def denied(text: str) -> tuple[set[str], set[str]]:
    """Return the stems of the content words that the text only denies, and of those that it only asserts.

    A denying word reaches the next words of its clause, or those before it where none follow. "Without" is left out: it
    states a condition ("without the division the softmax saturates").
    """
    turned_round: set[str] = set()
    asserted: set[str] = set()
    for sentence in re.split(r"(?<=[.!?;])\s+|\n+", text):
        untrue = _UNTRUE.search(sentence)
        rest = sentence[untrue.end() :] if untrue is not None else sentence
        no, yes = _denied_in(rest)
        if untrue is not None:
            no, yes = yes, no
        turned_round |= no
        asserted |= yes
    return turned_round - asserted, asserted - turned_round


def _denied_in(sentence: str) -> tuple[set[str], set[str]]:
    reached, before = _reached(sentence)
    no: set[str] = set()
    yes: set[str] = set()
    for match in (match for clause in _clauses(sentence) for match in clause):
        if (word := match[0].lower()) in FUNCTION_WORDS:
            continue
        if match.start() in reached | before:
            no.add(stem(word))
        if match.start() not in reached:
            yes.add(stem(word))
    return no, yes


def denied_places(sentence: str) -> frozenset[int]:
    """Return where the content words stand that a sentence denies; "it is not true that" denies all that follow it."""
    reached = set().union(*_reached(sentence))
    if (untrue := _UNTRUE.search(sentence)) is None:
        return frozenset(reached)
    after = {match.start() for clause in _clauses(sentence) for match in clause if match.start() >= untrue.end()}
    return frozenset(reached ^ after)


def _reached(sentence: str) -> tuple[set[int], set[int]]:
    """Return where the content words stand that denying words reach, in their own clause and in the one before it."""
    reached: set[int] = set()
    earlier: set[int] = set()
    before: list[int] = []
    for clause in _clauses(sentence):
        kept = [match.start() for match in clause if match[0].lower() not in FUNCTION_WORDS]
        denying = [place for place in range(len(clause)) if _denies(clause, place)]
        if len(denying) > 1 and denying[0] == 0 and clause[0][0].lower() == "no":
            del denying[0]  # "No, it is not …": an answer to the question, and no denial of what follows
        for place in denying:
            if after := [at for at in kept if at > clause[place].start()]:
                # "It does not matter how large the batch is" denies that it matters, not that it is large.
                reached.update(after[: 1 if sentence[after[0] :].lower().startswith("matter") else REACH])
            elif before:
                earlier.update(before)  # "the bulb is in the path, but the battery is not": what is denied came before
            else:
                reached.update([at for at in kept if at < clause[place].start()][-2:])
        before = kept
    return reached, earlier


def _denies(clause: Sequence[re.Match[str]], place: int) -> bool:
    word = clause[place][0].lower()
    following = clause[place + 1][0].lower() if place + 1 < len(clause) else ""
    if word == "no" and following in _NO_DENIAL:
        return False
    return is_negation(word) and word != "without" and following not in _NOT_DENYING


def _clauses(sentence: str) -> list[list[re.Match[str]]]:
    """Return the words of each clause; what stands under a condition is claimed by nobody and left out."""
    found: list[list[re.Match[str]]] = [[]]
    conditional = False
    for match in _PIECE.finditer(sentence):
        word = match[0].lower()
        if not word[0].isalnum() or word in _CLAUSE_WORDS:
            found.append([])
            conditional = word in _CONDITIONS
        elif not conditional:
            found[-1].append(match)
    return [clause for clause in found if clause]


@lru_cache(maxsize=4096)
def opposed(statement: str, claim: str) -> bool:
    """Return whether the claim denies the statement, taking for granted that they speak of the same thing.

    It does when more of their common words are denied in one and asserted in the other than are denied in both, or
    when a word is turned into its opposite.
    """
    (no, yes), (their_no, their_yes) = denied(statement), denied(claim)
    denies = len(no & their_yes) + len(their_no & yes) > len(no & their_no)
    return denies != (turned(words(statement), words(claim)) % 2 == 1 and not _swapped(statement, claim))


def _swapped(one: str, other: str) -> bool:
    """Whether two comparisons name the compared the other way round: "a less than b", "b more than a"."""
    first, second = (re.split(r"\bthan\b", text.lower(), maxsplit=1) for text in (one, other))
    if len(first) < 2 or len(second) < 2:
        return False
    left, right, their_left, their_right = ({stem(w) for w in content(part)} for part in (*first, *second))
    return bool(left & their_right) and bool(right & their_left)


def turned(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many words of the one stand in the other as their opposite only."""
    ours, theirs = set(one), set(other)
    stems = {stem(word) for word in theirs}
    return sum(1 for word in ours if word in OPPOSITES and stem(word) not in stems and OPPOSITES[word] & theirs - ours)


def reported(sentence: str) -> bool:
    """Return whether a sentence speaks of a claim as other people's, as a mistake, or as what seldom holds."""
    return _DOUBT.search(sentence) is not None
