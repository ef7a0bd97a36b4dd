from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from interviewer.bench.retrieval import load_collection, measure, ndcg, recall
from knowledge.errors import UnreadableError

DOCUMENTS = {"a": "wing in a slipstream", "b": "heat in slabs", "c": "supersonic wing flutter", "d": "boundary layers"}
QUERIES = {"1": "wing flutter", "2": "heat conduction in slabs", "3": "never judged"}


class Hashing:
    name = "hashing"
    dimensions = 64

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.full((len(texts), 64), 1e-6, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text):
                row[hashlib.sha256(word.encode()).digest()[0] % 64] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    lines = [json.dumps({"_id": key, "title": text, "text": text}) for key, text in DOCUMENTS.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n")
    lines = [json.dumps({"_id": key, "text": text}) for key, text in QUERIES.items()]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tc\t2\n1\ta\t1\n1\td\t0\n2\tb\t1\n")
    return folder


def test_ndcg_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    for _ in range(20):
        gains = generator.integers(0, 4, 30)
        scores = generator.permutation(30)
        ranking = [str(index) for index in np.argsort(-scores)]
        judged = {str(index): int(gain) for index, gain in enumerate(gains) if gain}
        assert ndcg(ranking, judged) == pytest.approx(ndcg_score([gains], [scores], k=10))


def test_recall_counts_what_is_among_the_first() -> None:
    assert recall(["a", "b", "c"], {"a": 1, "c": 2, "z": 1}, cut=2) == pytest.approx(1 / 3)


def test_a_collection_is_measured_by_words_meaning_and_both(data: Path) -> None:
    report = measure(data, Hashing(), Hashing())
    assert (report.documents, report.queries) == (4, 2)
    assert [result.system for result in report.systems] == ["bm25", "dense", "rrf"]
    assert report.systems[0].ndcg_at_10 == 1.0
    assert all(result.recall_at_10 == 1.0 for result in report.systems)
    assert report.systems[0].ratio_to_bm25 == 1.0


def test_judgements_of_zero_and_titles_repeated_in_the_text_are_left_out(data: Path) -> None:
    collection = load_collection(data)
    assert collection.judgements == {"1": {"c": 2, "a": 1}, "2": {"b": 1}}
    assert collection.documents == DOCUMENTS


def test_a_folder_that_is_no_collection_is_named(tmp_path: Path, data: Path) -> None:
    with pytest.raises(UnreadableError, match=r"corpus\.jsonl"):
        load_collection(tmp_path)
    (data / "queries.jsonl").write_text("not json\n")
    with pytest.raises(UnreadableError, match=r"queries\.jsonl"):
        load_collection(data)
