"""Make `parts.json`: `python -m evaluators.story.parts_training STORIES.yaml…`.

A file lists stories whose clauses were labelled by hand: s(ituation), t(ask), a(ction), r(esult), l(esson), n(one). A
story is either a `text` with `parts`, one letter a clause, or `told`, one labelled stretch a line. Only weights are
kept, no sentence. Each story is read whole, and as it is told before anybody has asked for its ending or its lesson.
Prints how many clauses are right when a tenth of the stories is left out.
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
from evaluators.story import clauses, parts
from evaluators.story.parts import ORDER, PARTS, PLACE, Probe, Table
from knowledge.encoder import TokenEncoder, TokenStates

LETTERS = "starln"
FOLDS = 10
STRENGTH = 0.3  # C of the regression; on stories left out .1 and 1 are a point worse

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
        count = len(clauses.split(one["text"]))
        if len(one["parts"]) != count:
            raise ValueError(f"{one['name']} has {count} clauses and {len(one['parts'])} letters")
        yield one["text"], one["parts"]


def broken_off(text: str, letters: str) -> Iterator[Labelled]:
    """Yield the story as it is often told at first: until its ending, and until what was learned."""
    told = clauses.split(text)
    for last in "ar":
        if 0 < (stop := letters.rfind(last) + 1) < len(told):
            yield text[: told[stop - 1].end], letters[:stop]


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
    placed = table[:, -PLACE:]
    places = np.array([*(placed[label == part].mean(axis=0) for part in range(len(PARTS))), placed.mean(axis=0)])
    return Probe(fitted.coef_.T, fitted.intercept_ - mean @ fitted.coef_.T, order, places)


def left_out(
    told: Sequence[list[clauses.Told]], states: Sequence[TokenStates], labels: Sequence[Labels], story: Labels
) -> dict[str, float]:
    """Return the share of clauses that are right when a tenth of the stories at a time is left out of the fit.

    `story` says of each telling which story it tells; the first telling of a story is the whole one.
    """
    tables = [parts.features(one, state) for one, state in zip(told, states, strict=True)]
    fold = (np.random.default_rng(0).permutation(story.max() + 1) % FOLDS)[story]
    whole = np.append(True, story[1:] != story[:-1])
    right: dict[str, list[bool]] = {"stories": [], "broken_off": []}
    for k in range(FOLDS):
        kept = np.flatnonzero(fold != k).tolist()
        probe = fit([tables[i] for i in kept], [labels[i] for i in kept])
        for i in np.flatnonzero(fold == k).tolist():
            found = [PARTS.index(part) for part in probe.parts(told[i], states[i])]
            right["stories" if whole[i] else "broken_off"] += [
                one == label for one, label in zip(found, labels[i].tolist(), strict=True)
            ]
    return {kind: round(float(np.mean(one)), 3) for kind, one in right.items()}


def main(files: Sequence[str], encoder: TokenEncoder) -> None:
    """Write `parts.json`."""
    import yaml

    stories = [one for name in files for one in yaml.safe_load(Path(name).read_text(encoding="utf-8"))]
    whole = list(labelled(stories))
    tellings = [(number, telling) for number, one in enumerate(whole) for telling in (one, *broken_off(*one))]
    story, pairs = np.array([number for number, _ in tellings]), [telling for _, telling in tellings]
    told = [clauses.split(text) for text, _ in pairs]
    states = encoder.token_states([text for text, _ in pairs])
    labels = [np.array([LETTERS.index(letter) for letter in letters]) for _, letters in pairs]
    tables = [parts.features(one, state) for one, state in zip(told, states, strict=True)]
    probe, right = fit(tables, labels), left_out(told, states, labels, story)
    count = sum(len(letters) for _, letters in whole)
    data = {
        "provenance": {
            "labels": f"{count} clauses of {len(whole)} stories of our own, labelled by hand",
            "encoder": encoder.name,
            "right_on_stories_left_out": right["stories"],
            "right_on_stories_left_out_that_break_off": right["broken_off"],
            "made_by": "python -m evaluators.story.parts_training",
        },
        **{name: np.round(getattr(probe, name), 4).tolist() for name in ("weights", "bias", "order", "places")},
    }
    path = Path(__file__).parent / "parts.json"
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stderr.write(f"{path}: right on stories that were left out: {right}\n")


def _from_lines(lines: str) -> Labelled:
    """Return the text of a story told in labelled stretches, and for each clause the letter that most of it has."""
    text, spans = "", []
    for line in lines.splitlines():
        begin = len(text) + bool(text)
        text += " " * bool(text) + line[2:]
        spans.append((begin, len(text), line[0]))
    letters = [
        max(spans, key=lambda span: min(span[1], one.end) - max(span[0], one.start))[2] for one in clauses.split(text)
    ]
    return text, "".join(letters)


if __name__ == "__main__":
    main(sys.argv[1:], MiniLM.load())
