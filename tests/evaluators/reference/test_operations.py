"""Every layer against PyTorch, value and gradient, and against finite differences in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from evaluators.reference import operations as ops
from evaluators.reference.attention import causal_mask, padding_mask
from evaluators.reference.autograd import Tensor
from evaluators.reference.gradient_check import numeric_gradient

draws = np.random.default_rng(1)


def _n(*shape: int) -> np.ndarray:
    return draws.normal(size=shape)


Q, K, V = _n(2, 2, 5, 4), _n(2, 2, 5, 4), _n(2, 2, 5, 4)
LENGTHS = padding_mask(np.array([5, 3]), 5)
LABELS = np.array([2, 0, -100, 1])
IDS = np.array([[0, 2, 2], [4, 0, 1]])
POSITIONS = np.arange(7, 12)


def _torch_lstm(x: Any, wx: Any, wh: Any, bias: Any) -> Any:
    return torch.func.functional_call(
        torch.nn.LSTM(3, 4, batch_first=True, dtype=torch.float64),
        {"weight_ih_l0": wx.T, "weight_hh_l0": wh.T, "bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias)},
        (x,),
    )[0]


def _torch_rnn(x: Any, state: Any, wx: Any, wh: Any, bias: Any) -> Any:
    return torch.func.functional_call(
        torch.nn.RNN(3, 4, batch_first=True, dtype=torch.float64),
        {"weight_ih_l0": wx.T, "weight_hh_l0": wh.T, "bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias)},
        (x, state[None]),
    )[0]


def _torch_self_attention(qkv: Any) -> Any:
    q, k, v = (part.reshape(2, 5, 2, 4).transpose(1, 2) for part in qkv.split(8, dim=-1))
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 5, 8)


def _torch_rotate(x: Any) -> Any:
    angle = torch.tensor(POSITIONS)[:, None] / 10_000 ** (torch.arange(0, 4, 2, dtype=torch.float64) / 4)
    turned = torch.view_as_complex(x.reshape(2, 2, 5, 2, 2)) * torch.polar(torch.ones_like(angle), angle)
    return torch.view_as_real(turned).reshape(x.shape)


CASES: dict[str, tuple[Any, Any, tuple[np.ndarray, ...]]] = {
    "relu": (ops.relu, functional.relu, (_n(3, 4),)),
    "leaky_relu": (ops.leaky_relu, functional.leaky_relu, (_n(3, 4),)),
    "silu": (ops.silu, functional.silu, (_n(3, 4),)),
    "sigmoid": (ops.sigmoid, torch.sigmoid, (_n(3, 4) * 20,)),
    "tanh": (ops.tanh, torch.tanh, (_n(3, 4),)),
    "gelu": (ops.gelu, functional.gelu, (_n(3, 4),)),
    "softmax": (lambda x: ops.softmax(x, axis=1), lambda x: functional.softmax(x, 1), (_n(2, 3, 4),)),
    "log_softmax": (lambda x: ops.log_softmax(x, axis=0), lambda x: functional.log_softmax(x, 0), (_n(2, 3, 4),)),
    "cross_entropy": (
        lambda x: ops.cross_entropy(x, LABELS),
        lambda x: functional.cross_entropy(x, torch.tensor(LABELS)),
        (_n(4, 3),),
    ),
    "linear": (ops.linear, lambda x, w, b: functional.linear(x, w.T, b), (_n(2, 3, 4), _n(4, 5), _n(5))),
    "linear without bias": (ops.linear, lambda x, w: x @ w, (_n(2, 3, 4), _n(4, 5))),
    "embedding": (
        lambda table: ops.embedding(table, IDS),
        lambda table: functional.embedding(torch.tensor(IDS), table),
        (_n(6, 3),),
    ),
    "layer_norm": (ops.layer_norm, lambda x, g, b: functional.layer_norm(x, (4,), g, b), (_n(2, 3, 4), _n(4), _n(4))),
    "batch_norm": (
        ops.batch_norm,
        lambda x, g, b: functional.batch_norm(x, None, None, g, b, training=True),
        (_n(3, 2, 4, 4), _n(2), _n(2)),
    ),
    "batch_norm of rows": (
        ops.batch_norm,
        lambda x, g, b: functional.batch_norm(x, None, None, g, b, training=True),
        (_n(5, 3), _n(3), _n(3)),
    ),
    "conv2d": (
        lambda x, w, b: ops.conv2d(x, w, b, stride=2, padding=1),
        lambda x, w, b: functional.conv2d(x, w, b, 2, 1),
        (_n(2, 3, 6, 5), _n(4, 3, 3, 2), _n(4)),
    ),
    "conv2d without bias": (ops.conv2d, functional.conv2d, (_n(1, 2, 4, 4), _n(3, 2, 3, 3))),
    "max_pool": (
        lambda x: ops.max_pool(x, size=3, stride=2),
        lambda x: functional.max_pool2d(x, 3, 2),
        (_n(2, 2, 7, 7),),
    ),
    "rnn": (ops.rnn, _torch_rnn, (_n(2, 5, 3), _n(2, 4), _n(3, 4), _n(4, 4), _n(4))),
    "lstm": (ops.lstm, _torch_lstm, (_n(2, 5, 3), _n(3, 16), _n(4, 16), _n(16))),
    "attention": (ops.attention, functional.scaled_dot_product_attention, (Q, K, V)),
    "causal attention": (
        lambda q, k, v: ops.attention(q, k, v, mask=causal_mask(5)),
        lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        (Q, K, V),
    ),
    "padded attention": (
        lambda q, k, v: ops.attention(q, k, v, mask=LENGTHS),
        lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, torch.tensor(LENGTHS)),
        (Q, K, V),
    ),
    "self_attention": (lambda x: ops.self_attention(x, heads=2), _torch_self_attention, (_n(2, 5, 24),)),
    "blockwise_attention": (
        lambda q, k, v: ops.blockwise_attention(q, k, v, block=2),
        functional.scaled_dot_product_attention,
        (Q, K, V),
    ),
    "causal blockwise_attention": (
        lambda q, k, v: ops.blockwise_attention(q, k, v, block=2, causal=True),
        lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        (Q, K, V),
    ),
    "rotate": (lambda x: ops.rotate(x, POSITIONS), _torch_rotate, (Q,)),
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients(name: str) -> None:
    ours, theirs, arrays = CASES[name]
    tensors = [Tensor(array) for array in arrays]
    out = ours(*tensors)
    seed = np.cos(np.arange(out.data.size)).reshape(out.shape)
    out.backward(seed)
    others = [torch.tensor(array, requires_grad=True) for array in arrays]
    expected = theirs(*others)
    expected.backward(torch.tensor(seed))
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    for position, (tensor, other) in enumerate(zip(tensors, others, strict=True)):
        np.testing.assert_allclose(tensor.grad, other.grad.numpy(), rtol=1e-9, atol=1e-10)

        def loss(x: np.ndarray, position: int = position) -> float:
            changed = [x if index == position else array for index, array in enumerate(arrays)]
            return float((ours(*changed) * seed).sum())

        np.testing.assert_allclose(tensor.grad, numeric_gradient(loss, arrays[position]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_single_precision_stays_single_and_near(name: str) -> None:
    ours, _, arrays = CASES[name]
    tensors = [Tensor(array.astype(np.float32)) for array in arrays]
    out = ours(*tensors)
    assert out.data.dtype == np.float32
    np.testing.assert_allclose(out.data, ours(*arrays), rtol=1e-3, atol=2e-4)
    out.backward(np.ones(out.shape, np.float32))
    assert {tensor.grad.dtype for tensor in tensors} == {np.dtype(np.float32)}
