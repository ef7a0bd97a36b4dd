"""How well search finds what is relevant: BM25, meaning and their fusion on a test collection in BEIR's layout.

The parts measured are those that `interviewer search` uses, on documents instead of passages.

Source: Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002 (nDCG, with the gain as
judged and the logarithm of rank + 1); Thakur et al., "BEIR", NeurIPS 2021 (layout and cut-off 10).
"""

from __future__ import annotations

import csv
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from knowledge.errors import UnreadableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.table import Table

    from knowledge.encoder import Encoder
    from knowledge.indexing.lexical import LexicalIndex
    from knowledge.indexing.outcome import Progress
    from knowledge.indexing.vectors import VectorStore

CUT = 10
_BATCH = 256

Judgements = dict[str, dict[str, int]]


class Collection(BaseModel):
    """A test collection: documents, queries, and which are relevant to which."""

    documents: dict[str, str]
    queries: dict[str, str]
    judgements: Judgements = Field(description="Query → document → gain.")


class SystemResult(BaseModel):
    """One way of searching, measured over all judged queries."""

    system: str
    ndcg_at_10: float
    recall_at_10: float
    ratio_to_bm25: float = Field(description="Its nDCG@10 over that of BM25.")
    p50_ms: float = Field(description="Median time of a query, its encoding included.")
    p95_ms: float


class RetrievalReport(BaseModel):
    """What `bench retrieval` prints."""

    data: str
    documents: int
    queries: int
    encoding_seconds: float
    systems: list[SystemResult]


def measure(data: Path, query_encoder: Encoder, bulk: Encoder, progress: Progress | None = None) -> RetrievalReport:
    """Return the figures of each way of searching on the collection in `data`.

    Args:
        data: a folder with `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.
        query_encoder: encodes queries, as in a search.
        bulk: encodes the documents.
        progress: told how far it is.

    Raises:
        UnreadableError: a file of the collection is missing or malformed.
    """
    from knowledge.fusion import reciprocal_rank_fusion
    from knowledge.indexing.lexical import LexicalIndex
    from knowledge.indexing.vectors import VectorStore
    from knowledge.retrieval import DEPTH

    collection = load_collection(data)
    names = list(collection.documents)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        vectors, lexical = VectorStore.at(Path(folder) / "vectors"), LexicalIndex(Path(folder) / "lexical")
        try:
            seconds = _fill(vectors, lexical, list(collection.documents.values()), bulk, progress)

            def by_words(query: str) -> list[int]:
                return [identity for identity, _ in lexical.search(query, DEPTH)]

            def by_meaning(query: str) -> list[int]:
                return [identity for identity, _ in vectors.nearest("notes", query_encoder.encode([query])[0], DEPTH)]

            def fused(query: str) -> list[int]:
                return [identity for identity, _ in reciprocal_rank_fusion([by_meaning(query), by_words(query)])]

            systems = {"bm25": by_words, "dense": by_meaning, "rrf": fused}
            results = [_result(name, search, collection, names, progress) for name, search in systems.items()]
        finally:
            VectorStore.release(Path(folder) / "vectors")
    reference = results[0].ndcg_at_10
    for result in results:
        result.ratio_to_bm25 = round(result.ndcg_at_10 / reference, 3) if reference else math.nan
    judged = sum(query in collection.queries for query in collection.judgements)
    return RetrievalReport(
        data=data.name, documents=len(names), queries=judged, encoding_seconds=round(seconds, 1), systems=results
    )


def table(report: RetrievalReport) -> Table:
    """Return the report as a table for people."""
    from rich.table import Table

    shown = Table(
        title=f"{report.data}: {report.documents:,} documents, {report.queries:,} queries", title_justify="left"
    )
    shown.add_column("searched by")
    for heading in ("nDCG@10", "recall@10", "× BM25", "p50, ms", "p95, ms"):
        shown.add_column(heading, justify="right")
    for row in report.systems:
        shown.add_row(
            {"bm25": "words (BM25)", "dense": "meaning", "rrf": "both, fused"}[row.system],
            f"{row.ndcg_at_10:.3f}",
            f"{row.recall_at_10:.3f}",
            f"{row.ratio_to_bm25:.2f}",
            f"{row.p50_ms:.1f}",
            f"{row.p95_ms:.1f}",
        )
    return shown


def load_collection(data: Path) -> Collection:
    """Return the collection in a folder of BEIR's layout.

    Raises:
        UnreadableError: a file is missing or malformed.
    """
    documents = {str(row["_id"]): _text(row) for row in _rows(data / "corpus.jsonl")}
    queries = {str(row["_id"]): str(row["text"]) for row in _rows(data / "queries.jsonl")}
    judgements: Judgements = {}
    path = data / "qrels" / "test.tsv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if int(row["score"]) > 0 and row["query-id"] in queries:
                    judgements.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error
    return Collection(documents=documents, queries=queries, judgements=judgements)


def ndcg(ranking: Sequence[str], gains: Mapping[str, int], cut: int = CUT) -> float:
    """Return the normalised discounted cumulative gain of the first `cut` of a ranking, 0 to 1."""
    ideal = _discounted(sorted(gains.values(), reverse=True)[:cut])
    return _discounted([gains.get(name, 0) for name in ranking[:cut]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], gains: Mapping[str, int], cut: int = CUT) -> float:
    """Return the share of the relevant documents that are among the first `cut`, 0 to 1."""
    return len(set(ranking[:cut]) & set(gains)) / len(gains) if gains else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _fill(
    vectors: VectorStore, lexical: LexicalIndex, texts: list[str], bulk: Encoder, progress: Progress | None
) -> float:
    """Put documents under the ids 0, 1, … and return the seconds that encoding them took."""
    lexical.replace([(number, "notes", text) for number, text in enumerate(texts)])
    seconds = 0.0
    for start in range(0, len(texts), _BATCH):
        if progress:
            progress("Encoding", start, len(texts))
        began = time.perf_counter()
        encoded: NDArray[np.float32] = bulk.encode(texts[start : start + _BATCH])
        seconds += time.perf_counter() - began
        vectors.add("notes", list(range(start, start + len(encoded))), encoded)
    return seconds


def _result(
    system: str,
    search: Callable[[str], list[int]],
    collection: Collection,
    names: list[str],
    progress: Progress | None,
) -> SystemResult:
    found: list[tuple[float, float, float]] = []
    for number, (query, gains) in enumerate(collection.judgements.items()):
        if progress:
            progress(system, number, len(collection.judgements))
        began = time.perf_counter()
        identities = search(collection.queries[query])
        elapsed = time.perf_counter() - began
        ranking = [names[identity] for identity in identities]
        found.append((ndcg(ranking, gains), recall(ranking, gains), elapsed * 1000))
    gained, recalled, times = (list(column) for column in zip(*found, strict=True))
    ordered = sorted(times)
    return SystemResult(
        system=system,
        ndcg_at_10=round(sum(gained) / len(gained), 4),
        recall_at_10=round(sum(recalled) / len(recalled), 4),
        ratio_to_bm25=1.0,
        p50_ms=round(ordered[len(ordered) // 2], 2),
        p95_ms=round(ordered[int(len(ordered) * 0.95)], 2),
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if "_id" not in row or "text" not in row:
                    raise ValueError("a line lacks _id or text")
                yield row
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error


def _text(row: Mapping[str, Any]) -> str:
    title, text = str(row.get("title", "")), str(row["text"])
    return text if text.startswith(title) else f"{title}\n{text}"  # some collections repeat the title in the text


def _unreadable(path: Path, error: Exception) -> UnreadableError:
    return UnreadableError(
        f"{path} is not part of a test collection: {error}.",
        "A collection has corpus.jsonl, queries.jsonl and qrels/test.tsv, as in BEIR.",
    )
