"""Make `word_order.json`: `python -m evaluators.text.word_order_training [ANSWERS.jsonl…]`.

The bigrams are counted in our own prep material and in the docstrings of the installed scikit-learn (BSD-3-Clause). The
seven weights are fitted on pieces of the same and, when files are named, on well graded answers in them, each beside
two shuffled versions of itself. Only counts of word classes and weights are kept, no sentence.
"""

from __future__ import annotations

import importlib.util
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.reference.minilm import MiniLM
from evaluators.text import word_order
from evaluators.text.alignment import read
from evaluators.text.language import FUNCTION_WORDS

_SKIPPED = {"id", "url", "anchors", "topic", "round", "level", "rubric", "exercise", "scenario"}
_SENTENCE = re.compile(r"(?<=[.!?])\s")


def own_prose() -> Iterator[str]:
    """Yield the sentences of our packs, rubrics, scenarios and notes."""
    import yaml

    import knowledge

    folder = Path(knowledge.__file__).parent
    for path in sorted(folder.glob("*/*.yaml")):
        yield from _strings(yaml.safe_load(path.read_text(encoding="utf-8")))
    for path in sorted(folder.glob("notes/*.md")):
        yield from path.read_text(encoding="utf-8").split("\n\n")


def library_prose() -> Iterator[str]:
    """Yield the paragraphs of scikit-learn's docstrings that are prose."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        return
    for path in sorted(Path(found.origin).parent.rglob("*.py"))[:400]:
        for docstring in re.findall(r'"""(.*?)"""', path.read_text(encoding="utf-8", errors="ignore"), re.DOTALL):
            for paragraph in re.split(r"\n\s*\n", docstring):
                if len(paragraph.split()) > 8 and not re.search(r">>>|---|`.*`.*`.*`.*`", paragraph, re.DOTALL):
                    yield paragraph


def count(texts: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return how often each class follows each, sentence by sentence."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for sentence in re.split(r"(?<=[.!?;:])\s", " ".join(text.split())):
            line = ["|", *(name for name in word_order.classes(sentence) if name != "|"), "|"]
            for first, second in pairwise(line):
                counts[first][second] += 1
    return {first: dict(sorted(row.items())) for first, row in sorted(counts.items())}


def pieces(texts: Sequence[str], most: int, chance: random.Random) -> list[str]:
    """Return runs of one to three sentences, 5 to 70 words, some without capitals and full stop as people type them."""
    found: list[str] = []
    for text in texts:
        parts = _SENTENCE.split(" ".join(text.split()))
        while parts:
            size = chance.choice((1, 1, 1, 2, 3))
            piece, parts = " ".join(parts[:size]), parts[size:]
            if 5 <= len(piece.split()) <= 70:
                found.append(piece.lower().rstrip(".") if chance.random() < 0.4 else piece)
    chance.shuffle(found)
    return found[:most]


def shuffled(text: str, chance: random.Random, *, keywords: bool) -> str:
    """Return the words of the text, or only those with content, in random order."""
    words = [word for word in text.split() if not keywords or word.lower().strip(".,;:()") not in FUNCTION_WORDS]
    chance.shuffle(words)
    return " ".join(words)


def main(files: Sequence[str]) -> None:
    """Write `word_order.json`."""
    from sklearn.linear_model import LogisticRegression

    chance = random.Random(5)
    own, library = [text for text in own_prose() if len(text.split()) > 5], list(library_prose())
    bigrams = count([*own, *library])
    real = pieces(own, 1200, chance) + pieces(library, 600, chance)
    for name in files:
        lines = [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]
        real += pieces([line["answer"] for line in lines if line["grade"] >= 0.5], 700, chance)
    false = [shuffled(text, chance, keywords=keywords) for text in real for keywords in (False, True)]
    false = [text for text in false if len(text.split()) >= word_order.FEWEST]
    texts = real + false
    labels = np.array([1] * len(real) + [0] * len(false))
    blank = word_order.model_of(bigrams, {}, 0.0)
    states = MiniLM.load().token_states(texts)
    rows = [word_order.features(blank, text, read(text, state)) for text, state in zip(texts, states, strict=True)]
    table = np.array(rows)
    means, scales = table.mean(axis=0), table.std(axis=0) + 1e-9
    fitted = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000).fit((table - means) / scales, labels)
    decision = {"means": means, "scales": scales, "weights": fitted.coef_[0]}
    names = ", ".join(Path(name).stem for name in files)
    data: dict[str, Any] = {
        "provenance": {
            "bigrams": f"{len(own)} paragraphs of this project's prep material, {len(library)} of scikit-learn (BSD-3)",
            "weights": f"{len(real)} pieces of prose and two shuffles of each; graded answers: {names or 'none'}",
            "made_by": "python -m evaluators.text.word_order_training",
        },
        "decision": {name: [round(float(value), 6) for value in values] for name, values in decision.items()},
        "bias": round(float(fitted.intercept_[0]), 6),
        "bigrams": bigrams,
    }
    path = Path(__file__).parent / "word_order.json"
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stderr.write(f"{path}: accuracy {fitted.score((table - means) / scales, labels):.3f} on its own pieces\n")


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inside in value.items():
                if key not in _SKIPPED:
                    yield from _strings(inside)
        case list():
            for inside in value:
                yield from _strings(inside)


if __name__ == "__main__":
    main(sys.argv[1:])
