"""Make `story_parts.json`: `python -m evaluators.text.story_parts_training STORIES.yaml…`.

A file lists stories whose clauses were labelled by hand: s(ituation), t(ask), a(ction), r(esult), l(esson), n(one). A
story is either a `text` with `parts`, one letter a clause, or `told`, one labelled stretch a line. Only weights are
kept, no sentence. Prints how many clauses are right when a tenth of the stories is left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.minilm import MiniLM
from evaluators.text import story, story_parts
from evaluators.text.story_parts import ORDER, PARTS, Probe, Table
from knowledge.encoder import TokenEncoder, TokenStates

LETTERS = "starln"
FOLDS = 10
STRENGTH = 3.0  # C of the regression; from .1 to 3 within a point of each other on stories left out

Labels = NDArray[np.int64]
Labelled = tuple[str, str]


def labelled(stories: Sequence[dict[str, Any]]) -> Iterator[Labelled]:
    """Yield each story's text and its letters, one a clause.

    Raises:
        ValueError: the letters are not as many as the clauses.
    """
    for one in stories:
        if "told" in one:
            yield _from_lines(one["told"])
            continue
        clauses = len(story.clauses(one["text"]))
        if len(one["parts"]) != clauses:
            raise ValueError(f"{one['name']} has {clauses} clauses and {len(one['parts'])} letters")
        yield one["text"], one["parts"]


def fit(tables: Sequence[Table], labels: Sequence[Labels]) -> Probe:
    """Return the probe fitted on the features and the labels of some stories."""
    from sklearn.linear_model import LogisticRegression

    table, label = np.vstack(tables), np.concatenate(labels)
    mean = table.mean(axis=0)
    fitted = LogisticRegression(C=STRENGTH, max_iter=3000).fit(table - mean, label)
    counts = np.ones((len(PARTS) + 1, len(PARTS)))
    for one in labels:
        for before, after in zip([len(PARTS), *one[:-1]], one, strict=True):
            counts[before, after] += 1
    share = np.bincount(label, minlength=len(PARTS)) / len(label)
    order = ORDER * (np.log(counts / counts.sum(axis=1, keepdims=True)) - np.log(share))
    return Probe(fitted.coef_.T, fitted.intercept_ - mean @ fitted.coef_.T, order)


def left_out(told: Sequence[list[story.Told]], states: Sequence[TokenStates], labels: Sequence[Labels]) -> float:
    """Return the share of clauses that are right when a tenth of the stories at a time is left out of the fit."""
    tables = [story_parts.features(one, state) for one, state in zip(told, states, strict=True)]
    fold = np.random.default_rng(0).permutation(len(told)) % FOLDS
    right: list[bool] = []
    for k in range(FOLDS):
        kept = np.flatnonzero(fold != k).tolist()
        probe = fit([tables[i] for i in kept], [labels[i] for i in kept])
        for i in np.flatnonzero(fold == k).tolist():
            found = [PARTS.index(part) for part in probe.parts(told[i], states[i])]
            right += [one == label for one, label in zip(found, labels[i].tolist(), strict=True)]
    return float(np.mean(right))


def main(files: Sequence[str], encoder: TokenEncoder) -> None:
    """Write `story_parts.json`."""
    import yaml

    stories = [one for name in files for one in yaml.safe_load(Path(name).read_text(encoding="utf-8"))]
    pairs = list(labelled(stories))
    told = [story.clauses(text) for text, _ in pairs]
    states = encoder.token_states([text for text, _ in pairs])
    labels = [np.array([LETTERS.index(letter) for letter in letters]) for _, letters in pairs]
    tables = [story_parts.features(one, state) for one, state in zip(told, states, strict=True)]
    probe, accuracy = fit(tables, labels), left_out(told, states, labels)
    clauses = sum(map(len, labels))
    data = {
        "provenance": {
            "labels": f"{clauses} clauses of {len(pairs)} stories of our own, labelled by hand",
            "encoder": encoder.name,
            "right_on_stories_left_out": round(accuracy, 3),
            "made_by": "python -m evaluators.text.story_parts_training",
        },
        **{name: np.round(getattr(probe, name), 4).tolist() for name in ("weights", "bias", "order")},
    }
    path = Path(__file__).parent / "story_parts.json"
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stderr.write(f"{path}: {accuracy:.3f} of {clauses} clauses right on stories that were left out\n")


def _from_lines(lines: str) -> Labelled:
    """Return the text of a story told in labelled stretches, and for each clause the letter that most of it has."""
    text, spans = "", []
    for line in lines.splitlines():
        begin = len(text) + bool(text)
        text += " " * bool(text) + line[2:]
        spans.append((begin, len(text), line[0]))
    letters = [
        max(spans, key=lambda span: min(span[1], one.end) - max(span[0], one.start))[2] for one in story.clauses(text)
    ]
    return text, "".join(letters)


if __name__ == "__main__":
    main(sys.argv[1:], MiniLM.load())
