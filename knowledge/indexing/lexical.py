"""Search by words: BM25 in a tantivy index. The only module that imports tantivy.

The index holds words and numbers only; the text of a passage lives in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.indexing.disk import guarded

if TYPE_CHECKING:
    import tantivy

# Terms of a query beyond these add time and no precision: BM25 of a thousand-word answer is decided by its rare words.
MOST_TERMS = 64
_ANALYSER = "prose"
_HEAP_BYTES = 50_000_000


class LexicalIndex:
    """Passages by the words in them. Readers may be many; one writer at a time is the caller's duty."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self.folder = folder
        self._analyser = _analyser()
        with self._guarded():
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(folder))
            self._index.register_tokenizer(_ANALYSER, self._analyser)

    def replace(self, added: Iterable[tuple[int, str, str]], removed: Sequence[int] = ()) -> None:
        """Add `(id, category, text)` and remove ids, in one commit.

        Raises:
            StorageError: the disk refused, or the index is corrupt.
        """
        import tantivy

        with self._guarded():
            writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            try:
                if removed:  # by query: deleting by term takes the number for a signed one, and finds nothing
                    writer.delete_documents_by_query(
                        tantivy.Query.term_set_query(self._index.schema, "id", list(removed))
                    )
                for identity, category, text in added:
                    document = tantivy.Document()
                    document.add_unsigned("id", identity)
                    document.add_text("category", category)
                    document.add_text("text", text)
                    writer.add_document(document)
                writer.commit()
            except BaseException:
                writer.rollback()
                raise
            finally:
                writer.wait_merging_threads()
            self._index.reload()

    def search(self, query: str, k: int, category: str | None = None) -> list[tuple[int, float]]:
        """Return the ids of the `k` best passages with their BM25 scores, best first.

        Raises:
            StorageError: the index is corrupt.
        """
        with self._guarded():
            built = self._query(query, category)
            if built is None:
                return []
            searcher = self._index.searcher()
            hits = searcher.search(built, limit=k, count=False).hits
            identities = searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(identity), float(score)) for identity, (score, _) in zip(identities, hits, strict=True)]

    def count(self) -> int:
        """Return the number of passages."""
        with self._guarded():
            return int(self._index.searcher().num_docs)

    def refresh(self) -> None:
        """See what another process has committed."""
        with self._guarded():
            self._index.reload()

    def terms(self, text: str) -> list[str]:
        """Return the distinct terms under which `text` is searched, in its order."""
        return list(dict.fromkeys(self._analyser.analyze(text)))

    def _query(self, query: str, category: str | None) -> tantivy.Query | None:
        import tantivy

        schema, occur = self._index.schema, tantivy.Occur
        terms = self.terms(query)[:MOST_TERMS]
        if not terms:
            return None
        words = tantivy.Query.boolean_query(
            [(occur.Should, tantivy.Query.term_query(schema, "text", term, "freq")) for term in terms]
        )
        if category is None:
            return words
        inside = tantivy.Query.const_score_query(tantivy.Query.term_query(schema, "category", category), 0.0)
        return tantivy.Query.boolean_query([(occur.Must, words), (occur.Must, inside)])

    def _guarded(self) -> AbstractContextManager[None]:
        return guarded(self.folder)


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_text_field("category", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=_ANALYSER, index_option="freq")
    return builder.build()


def _analyser() -> Any:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(40))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stopword("english"))
        .filter(Filter.stemmer("english"))
        .build()
    )
