from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.reference.autograd import Tensor, concatenate, differentiable, exp, log, unbroadcast
from evaluators.reference.gradient_check import numeric_gradient

draws = np.random.default_rng(0)
A = draws.normal(size=(2, 3, 4))
B = draws.normal(size=(4, 5))
ROW = draws.normal(size=(4,))
POSITIVE = np.abs(draws.normal(size=(3, 1))) + 0.5
PICK = np.array([0, 2, 2, 1])


def _ours(function: Any, *arrays: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    tensors = [Tensor(array) for array in arrays]
    out = function(*tensors)
    seed = np.cos(np.arange(out.data.size)).reshape(out.shape)
    out.backward(seed)
    return out.data, [tensor.grad for tensor in tensors]


def _torchs(function: Any, *arrays: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    out = function(*tensors)
    out.backward(torch.cos(torch.arange(out.numel(), dtype=torch.float64)).reshape(out.shape))
    return out.detach().numpy(), [tensor.grad.numpy() for tensor in tensors]


CASES = {
    "broadcast sum": (lambda a, b: a + b, lambda a, b: a + b, (A, ROW)),
    "broadcast product": (lambda a, b: a * b, lambda a, b: a * b, (A, POSITIVE)),
    "difference and quotient": (lambda a, b: (a - b) / b, lambda a, b: (a - b) / b, (A, POSITIVE)),
    "array on the left": (lambda a: 2.0 - 1.0 / (3.0 + a * a), lambda a: 2.0 - 1.0 / (3.0 + a * a), (A,)),
    "power": (lambda a: (-a) ** 3, lambda a: (-a) ** 3, (A,)),
    "batched matmul": (lambda a, b: a @ b, lambda a, b: a @ b, (A, B)),
    "vector matmul": (lambda a, b: b @ a @ b, lambda a, b: b @ a @ b, (B @ B.T, ROW)),
    "matrix by vector": (lambda a, b: a @ b, lambda a, b: a @ b, (A, ROW)),
    "slices": (lambda a: a[:, 1:, ::2] * 2.0, lambda a: a[:, 1:, ::2] * 2.0, (A,)),
    "repeated rows": (lambda a: a[:, :, PICK], lambda a: a[:, :, torch.tensor(PICK)], (A,)),
    "sum": (lambda a: a.sum(axis=(0, 2)), lambda a: a.sum(dim=(0, 2)), (A,)),
    "mean": (lambda a: a.mean(axis=1, keepdims=True) * a, lambda a: a.mean(dim=1, keepdim=True) * a, (A,)),
    "max with ties": (lambda a: a.max(axis=1), lambda a: a.amax(dim=1), (np.round(A),)),
    "max of all": (lambda a: a.max(), lambda a: a.amax(), (A,)),
    "reshape and transpose": (
        lambda a: a.transpose(2, 0, 1).reshape(4, 6) ** 2,
        lambda a: a.permute(2, 0, 1).reshape(4, 6) ** 2,
        (A,),
    ),
    "concatenate": (
        lambda a, b: concatenate(a, b, axis=2) ** 2,
        lambda a, b: torch.cat([a, b], 2) ** 2,
        (A, A[..., :1].copy()),
    ),
    "exp and log": (lambda a: log(exp(a) + 1.0), lambda a: torch.log(torch.exp(a) + 1.0), (A,)),
    "used twice": (lambda a: a * a + a, lambda a: a * a + a, (A,)),
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients_equal_pytorch_and_finite_differences(name: str) -> None:
    ours, theirs, arrays = CASES[name]
    value, gradients = _ours(ours, *arrays)
    expected_value, expected = _torchs(theirs, *arrays)
    np.testing.assert_allclose(value, expected_value, rtol=1e-12, atol=1e-12)
    seed = np.cos(np.arange(value.size)).reshape(value.shape)
    for position, (gradient, other) in enumerate(zip(gradients, expected, strict=True)):
        np.testing.assert_allclose(gradient, other, rtol=1e-12, atol=1e-12)
        if name == "max with ties":  # no derivative there, only a convention
            continue

        def loss(x: np.ndarray, position: int = position) -> float:
            changed = [x if index == position else array for index, array in enumerate(arrays)]
            return float((ours(*[Tensor(array) for array in changed]).data * seed).sum())

        np.testing.assert_allclose(gradient, numeric_gradient(loss, arrays[position]), rtol=1e-5, atol=1e-7)


def test_gradients_add_up_until_they_are_forgotten() -> None:
    x = Tensor(np.array([3.0]))
    (x * x).backward()
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [12.0])
    x.zero_grad()
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [6.0])


def test_two_leaves_never_share_one_gradient_array() -> None:
    x, y = Tensor(np.zeros(3)), Tensor(np.zeros(3))
    (x + y).sum().backward()
    x.grad *= 0.0
    np.testing.assert_array_equal(y.grad, np.ones(3))


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    x = total = Tensor(np.array(1.0))
    for _ in range(5_000):
        total = total + x
    total.backward()
    assert x.grad == 5_001


def test_backward_wants_a_seed_unless_scalar() -> None:
    with pytest.raises(ValueError, match="seed"):
        Tensor(A).backward()


def test_arrays_alone_stay_arrays() -> None:
    assert isinstance(concatenate(A, A), np.ndarray)


def test_a_wrong_backward_is_caught_by_finite_differences() -> None:
    wrong = differentiable(lambda x: (x * x, x), lambda dout, x: (dout * x,))  # the factor 2 is missing
    _, (gradient,) = _ours(lambda x: wrong(x), ROW)
    seed = np.cos(np.arange(ROW.size))
    numeric = numeric_gradient(lambda x: float((x * x * seed).sum()), ROW)
    assert not np.allclose(gradient, numeric, rtol=1e-3)


@given(st.lists(st.integers(1, 3), max_size=4), st.data())
@settings(max_examples=50, deadline=None)
def test_unbroadcast_undoes_any_broadcast(shape: list[int], data: Any) -> None:
    small = tuple(1 if data.draw(st.booleans()) else size for size in shape)[data.draw(st.integers(0, len(shape))) :]
    big = np.ones(shape)
    summed = unbroadcast(big, small)
    assert summed.shape == small
    assert summed.sum() == big.sum()
