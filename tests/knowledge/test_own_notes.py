from __future__ import annotations

from pathlib import Path

import numpy as np

from evaluators.reference.minilm import MiniLM
from knowledge.own_notes import load_vectors, own_files, own_texts, save_vectors, text_digest

from .conftest import HashingEncoder


def test_every_passage_of_our_notes_comes_with_its_vector() -> None:
    shipped = load_vectors(MiniLM.name)
    stale = [text[:60] for text in own_texts() if text_digest(text) not in shipped]
    assert own_files()
    assert stale == [], "the notes have changed: run `python -m knowledge.own_notes` and commit its file"


def test_shipped_vectors_are_the_encoders() -> None:
    texts = own_texts()[::40]
    shipped = load_vectors(MiniLM.name)
    cosines = np.einsum(
        "nd,nd->n", MiniLM.load().encode(texts), np.stack([shipped[text_digest(text)] for text in texts])
    )
    assert cosines.min() > 0.9999


def test_vectors_of_another_encoder_and_damaged_files_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    save_vectors(["one", "two", "one"], HashingEncoder(), path)
    assert set(load_vectors("hashing", path)) == {text_digest("one"), text_digest("two")}
    assert load_vectors("another", path) == {}
    path.write_bytes(b"garbage")
    assert load_vectors("hashing", path) == {}
    assert load_vectors("hashing", tmp_path / "none") == {}
