"""What the speaking model is told of the interview so far, short enough however long it lasts.

Finished questions are a line each, the question under way is told word for word, and when that grows too long its older
messages become a line each as well. Lines are the candidate's own sentences, chosen by rules: no model is asked, and
nothing that only the score may use is in them. A line never changes once it stands, and lines are only added, so the
request begins with what the last one began with and a provider's prompt cache hits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from evaluators.text.evidence import sentences
from evaluators.text.language import content, stem
from evaluators.untrusted import clean
from interviewer.events import Move
from interviewer.state import SUBSTANCE, QuestionState, State
from knowledge.library import Library

WORD_FOR_WORD = 6_000
"""Characters of the question under way that are told as they were said."""

LONGEST_MESSAGE = 3_000  # characters
_LINE = 240  # characters of the candidate's words in a line
_ASKED = 120  # characters of a question in a line
_NUMBER = re.compile(r"\d")

AskedFor = Callable[[State, Move], str]
"""The bare question behind a probe, as it was put to the candidate."""


def told_earlier(state: State, library: Library, asked_for: AskedFor) -> str:
    """Return a line for each finished question: what was asked, what was said to it, what was asked further."""
    lines = []
    for number, past in enumerate(state.questions[:-1], 1):
        question = library.questions.get(past.question_id)
        asked = question.text if question else past.question_id
        about = {stem(w) for point in question.key_points for w in content(point.text)} if question else set()
        said = _telling([m.text for m in past.messages if m.kind in SUBSTANCE], about)
        probes = [_shortened(asked_for(state, m)) for m in past.moves if m.kind == "probe" and question]
        parts = [
            f"{number}. {_shortened(asked)}",
            f"Said: {said}" if said else _outcome(past),
            f"Asked further: {' '.join(probes[-2:])}" if probes else "",
        ]
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines)


def told_here(state: State) -> str:
    """Return what the candidate said on the question under way before the message that is to be answered."""
    current = state.current
    if current is None:
        return ""
    lines: list[str] = []
    whole: list[str] = []
    for message in current.messages:
        if message == state.pending:
            continue
        whole.append(shortened(clean(message.text), LONGEST_MESSAGE))
        if sum(map(len, whole)) > WORD_FOR_WORD:
            # All but the last at once: to shorten one more at every message would change the beginning every time.
            lines += [f"(earlier) {_telling([text])}" for text in whole[:-1]]
            whole = whole[-1:]
    return "\n\n".join([*lines, *whole])


def shortened(text: str, most: int) -> str:
    """Return the beginning and the end of a long text."""
    if len(text) <= most:
        return text
    head = most * 2 // 3
    return f"{text[:head]}\n…\n{text[-(most - head) :]}"


def _outcome(past: QuestionState) -> str:
    if past.verdicts:
        return f"Sent code {len(past.verdicts)} times." if len(past.verdicts) > 1 else "Sent code once."
    return "Passed on it." if past.skipped else "Nothing was said to the matter."


def _telling(texts: Sequence[str], about: frozenset[str] | set[str] = frozenset()) -> str:
    """Return the sentences that say most, in their order: figures first, words of the matter, words of content."""
    found = [" ".join(clean(text[span.start : span.end]).split()) for text in texts for span in sentences(text)]
    known: set[str] = set()
    kept: set[int] = set()
    room = _LINE
    while room > 0 and len(kept) < len(found):
        at = max((n for n in range(len(found)) if n not in kept), key=lambda n: (_worth(found[n], about, known), -n))
        if kept and len(found[at]) > room:
            break
        kept.add(at)
        known |= {stem(word) for word in content(found[at])}
        room -= len(found[at])
    return " … ".join(_shortened(found[at], _LINE) for at in sorted(kept))


def _worth(sentence: str, about: frozenset[str] | set[str], known: set[str]) -> int:
    new = {stem(word) for word in content(sentence)} - known
    return min(len(new), 8) + 3 * len(new & about) + 20 * bool(_NUMBER.search(sentence))


def _shortened(text: str, most: int = _ASKED) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
