"""Whether an answer denies a key point: nearly its words, and the opposite said with them.

Contradiction in general is not seen. Taking any sentence for a denial that is about the point and denies a word of it
finds 13 of 15 answers written to deny key points, and 6 of 21 by an author who did not know the rule, but blames 5 of
the same author's 21 right answers, which deny things as experts do. So a sentence must be the point turned round.
"""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.text.alignment import Aligned, Reading, similarity
from evaluators.text.evidence import Span
from evaluators.text.polarity import opposed, reported
from evaluators.text.prepared import Wording
from evaluators.text.retraction import taken_back

SAME_WORDS = 0.80  # share of the point in the sentence from which a denial counts;
WORD_FOR_WORD = 0.88  # the same where no mistakes are listed: there only a turned copy is told from a paraphrase
SAME_BACK = 0.70  # share of the sentence in the point, which lacks the words of the denial


def denies(point: Wording, answer: Reading, nearest: Aligned, spans: Sequence[Span], *, listed: bool) -> bool:
    """Return whether the sentence that is nearest to the point denies it.

    Args:
        point: the key point, beside the question.
        answer: the whole answer.
        nearest: where the answer says most of the point.
        spans: all sentences of the answer; in a later one the denial may be taken back.
        listed: whether the question lists mistakes.
    """
    least = SAME_WORDS if listed else WORD_FOR_WORD
    if nearest.sentence is None or nearest.local < least:
        return False
    there, back = _nearness(point, answer, nearest.sentence)
    if there < least or back < SAME_BACK:
        return False
    sentence = answer.text[slice(*nearest.sentence)]
    if reported(sentence) or not opposed(point.reading.text, sentence):
        return False

    def true(span: Span) -> float:
        denied = opposed(point.reading.text, answer.text[slice(*span)])
        return 0.0 if denied else min(_nearness(point, answer, span))

    return not taken_back(answer.text, spans, nearest.sentence, true, lambda span: False)


def _nearness(point: Wording, answer: Reading, span: Span) -> tuple[float, float]:
    """Return how much of the point the sentence says, and how much of the sentence the point does."""
    table = similarity(point.reading, answer)[:, answer.within(span)]
    if not table.size:
        return 0.0, 0.0
    return float((table.max(axis=1) * point.weights).sum() / point.weights.sum()), float(table.max(axis=0).mean())
