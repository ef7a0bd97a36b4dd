"""The networks are real: they learn, they decode, and they agree with PyTorch as a whole."""

from __future__ import annotations

import itertools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

import knowledge
from evaluators.reference import operations as ops
from evaluators.reference.attention import (
    attention,
    attention_forward,
    causal_mask,
    multi_head_attention,
    padding_mask,
)
from evaluators.reference.batch_norm import BatchNormState, batch_norm_forward
from evaluators.reference.bert import (
    BertShape,
    bert,
    bert_parameters,
    class_logits,
    mask_tokens,
    masked_token_logits,
)
from evaluators.reference.blockwise_attention import (
    blockwise_attention,
    blockwise_attention_backward,
    blockwise_attention_forward,
)
from evaluators.reference.character_model import CharacterModel, sample_index, top_k_top_p
from evaluators.reference.kv_cache import KeyValueCache, decode
from evaluators.reference.optimisers import Adam, AdamW
from evaluators.reference.positions import learned_positions, rotate, sinusoidal_positions
from evaluators.reference.quantisation import low_rank_linear, quantise, quantised_linear
from evaluators.reference.resnet import resnet, resnet_parameters
from evaluators.reference.softmax import IGNORED
from evaluators.reference.training import train_step
from evaluators.reference.transformer import encoder_layer, encoder_layer_parameters

draws = np.random.default_rng(4)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


@pytest.fixture(scope="module")
def material() -> str:
    """Our own prep notes; the question packs while there are none."""
    folder = Path(knowledge.__file__).parent
    files = sorted(folder.glob("notes/**/*.md")) or sorted(folder.glob("packs/*.yaml"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)[:200_000]
    assert len(text) > 10_000
    return text


def test_blockwise_attention_equals_the_plain_one_with_memory_that_grows_with_the_length() -> None:
    peaks = []
    for time in (256, 1024):
        q, k, v = (_n(1, 2, time, 16).astype(np.float32) for _ in range(3))
        dout = np.ones_like(q)
        tracemalloc.start()
        out, cache = blockwise_attention_forward(q, k, v, block=64)
        blockwise_attention_backward(dout, cache)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        np.testing.assert_allclose(out, attention(q, k, v), atol=1e-5)
    assert peaks[1] < 5 * peaks[0]  # four times the length; the square would be sixteen
    assert peaks[1] < 1024 * 1024 * 4  # one head's scores alone would be more


def test_plain_attention_does_grow_with_the_square() -> None:
    peaks = []
    for time in (256, 1024):
        q = _n(1, 2, time, 16).astype(np.float32)
        tracemalloc.start()
        attention(q, q, q)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] > 10 * peaks[0]


def test_blockwise_attention_survives_large_scores_and_ragged_blocks() -> None:
    q, k, v = _n(1, 2, 37, 8) * 40, _n(1, 2, 37, 8) * 40, _n(1, 2, 37, 8)
    np.testing.assert_allclose(
        blockwise_attention(q, k, v, block=10, causal=True), attention(q, k, v, causal_mask(37)), atol=1e-12
    )


def test_a_query_that_may_look_nowhere_gets_zeros() -> None:
    q = _n(2, 1, 4, 3)
    out = attention(q, q, q, padding_mask(np.array([4, 0]), 4))
    np.testing.assert_array_equal(out[1], 0.0)
    assert np.isfinite(out).all()


def test_attention_in_chunks_is_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = _n(2, 5, 6, 4), _n(2, 5, 7, 4), _n(2, 5, 7, 4)
    whole, _ = attention_forward(q, k, v)
    monkeypatch.setattr("evaluators.reference.attention._CHUNK", 50)
    np.testing.assert_allclose(attention(q, k, v), whole, atol=1e-14)


def test_multi_head_attention_equals_pytorch() -> None:
    x, wq, wk, wv, wo = _n(2, 5, 8), _n(8, 8), _n(8, 8), _n(8, 8), _n(8, 8)
    theirs = torch.nn.MultiheadAttention(8, 2, bias=False, batch_first=True, dtype=torch.float64)
    weights = {"in_proj_weight": np.concatenate([wq.T, wk.T, wv.T]), "out_proj.weight": wo.T}
    theirs.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    same = torch.tensor(x)
    expected = theirs(same, same, same, attn_mask=torch.tensor(~causal_mask(5)), need_weights=False)[0]
    np.testing.assert_allclose(
        multi_head_attention(x, wq, wk, wv, wo, 2, causal_mask(5)), expected.detach().numpy(), atol=1e-12
    )


@pytest.mark.parametrize("norm_first", [False, True])
def test_encoder_layer_equals_pytorch(norm_first: bool) -> None:
    parameters = {
        name: value + 0.1 * _n(*value.shape) for name, value in encoder_layer_parameters(draws, "layer", 8, 16).items()
    }
    theirs = torch.nn.TransformerEncoderLayer(
        8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    names = {
        "self_attn.in_proj": "qkv",
        "self_attn.out_proj": "project",
        "linear1": "expand",
        "linear2": "contract",
    }
    state = {}
    for their, our in names.items():
        joint = "_" if their.endswith("in_proj") else "."
        state[f"{their}{joint}weight"] = torch.tensor(parameters[f"layer.{our}.weight"].T)
        state[f"{their}{joint}bias"] = torch.tensor(parameters[f"layer.{our}.bias"])
    for name in ("norm1", "norm2"):
        state[f"{name}.weight"] = torch.tensor(parameters[f"layer.{name}.gamma"])
        state[f"{name}.bias"] = torch.tensor(parameters[f"layer.{name}.beta"])
    theirs.load_state_dict(state)
    x = _n(3, 5, 8)
    lengths = np.array([5, 3, 4])
    outside = torch.arange(5) >= torch.tensor(lengths)[:, None]
    expected = theirs.train()(torch.tensor(x), src_key_padding_mask=outside).detach().numpy()
    found = encoder_layer(parameters, "layer", x, 2, padding_mask(lengths, 5), eps=1e-5, norm_first=norm_first)
    inside = ~outside.numpy()
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-10)


def test_batch_norm_keeps_pytorchs_running_statistics() -> None:
    state, theirs = BatchNormState(3), torch.nn.BatchNorm2d(3, dtype=torch.float64)
    gamma, beta = np.ones(3), np.zeros(3)
    for _ in range(3):
        x = _n(4, 3, 2, 2) * 3 + 1
        batch_norm_forward(x, gamma, beta, state)
        theirs(torch.tensor(x))
    np.testing.assert_allclose(state.mean, theirs.running_mean.numpy())
    np.testing.assert_allclose(state.variance, theirs.running_var.numpy())
    served, _ = batch_norm_forward(x, gamma, beta, state, training=False)
    np.testing.assert_allclose(served, theirs.eval()(torch.tensor(x)).detach().numpy())
    with pytest.raises(ValueError, match="running statistics"):
        batch_norm_forward(x, gamma, beta, training=False)


def test_dropout_keeps_the_mean_and_does_nothing_at_inference() -> None:
    x = np.ones((100, 100))
    dropped = ops.dropout(x, rate=0.3, draws=np.random.default_rng(0))
    assert set(np.round(np.unique(dropped), 6)) == {0.0, round(1 / 0.7, 6)}
    assert dropped.mean() == pytest.approx(1.0, abs=0.02)
    assert ops.dropout(x, rate=0.3, draws=None) is x


def test_positions() -> None:
    table = sinusoidal_positions(50, 7)
    assert table.shape == (50, 7)
    np.testing.assert_allclose(
        table[3, :4], [np.sin(3), np.cos(3), np.sin(3 / 1e4 ** (2 / 7)), np.cos(3 / 1e4 ** (2 / 7))]
    )
    even = sinusoidal_positions(50, 8)
    products = even @ even.T
    np.testing.assert_allclose(np.diagonal(products, 5), products[0, 5])  # depends on the distance alone
    q, k = _n(1, 8), _n(1, 8)
    near = rotate(q, np.array([3])) @ rotate(k, np.array([1])).T
    far = rotate(q, np.array([103])) @ rotate(k, np.array([101])).T
    np.testing.assert_allclose(near, far)
    tokens = np.array([[4, 4]])
    learned = learned_positions(tokens, _n(5, 3), np.arange(9.0).reshape(3, 3))
    np.testing.assert_allclose(learned[0, 1] - learned[0, 0], 3.0)


def test_decoding_in_pieces_is_decoding_at_once() -> None:
    x, wq, wk, wv = _n(2, 9, 8), _n(8, 8), _n(8, 8), _n(8, 8)
    whole = decode(x, wq, wk, wv, 2, KeyValueCache())
    cache = KeyValueCache()
    ends = itertools.pairwise([0, 4, 5, 6, 9])
    pieces = [decode(x[:, start:end], wq, wk, wv, 2, cache) for start, end in ends]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-12)
    assert cache.length == 9
    changed = x.copy()
    changed[:, 5:] += 1.0
    np.testing.assert_allclose(decode(changed, wq, wk, wv, 2, KeyValueCache())[:, :5], whole[:, :5])


def test_eight_bits_are_nearly_enough() -> None:
    weight = _n(16, 32) * np.logspace(-3, 2, 16)[:, None]  # rows of very different size
    weight[3] = 0.0
    packed = quantise(weight)
    assert packed.codes.dtype == np.int8
    assert packed.codes.min() >= -127
    assert (np.abs(packed.restored() - weight) <= packed.scales * 0.501).all()
    x = _n(5, 32)
    exact = x @ weight.T
    error = np.abs(quantised_linear(x, packed) - exact) / np.maximum(np.abs(exact).max(axis=0), 1e-12)
    assert error.max() < 0.03
    one_scale = np.rint(weight / (np.abs(weight).max() / 127)) * (np.abs(weight).max() / 127)
    assert np.abs(x @ one_scale.T - exact)[:, 0].max() > 10 * np.abs(quantised_linear(x, packed) - exact)[:, 0].max()


def test_a_low_rank_correction_is_a_change_of_the_weight() -> None:
    x, weight, down, up = _n(3, 6), _n(4, 6), _n(2, 6), _n(4, 2)
    np.testing.assert_allclose(low_rank_linear(x, weight, down, up, 8.0), x @ (weight + 4.0 * up @ down).T)


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


def test_bert_learns_from_masked_text_and_a_head_is_tuned_on_top(material: str) -> None:
    words = material.lower().split()
    common = sorted(set(words), key=lambda word: (-words.count(word), word))[:196] if len(words) < 5_000 else None
    if common is None:
        found, counts = np.unique(words, return_counts=True)
        common = list(found[np.argsort(-counts, kind="stable")[:196]])
    pad, mask, other, first = 0, 1, 2, 3
    number = {word: index + 4 for index, word in enumerate(common)}
    ids = np.array([number.get(word, other) for word in words])
    rows = ids[: len(ids) // 16 * 16].reshape(-1, 16)
    rows = np.column_stack([np.full(len(rows), first), rows])  # (n, 17)
    shape = BertShape(vocabulary=200, width=48, layers=2, heads=4, wide=96, longest=17)
    generator = np.random.default_rng(0)
    parameters = bert_parameters(shape, generator)
    optimiser = AdamW(list(parameters.values()), rate=3e-3, weight_decay=0.01)

    def masked_loss(current, chosen, corrupted, labels):
        return ops.cross_entropy(masked_token_logits(current, bert(current, shape, corrupted)), labels)

    test_rows, test_labels = mask_tokens(rows[::7], generator, mask, 200, (pad, first))
    before = float(masked_loss(parameters, None, test_rows, test_labels))
    for _ in range(100):
        corrupted, labels = mask_tokens(rows[generator.integers(0, len(rows), 32)], generator, mask, 200, (pad, first))
        train_step(parameters, optimiser, lambda p, c=corrupted, y=labels: masked_loss(p, None, c, y), longest=1.0)
    after = float(masked_loss(parameters, None, test_rows, test_labels))
    assert before == pytest.approx(np.log(200), rel=0.05)  # it knew nothing
    assert after < before - 1.0

    # The head: does a row hold the most common word of all?
    answers = (rows == 4).any(axis=1).astype(np.int64)
    optimiser = Adam(list(parameters.values()), rate=1e-3)
    for _ in range(60):
        chosen = generator.integers(0, len(rows), 32)

        def loss(p, chosen=chosen):
            return ops.cross_entropy(class_logits(p, bert(p, shape, rows[chosen])), answers[chosen])

        train_step(parameters, optimiser, loss, longest=1.0)
    decided = class_logits(parameters, bert(parameters, shape, rows[:400])).argmax(axis=1)
    share = max(answers[:400].mean(), 1 - answers[:400].mean())
    assert (decided == answers[:400]).mean() > (1 + share) / 2


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


def test_a_small_residual_network_learns_where_the_stripes_run() -> None:
    generator = np.random.default_rng(0)

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = generator.integers(0, 2, count)
        wave = np.sin(np.arange(12) * 1.5 + generator.uniform(0, 6, (count, 1)))  # phase must not matter
        x = np.where(labels[:, None, None], wave[:, None, :], wave[:, :, None]) * np.ones((count, 12, 12))
        return (x + generator.normal(size=x.shape) * 0.5)[:, None].astype(np.float32), labels

    parameters, states = resnet_parameters(generator, 1, (8, 16), 2)
    optimiser = Adam(list(parameters.values()), rate=3e-3)
    for _ in range(30):
        x, labels = images(32)
        train_step(parameters, optimiser, lambda p, x=x, y=labels: ops.cross_entropy(resnet(p, states, x), y))
    x, labels = images(200)
    assert (resnet(parameters, states, x, training=False).argmax(axis=1) == labels).mean() > 0.95
