from __future__ import annotations

import functools
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.reference.minilm import LONGEST, MiniLM, installed_weights
from knowledge.errors import OutsideError

TEXTS = [
    "What is the vanishing gradient problem, and how do LSTMs address it?",
    "",
    "Dropout.",
    "I led the migration; latency fell from 120 ms to 35 ms – naïve café, 東京, e^{-x²/2}.",
    "precision recall trade-off " * 120,
    "[MASK] is a token, and so is [SEP]",
]


@functools.cache
def _shared() -> MiniLM:
    return MiniLM.load()


@pytest.fixture
def ours() -> MiniLM:
    return _shared()


@pytest.fixture(scope="module")
def theirs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(installed_weights()), device="cpu", local_files_only=True)


def test_embeddings_equal_sentence_transformers(ours: MiniLM, theirs) -> None:
    expected = theirs.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(ours.encode(TEXTS), expected, atol=1e-5)
    for text, row in zip(TEXTS, expected, strict=True):
        np.testing.assert_allclose(ours.encode([text])[0], row, atol=1e-5)


def test_token_states_equal_sentence_transformers(ours: MiniLM, theirs) -> None:
    text = "Batch norm uses running statistics at inference."
    expected = theirs.encode([text], output_value="token_embeddings", show_progress_bar=False)[0].numpy()[1:-1]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = ours.token_states([text])[0]
    assert found.tokens == ["batch", "norm", "uses", "running", "statistics", "at", "inference", "."]
    assert [text[start:end] for start, end in found.offsets][:2] == ["Batch", "norm"]
    np.testing.assert_allclose(found.states, expected, atol=1e-5)


def test_token_states_cover_a_text_of_any_length(ours: MiniLM) -> None:
    words = [f"word{index}" for index in range(400)]
    text = " ".join(words)
    found = ours.token_states([text, "", "short"])
    assert len(found[0].tokens) > 3 * LONGEST
    assert found[0].offsets.shape == (len(found[0].tokens), 2)
    assert "".join(text[start:end] for start, end in found[0].offsets) == "".join(words)
    assert found[0].states.shape == (len(found[0].tokens), 384)
    np.testing.assert_allclose(np.linalg.norm(found[0].states, axis=1), 1.0, atol=1e-5)
    assert found[1].states.shape == (0, 384)
    assert found[1].offsets.shape == (0, 2)
    assert found[2].tokens == ["short"]


def test_order_and_company_do_not_matter(ours: MiniLM) -> None:
    together = ours.encode(TEXTS * 8)
    np.testing.assert_allclose(together[: len(TEXTS)], together[-len(TEXTS) :], atol=1e-6)
    assert ours.encode([]).shape == (0, 384)
    assert ours.token_states([]) == []


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_has_pieces_in_their_places(text: str) -> None:
    found = _shared().token_states([text])[0]
    assert len(found.tokens) == len(found.offsets) == len(found.states)
    assert np.isfinite(found.states).all()
    assert (found.offsets[:, 0] <= found.offsets[:, 1]).all()
    assert (found.offsets >= 0).all()
    assert (found.offsets <= len(text)).all()
    assert (np.diff(found.offsets[:, 0]) >= 0).all()


def test_offsets_point_into_the_text_as_it_was_written(ours: MiniLM) -> None:
    text = "Naïve Bayes – 東京 \U0001f600, Über\ud800fitting"
    found = ours.token_states([text])[0]
    written = [text[start:end] for start, end in found.offsets]
    assert written[0] == "Naïve"
    assert found.tokens[0] == "naive"
    assert "東" in written
    assert "".join(written).replace("\ufffd", "").startswith("NaïveBayes–東京")


def test_texts_are_encoded_alike_from_many_threads(ours: MiniLM) -> None:
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: ours.encode([text])[0], TEXTS * 4))
    np.testing.assert_allclose(np.array(rows), np.tile(ours.encode(TEXTS), (4, 1)), atol=1e-5)


def test_weights_that_are_not_installed_are_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OutsideError, match="not installed"):
        installed_weights()


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from evaluators.reference.minilm import MiniLM; MiniLM.load().encode(['hello']);"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'scipy', 'sklearn'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
