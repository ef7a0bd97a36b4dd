"""Passages for a query: search by words and search by meaning, fused.

The two fail differently: BM25 misses "our click rate fell" for "CTR dropped", the encoder misses that "SMOTE" is the
one word that matters. Measured on Cranfield (nDCG@10): see `interviewer bench retrieval`.

Every search finds something, and fused ranks do not say how much it has to do with the query. Cosine and shared words
do, so the search tells as well whether anything is near.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from knowledge.errors import InputError, StorageError
from knowledge.fusion import reciprocal_rank_fusion
from knowledge.indexing.catalogue import Catalogue, StoredPassage
from knowledge.indexing.disk import REBUILD
from knowledge.indexing.stores import CATEGORIES
from knowledge.models import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder
    from knowledge.indexing.lexical import LexicalIndex
    from knowledge.indexing.vectors import VectorStore

# How deep each ranking is fused.
DEPTH = 50
MOST_PASSAGES = 100

# From where on a passage is near a query. Drawn on 20 queries about our notes in other words and 20 about nothing in
# them (tests/knowledge/near_and_far.yaml), halfway between 0.312, the least cosine of the first, and 0.265, the largest
# of the second but one. On 40 more, 2 of 20 are taken for far and 3 of 20 for near. No far query shared more than half
# of its words with a passage; one that does is near whatever the encoder makes of it.
_NEAR_COSINE = 0.29
_NEAR_SHARE = 0.5
_WORDS_LOOKED_AT = 10

# People search their own notes first: where theirs and ours are as good (six ranks apart in one ranking), theirs lead.
_THEIRS_COUNT = 1.1
_CACHED_QUERIES = 256

_Result = TypeVar("_Result")


class Found(NamedTuple):
    """What a search found.

    Attributes:
        passages: best first.
        near: whether any of the material is near the query, by meaning or by words; where not, these are the nearest of
            what has nothing to do with it.
    """

    passages: tuple[Passage, ...]
    near: bool


class Retriever:
    """Reads the index in a home folder; safe for threads, and follows what other processes write."""

    def __init__(self, home: Path, encoder: Encoder) -> None:
        """Open the index of `home`, which may be empty.

        Raises:
            StorageError: it is damaged, or was made with another encoder.
        """
        self._folder = home / "index"
        self._encoder = encoder
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, int, str | None], Found] = OrderedDict()
        self._generation = -1
        self._connect()
        self._follow()

    def close(self) -> None:
        """Close the catalogue and the vectors; who else in this process reads the vectors opens them again."""
        self._catalogue.close()
        self._vectors.close()

    def search(self, query: str, k: int = 5, category: str | None = None) -> Found:
        """Return the `k` best passages, and whether any is near the query.

        Args:
            query: words, a question, or a whole answer.
            k: how many, 1 to `MOST_PASSAGES`.
            category: "ours", "stories" or "notes" to search in that only.

        Raises:
            InputError: the query is empty, or `k` or the category is out of range.
            StorageError: the index is damaged.
        """
        query = query.strip()
        if not query:
            raise InputError("There is nothing to search for.", "Give a few words or a question.")
        if not 1 <= k <= MOST_PASSAGES:
            raise InputError(f"{k} passages cannot be returned.", f"Ask for 1 to {MOST_PASSAGES}.")
        _known(category)
        self._follow()
        key = (query, k, category)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        found = self._retried(lambda: self._search(query, k, category))
        with self._lock:
            self._cache[key] = found
            while len(self._cache) > _CACHED_QUERIES:
                self._cache.popitem(last=False)
        return found

    def nearest(self, vector: NDArray[np.float32], k: int = 5, category: str | None = None) -> list[Passage]:
        """Return the `k` passages nearest to a vector by meaning alone; their scores are cosine similarities.

        Args:
            vector: `(dimensions,)`, of length 1.
            k: how many.
            category: to search in that only.
        """
        _known(category)
        self._follow()
        return self._retried(lambda: self._stored(self._by_meaning(vector, k, category)))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, `(n, dimensions)`, as the index's own were made."""
        return self._encoder.encode(texts)

    def terms(self, text: str) -> list[str]:
        """Return the distinct terms of a text as the index searches them: stemmed, without stop words."""
        return self._lexical.terms(text)

    def section(self, passage: Passage) -> Passage:
        """Return the whole section in which a passage stands: the whole story for a part of one."""
        stored = self._catalogue.section(passage.source, passage.line, passage.text)
        if not stored:
            return passage
        text = "\n\n".join(one.text for one in stored)
        return _passage(stored[0], passage.score).model_copy(update={"text": text})

    def _search(self, query: str, k: int, category: str | None) -> Found:
        depth = max(DEPTH, k)
        by_words = self._lexical.search(query, depth, category)
        by_meaning = self._by_meaning(self._encoder.encode([query])[0], depth, category)
        rankings = [[identity for identity, _ in ranking] for ranking in (by_meaning, by_words)]
        found = self._stored(reciprocal_rank_fusion(rankings))
        if category is None:
            found = [_preferred(passage) for passage in found]
        near = any(cosine >= _NEAR_COSINE for _, cosine in by_meaning[:1]) or self._shares(query, by_words)
        return Found(tuple(sorted(found, key=lambda passage: -passage.score)[:k]), near)

    def _shares(self, query: str, by_words: Sequence[tuple[int, float]]) -> bool:
        """Whether a passage has most of the query's words."""
        wanted = set(self.terms(query))
        texts = [f"{one.heading}\n{one.text}" for one in self._stored(by_words[:_WORDS_LOOKED_AT])]
        return any(len(wanted.intersection(self.terms(text))) > _NEAR_SHARE * len(wanted) for text in texts)

    def _by_meaning(self, vector: NDArray[np.float32], k: int, category: str | None) -> list[tuple[int, float]]:
        searched = CATEGORIES if category is None else (category,)
        found = [pair for name in searched for pair in self._vectors.nearest(name, vector, k)]
        return sorted(found, key=lambda pair: -pair[1])[:k]

    def _stored(self, ranked: Sequence[tuple[int, float]]) -> list[Passage]:
        """Return the passages of ids; ids that the catalogue does not know are a dead writer's."""
        stored = self._catalogue.passages([identity for identity, _ in ranked])
        return [_passage(stored[identity], score) for identity, score in ranked if identity in stored]

    def _retried(self, search: Callable[[], _Result]) -> _Result:
        """Search again once from fresh files: a writer in another process may have replaced them in mid-read."""
        try:
            return search()
        except StorageError:
            self._vectors.refresh()
            self._lexical.refresh()
            return search()

    def _connect(self) -> None:
        from knowledge.indexing.lexical import LexicalIndex
        from knowledge.indexing.vectors import VectorStore

        path = self._folder / "catalogue.sqlite"
        self._catalogue = Catalogue(path)
        self._inode = path.stat().st_ino
        self._vectors: VectorStore = VectorStore.at(self._folder / "vectors")
        self._lexical: LexicalIndex = LexicalIndex(self._folder / "lexical")
        self._vectors.follow(self._catalogue.generation)
        self._check()

    def _follow(self) -> None:
        """Take notice of what this or another process has written since the last search, or of an index made anew."""
        with self._lock:
            if _inode(self._folder / "catalogue.sqlite") != self._inode:
                self._catalogue.close()
                self._vectors.release(self._folder / "vectors")
                self._connect()
                self._generation = -1
        generation = self._catalogue.generation
        with self._lock:
            if generation == self._generation:
                return
            self._vectors.follow(generation)
            self._lexical.refresh()
            self._cache.clear()
            self._generation = generation

    def _check(self) -> None:
        """Refuse an index whose parts do not fit together, before it answers with less than it should."""
        recorded = self._catalogue.fact("encoder")
        if recorded and recorded != self._encoder.name:
            raise StorageError(f"The index was made with the encoder {recorded}, not {self._encoder.name}.", REBUILD)
        counts = self._catalogue.counts()
        whole = self._lexical.count() >= sum(counts.values()) and all(
            self._vectors.count(category) >= count for category, count in counts.items()
        )
        if not whole:
            raise StorageError(f"The index in {self._folder} is damaged: passages are missing from it.", REBUILD)


def _passage(stored: StoredPassage, score: float) -> Passage:
    return Passage(
        text=stored.text,
        source=stored.source,
        line=stored.line,
        score=score,
        heading=stored.heading,
        category=stored.category,
    )


def _preferred(passage: Passage) -> Passage:
    return (
        passage if passage.category == "ours" else passage.model_copy(update={"score": passage.score * _THEIRS_COUNT})
    )


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _known(category: str | None) -> None:
    if category is not None and category not in CATEGORIES:
        raise InputError(f"There is no category {category!r}.", f"Choose one of {', '.join(CATEGORIES)}.")
