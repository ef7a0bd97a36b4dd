from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.indexing.lexical import LexicalIndex

PASSAGES = [
    (1, "notes", "Gradient clipping bounds the norm of the gradients."),
    (2, "notes", "Caching embeddings saved us money."),
    (3, "stories", "I cached the gradients of the café model."),
]


@pytest.fixture
def lexical(tmp_path: Path) -> LexicalIndex:
    index = LexicalIndex(tmp_path / "lexical")
    index.replace(PASSAGES)
    return index


def test_words_are_matched_by_their_stems_without_case_and_accents(lexical: LexicalIndex) -> None:
    assert {identity for identity, _ in lexical.search("CACHED", 5)} == {2, 3}
    assert [identity for identity, _ in lexical.search("cafe", 5)] == [3]


def test_rarer_words_count_for_more(lexical: LexicalIndex) -> None:
    assert lexical.search("gradients clipping", 5)[0][0] == 1


def test_a_category_restricts_without_changing_scores(lexical: LexicalIndex) -> None:
    everything = dict(lexical.search("gradients", 5))
    assert lexical.search("gradients", 5, "stories") == [(3, pytest.approx(everything[3]))]


def test_query_syntax_is_only_words(lexical: LexicalIndex) -> None:
    assert next(identity for identity, _ in lexical.search('category:notes AND +"clipping" -(norm', 5)) == 1
    assert lexical.search("the of and ?!", 5) == []


def test_removed_passages_are_found_no_more_and_others_are(lexical: LexicalIndex) -> None:
    lexical.replace([(4, "notes", "Beam search.")], removed=[1, 3, 99])
    assert lexical.search("gradients", 5) == []
    assert lexical.count() == 2


def test_a_huge_query_is_answered(lexical: LexicalIndex) -> None:
    assert lexical.search("gradients " + " ".join(f"word{number}" for number in range(50_000)), 5)
