"""BM25. Source: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009."""

from __future__ import annotations

from collections import Counter

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
Score documents against a query with BM25.

- `documents` is a list of strings, `query` a string; words are separated by single spaces
- `idf = ln(1 + (n - df + 0.5) / (df + 0.5))`, with `n` documents of which `df` contain the word
- a query word that occurs `tf` times in a document of `length` words adds `idf * tf * (k1 + 1) / (tf + k1 * (1 -
  b + b * length / mean_length))`; leaving out the constant factor `k1 + 1` is accepted
- a word that occurs twice in the query counts twice; a word in no document adds nothing

Return the scores, shape `(n,)`.
"""


def reference(documents: list[str], query: str, k1: float, b: float, bugs: Bugs = NO_BUGS) -> Array:
    counts = [Counter(document.split(" ")) for document in documents]
    lengths = np.array([count.total() for count in counts], dtype=float)
    relative = lengths / lengths.mean()
    if "length_ignored" in bugs:
        b = 0.0
    words = query.split(" ")
    scores = np.zeros(len(documents))
    for word in sorted(set(words)) if "query_repeats_ignored" in bugs else words:
        tf = np.array([count[word] for count in counts], dtype=float)
        df = tf.sum() if "frequency_by_occurrences" in bugs else (tf > 0).sum()
        odds = (len(documents) - df + 0.5) / (df + 0.5)
        idf = np.log(odds if "idf_negative" in bugs else 1 + odds)
        factor = 1.0 if "constant_factor_missing" in bugs else k1 + 1
        saturated = tf * factor / (tf + k1 * (1 - b + b * relative))
        scores += idf * (tf if "not_saturated" in bugs else saturated)
    return scores


def cases(rng: np.random.Generator) -> list[Case]:
    words = ["batch", "cache", "drift", "epoch", "graph", "logit", "mask", "norm"]
    a, b, c, d = (words[i] for i in rng.permutation(8)[:4])
    drawn = [" ".join(rng.choice(words, size=int(size))) for size in (4, 9, 6, 12, 5)]
    k1 = float(rng.uniform(1.1, 1.6))
    return [
        Case("two documents", ([f"{a} {b}", f"{a} {c} {d} {c}"], f"{a} {c}", k1, 0.75)),
        Case(
            "a word that repeats in one document",
            ([f"{a} {a} {a} {b}", f"{b} {c}", f"{d} {b} {c} {d} {c}"], f"{a} {b}", k1, 0.75),
        ),
        Case("a repeated query word", ([*drawn, f"{a} {b} {a} {c}"], f"{a} {b} unseen {a}", 1.5, 0.6)),
    ]


EXERCISE = Exercise(
    slug="bm25",
    title="BM25",
    topic="retrieval",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(["red apple", "green apple pie"], "red apple", 1.2, 0.75),
    wrong=(
        Wrong(
            "length_ignored",
            "The document's length has no influence: b does not act. Long documents contain more of everything "
            "and win by bulk. Divide by the mean length, so that an average document is neutral.",
            "Append ten unrelated pages to a document. Should its score for the query stay the same?",
            TERM,
        ),
        Wrong(
            "idf_negative",
            "The idf lacks the 1 inside the logarithm, so a word in more than half of the documents gets a "
            "negative weight: containing a query word *lowers* the score. The 1 keeps every weight above zero.",
            "A query word occurs in most documents. Does it help or hurt those that contain it?",
            TERM,
        ),
        Wrong(
            "not_saturated",
            "The term frequency enters linearly. The tenth occurrence then counts as much as the first, and "
            "stuffing a page with one word wins. BM25 is built on saturation: each further occurrence adds "
            "less.",
            "How much should the tenth occurrence of a word add, compared with the first?",
        ),
        Wrong(
            "frequency_by_occurrences",
            "The document frequency counts occurrences. A word that is repeated in a single document looks "
            "common, and with more occurrences than documents its idf is even negative. Count documents that contain "
            "it.",
            "A word occurs twenty times in one document and nowhere else. What is its document frequency?",
        ),
        Wrong(
            "query_repeats_ignored",
            "A word that is repeated in the query counts once. The statement, like the original formula, sums "
            "over the query's words as they stand; long queries, such as a whole paragraph, lose their "
            "emphasis otherwise.",
            "Does your ranking for the query 'deep deep learning' differ from that for 'deep learning'?",
            EDGE,
        ),
    ),
    conventions=(
        Convention("constant_factor_missing", "without the constant factor k1 + 1, which does not change the ranking"),
    ),
    invariants=(
        Invariant(
            "no score is negative",
            lambda args, out: np.all(out >= 0) and np.any(out),
            "with this idf every matching word adds something positive",
        ),
    ),
    hints=(
        "Per query word: its idf, and per document a saturated count.",
        ("Length normalisation compares a document with the mean length."),
        ("For large tf, the fraction approaches k1 + 1: check the limit."),
    ),
    follow_ups=(
        "What do k1 = 0 and b = 0 mean?",
        "Why does BM25 still hold its own against dense retrieval, and where does it fail?",
        "How does an inverted index make this fast for a million documents?",
    ),
    complexity="O(query words · n) here; with an inverted index only documents that contain a query word are touched.",
    source="Robertson, Zaragoza 2009",
    minutes=20,
)
