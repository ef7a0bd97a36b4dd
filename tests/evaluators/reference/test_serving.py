from __future__ import annotations

import numpy as np
import pytest

from evaluators.reference.bert import BertShape, bert, bert_parameters
from evaluators.reference.serving import Server

SHAPE = BertShape(vocabulary=9, width=8, layers=2, heads=2, wide=16, longest=8)
TEXTS = [[5, 6, 7], [1], [1, 2, 3, 4, 5, 6, 7, 8]]


@pytest.fixture
def parameters() -> dict[str, np.ndarray]:
    draws = np.random.default_rng(0)
    return {name: one + draws.normal(0, 0.3, one.shape).astype(np.float32) for name, one in _fresh().items()}


def _fresh() -> dict[str, np.ndarray]:
    return bert_parameters(SHAPE, np.random.default_rng(1))


def test_texts_side_by_side_read_as_each_alone(parameters: dict[str, np.ndarray]) -> None:
    alone = [bert(parameters, SHAPE, np.array([text]))[0] for text in TEXTS]
    server = Server(parameters, SHAPE, 12)
    np.testing.assert_allclose(server.states(TEXTS), np.concatenate(alone), atol=1e-5)
    as_one_text = server.states([[5, 6, 7, 1]])
    assert np.abs(as_one_text[:3] - alone[0]).max() > 1e-3


def test_what_was_returned_outlives_the_next_texts(parameters: dict[str, np.ndarray]) -> None:
    server = Server(parameters, SHAPE, 12)
    first = server.states(TEXTS)
    kept = first.copy()
    server.states([[8, 8, 8, 8, 8]])
    np.testing.assert_array_equal(first, kept)
