from __future__ import annotations

import numpy as np
import pytest

from evaluators.reference.character_model import CharacterModel, sample_index, top_k_top_p


def test_sampling() -> None:
    scores = np.log(np.array([0.1, 0.6, 0.3]))
    assert [sample_index(scores, 1.0, draw) for draw in (0.05, 0.2, 0.69, 0.71, 0.9999)] == [0, 1, 1, 2, 2]
    assert sample_index(scores, 0.01, 0.99) == 1
    np.testing.assert_allclose(top_k_top_p(scores, 2, 1.0), [0, 2 / 3, 1 / 3])
    np.testing.assert_allclose(top_k_top_p(scores, 3, 0.6), [0, 1, 0])
    np.testing.assert_allclose(top_k_top_p(scores, 3, 0.61), [0, 2 / 3, 1 / 3])


def test_a_character_model_learns_our_material(material: str) -> None:
    cut = int(len(material) * 0.95)
    model = CharacterModel(material[:cut], hidden=64)
    before = model.perplexity(material[cut:])
    losses = model.train(material[:cut], steps=100, batch=16, time=32)
    after = model.perplexity(material[cut:])
    assert before == pytest.approx(len(model.characters), rel=0.1)  # it knew nothing
    assert after < before / 4
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 1.0
    written = model.sample("The ", 40, temperature=0.5)
    assert written.startswith("The ")
    assert len(written) == 44
    assert set(written) <= set(model.characters)
    assert written == model.sample("The ", 40, temperature=0.5)
