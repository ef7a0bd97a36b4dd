"""TF-IDF with n-grams. Source: Salton and Buckley, Information Processing and Management 24 (1988)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

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
Turn documents into TF-IDF vectors over words and n-grams.

- `documents` is a list of strings, at least one word each; words are separated by single spaces
- the terms of a document are its words and its sequences of `2..longest` adjacent words, joined by a space
- the weight of a term in a document is its count times `ln((1 + n) / (1 + df)) + 1`, with `n` documents of which
  `df` contain the term; the unsmoothed `ln(n / df) + 1` is accepted
- each row is divided by its Euclidean length

Return `(terms, matrix)`: all terms of all documents in alphabetical order (Python's order of strings), and the
`(n, len(terms))` matrix.
"""


def reference(documents: list[str], longest: int, bugs: Bugs = NO_BUGS) -> tuple[list[str], Array]:
    shortest = longest if "no_single_words" in bugs else 1
    counts = [_terms(document.split(" "), shortest, longest) for document in documents]
    if "across_documents" in bugs:
        for first, second in pairwise(range(len(documents))):
            tail, head = documents[first].split(" ")[-1:], documents[second].split(" ")[:1]
            counts[first] = counts[first] + _terms(tail + head, 2, longest)
    terms = sorted(set().union(*counts))
    table = np.array([[count[term] for term in terms] for count in counts], dtype=float)  # (n, terms)
    df = table.sum(axis=0) if "frequency_by_occurrences" in bugs else (table > 0).sum(axis=0)
    n = len(documents)
    idf = np.log(n / df) + 1 if "unsmoothed" in bugs else np.log((1 + n) / (1 + df)) + 1
    weights = ((table > 0) if "binary_counts" in bugs else table) * idf
    return terms, weights if "not_normalised" in bugs else weights / np.linalg.norm(weights, axis=1, keepdims=True)


def _terms(words: list[str], shortest: int, longest: int) -> Counter[str]:
    spans = (words[i : i + size] for size in range(shortest, longest + 1) for i in range(len(words) - size + 1))
    return Counter(" ".join(span) for span in spans)


def cases(rng: np.random.Generator) -> list[Case]:
    words = ["batch", "cache", "drift", "epoch", "graph", "logit", "mask", "norm"]
    picked = [words[i] for i in rng.permutation(8)]
    a, b, c, d = picked[:4]
    drawn = [" ".join(rng.choice(picked, size=int(rng.integers(4, 8)))) for _ in range(4)]
    return [
        Case("two documents", ([f"{a} {b} {a}", f"{b} {c}"], 2)),
        Case("a word that repeats in one document", ([f"{a} {a} {a} {b}", f"{c} {a}", f"{d} {b} {d}"], 2)),
        Case("four documents, up to three words", (drawn, 3)),
    ]


EXERCISE = Exercise(
    slug="tfidf",
    title="TF-IDF with n-grams",
    topic="retrieval",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(["the cat", "the dog"], 2),
    wrong=(
        Wrong(
            "no_single_words",
            "Only the longest n-grams are terms; single words are missing. Two documents about the same thing "
            "in other words then share nothing. The range starts at one word.",
            "Two documents share every word, but no pair of adjacent words. How similar are they to you?",
            TERM,
        ),
        Wrong(
            "frequency_by_occurrences",
            "The document frequency counts occurrences, not documents. A word that one document repeats a "
            "hundred times is then taken for common, and loses the very weight that should make it "
            "characteristic. Count each document once.",
            "A word occurs fifty times, all in one document. What is its document frequency?",
        ),
        Wrong(
            "not_normalised",
            "Rows are not divided by their length. Long documents get long vectors and win every dot product, "
            "whatever they are about. Normalise each row once all weights are in.",
            "You append a document to itself. Should its similarity to others change?",
            TERM,
        ),
        Wrong(
            "across_documents",
            "Some n-grams span two documents: the last word of one with the first of the next. They depend on "
            "the order of the files. Build the n-grams inside each document.",
            "Shuffle the documents. Does your list of terms change?",
            EDGE,
        ),
        Wrong(
            "binary_counts",
            "A term counts once, however often it occurs. That discards half of TF-IDF; a document that "
            "mentions a word in passing looks like one that is about it. Multiply by the count.",
            "One document says a word once, another ten times. What is the difference in your vectors?",
            TERM,
        ),
    ),
    conventions=(Convention("unsmoothed", "the idf is not smoothed"),),
    invariants=(
        Invariant(
            "rows have length 1",
            lambda args, out: np.allclose(np.linalg.norm(np.asarray(out[1], dtype=float), axis=1), 1, atol=1e-5),
            "each row is divided by its own length at the end",
        ),
    ),
    hints=(
        "Count terms per document first; `collections.Counter` does it.",
        ("The columns are the sorted union of all terms."),
        ("Document frequency: in how many rows is the count above zero?"),
    ),
    follow_ups=(
        "What does fitting the idf on the test documents as well do to an evaluation?",
        "When does TF-IDF beat an embedding?",
        "The vocabulary grows without bound. What does the hashing trick give up?",
    ),
    complexity="O(total words · longest) to count, O(n · terms) for a dense matrix; sparse rows in practice.",
    source="Salton, Buckley 1988",
    banned=("TfidfVectorizer", "CountVectorizer"),
    minutes=20,
)
