from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from evaluators.reference import operations as ops
from evaluators.reference.bert import (
    BertShape,
    bert,
    bert_parameters,
    class_logits,
    mask_tokens,
    masked_token_logits,
)
from evaluators.reference.optimisers import Adam, AdamW, warm_up_cosine
from evaluators.reference.softmax import IGNORED
from evaluators.reference.training import train_step

MASK, FIRST, KNOWN = 0, 1, 2


class Pretrained(NamedTuple):
    """A small BERT that has read our material character by character."""

    shape: BertShape
    parameters: dict[str, np.ndarray]
    rows: np.ndarray
    before: float
    after: float
    frequencies_alone: float


def masked_loss(parameters: Any, shape: BertShape, corrupted: np.ndarray, labels: np.ndarray) -> Any:
    return ops.cross_entropy(masked_token_logits(parameters, bert(parameters, shape, corrupted)), labels)


@pytest.fixture(scope="module")
def pretrained(material: str) -> Pretrained:
    characters, ids = np.unique(list(material.lower()), return_inverse=True)
    rows = (ids + KNOWN)[: len(ids) // 15 * 15].reshape(-1, 15)
    rows = np.column_stack([np.full(len(rows), FIRST), rows])  # (n, 16)
    held_out, train = rows[::9][:300], np.delete(rows, np.arange(0, len(rows), 9), axis=0)
    size = len(characters) + KNOWN
    shape = BertShape(vocabulary=size, width=48, layers=1, heads=4, wide=96, longest=16)
    draws = np.random.default_rng(0)
    parameters = bert_parameters(shape, draws)
    for name, value in parameters.items():
        if name == "token" or name.endswith("weight"):
            value *= 8.0  # BERT's 0.02 suits a width of 768, not of 48
    corrupted, labels = mask_tokens(held_out, draws, MASK, size, (FIRST,))
    shares = np.bincount(train[:, 1:].ravel(), minlength=size) / train[:, 1:].size
    frequencies_alone = float(-np.log(np.maximum(shares[labels[labels != IGNORED]], 1e-6)).mean())
    before = float(masked_loss(parameters, shape, corrupted, labels))
    optimiser = AdamW(list(parameters.values()), weight_decay=0.01)
    steps = 250
    for step in range(steps):
        optimiser.rate = warm_up_cosine(step + 1, steps, 25, 1e-2, 1e-3)
        batch = train[draws.integers(0, len(train), 48)]
        inputs, wanted = mask_tokens(batch, draws, MASK, size, (FIRST,), rate=0.25)
        train_step(parameters, optimiser, lambda p, x=inputs, y=wanted: masked_loss(p, shape, x, y), longest=1.0)
    after = float(masked_loss(parameters, shape, corrupted, labels))
    return Pretrained(shape, parameters, train, before, after, frequencies_alone)


def test_pre_training_learns_more_than_how_often_each_character_comes(pretrained: Pretrained) -> None:
    assert pretrained.before > np.log(pretrained.shape.vocabulary)
    assert pretrained.after < pretrained.frequencies_alone - 0.1


def test_a_classification_head_is_tuned_on_top(pretrained: Pretrained) -> None:
    """The question: does a row hold a line break? Tuning starts from what pre-training learned."""
    shape, rows = pretrained.shape, pretrained.rows
    answers = (rows == KNOWN).any(axis=1).astype(np.int64)  # the line break sorts first
    parameters = {name: value.copy() for name, value in pretrained.parameters.items()}
    optimiser = Adam(list(parameters.values()), rate=2e-3)
    draws = np.random.default_rng(1)
    train, test = rows[500:], rows[:500]

    def accuracy() -> float:
        logits = class_logits(parameters, bert(parameters, shape, test))
        return float((logits.argmax(axis=1) == answers[:500]).mean())

    for _ in range(60):
        chosen = draws.integers(0, len(train), 32)
        wanted = answers[500:][chosen]
        train_step(
            parameters,
            optimiser,
            lambda p, x=train[chosen], y=wanted: ops.cross_entropy(class_logits(p, bert(p, shape, x)), y),
            longest=1.0,
        )
    share = max(answers[:500].mean(), 1 - answers[:500].mean())
    assert share < 0.9
    assert accuracy() > (1 + share) / 2


def test_masking_follows_the_paper() -> None:
    ids = np.tile(np.arange(10, 60), (400, 1))
    ids[:, 0] = 1
    corrupted, labels = mask_tokens(ids, np.random.default_rng(0), 3, 100, (1,))
    chosen = labels != IGNORED
    assert chosen[:, 1:].mean() == pytest.approx(0.15, abs=0.01)
    assert not chosen[:, 0].any()
    np.testing.assert_array_equal(labels[chosen], ids[chosen])
    np.testing.assert_array_equal(corrupted[~chosen], ids[~chosen])
    assert (corrupted[chosen] == 3).mean() == pytest.approx(0.8, abs=0.03)
    assert (corrupted[chosen] == ids[chosen]).mean() == pytest.approx(0.1, abs=0.02)


def test_a_padded_text_reads_the_same_as_alone() -> None:
    shape = BertShape(vocabulary=50, width=16, layers=2, heads=2, wide=32, longest=8)
    parameters = bert_parameters(shape, np.random.default_rng(0))
    alone = bert(parameters, shape, np.array([[5, 6, 7]]))
    padded = bert(parameters, shape, np.array([[5, 6, 7, 0, 0], [1, 2, 3, 4, 5]]), np.array([3, 5]))
    np.testing.assert_allclose(padded[:1, :3], alone, atol=1e-5)
    second = bert(parameters, shape, np.array([[5, 6, 7]]), segments=np.array([[0, 0, 1]]))
    assert not np.allclose(second, alone, atol=1e-3)
