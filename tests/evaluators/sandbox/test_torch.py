"""Answers written in PyTorch, in a warm process of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from evaluators.sandbox import TORCH_LIMITS, Call, Job, Limits, Outcome, Sandbox

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def torch_sandbox() -> Iterator[Sandbox]:
    """One zygote with PyTorch for all tests of this file: it takes seconds to start."""
    with Sandbox() as sandbox:
        yield sandbox


def run(sandbox: Sandbox, source: str, *args: object, tensors: bool = True) -> Outcome:
    return sandbox.run(Job(source, "f", (Call(args),), torch=True, tensors=tensors))  # type: ignore[arg-type]


def test_arrays_arrive_as_tensors_and_tensors_come_back_as_arrays(torch_sandbox: Sandbox) -> None:
    source = "import torch\n\ndef f(x):\n    return torch.softmax(x, -1), x.bfloat16(), x > 0, type(x).__name__"
    numbers = np.random.default_rng(0).normal(size=(2, 3))
    outcome = run(torch_sandbox, source, numbers)
    assert outcome.ok, outcome
    softmax, short, positive, name = outcome.results[0].value  # type: ignore[misc]
    np.testing.assert_allclose(softmax, np.exp(numbers) / np.exp(numbers).sum(-1, keepdims=True))
    assert short.dtype == np.float32
    assert positive.tolist() == (numbers > 0).tolist()
    assert name == "Tensor"


def test_arrays_stay_arrays_where_that_is_asked_for(torch_sandbox: Sandbox) -> None:
    source = "import torch\n\ndef f(x):\n    return torch.from_numpy(x).sum(), type(x).__name__"
    assert run(torch_sandbox, source, np.ones(3), tensors=False).results[0].value[1] == "ndarray"  # type: ignore[index]


def test_an_answer_that_converts_its_inputs_itself_is_right_too(torch_sandbox: Sandbox) -> None:
    source = "import torch\n\ndef f(x):\n    return torch.from_numpy(x).sum() + torch.as_tensor(x).sum()"
    assert run(torch_sandbox, source, np.ones(3)).results[0].value == 6


@pytest.mark.parametrize(
    "body",
    [
        "torch.randn(400, 400) @ torch.randn(400, 400)",
        "torch.nn.Conv2d(3, 8, 3)(torch.randn(4, 3, 32, 32))",
        "torch.nn.LSTM(8, 16)(torch.randn(20, 4, 8))[0]",
        "torch.nn.TransformerEncoderLayer(16, 4)(torch.randn(5, 2, 16))",
        "torch.nn.functional.scaled_dot_product_attention(*[torch.randn(2, 4, 64, 16)] * 3)",
        "torch.linalg.svd(torch.randn(50, 50))[1]",
        "torch.nn.BatchNorm1d(4)(torch.randn(8, 4))",
        "torch.optim.Adam([torch.zeros(3, requires_grad=True)]).param_groups[0]['lr']",
        "torch.sort(torch.randn(100_000)).values[:3]",
    ],
)
def test_operations_that_use_threads_elsewhere_do_not_hang(torch_sandbox: Sandbox, body: str) -> None:
    outcome = run(torch_sandbox, f"import torch\n\ndef f():\n    return {body}")
    assert outcome.ok, outcome


@pytest.mark.parametrize("optimiser", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_training_with_gradients_works(torch_sandbox: Sandbox, optimiser: str) -> None:
    source = f"""
import torch

def f(x, y):
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)).double()
    optimiser = torch.optim.{optimiser}(model.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss)
    return losses
"""
    numbers = np.random.default_rng(0).normal(size=(16, 3))
    outcome = run(torch_sandbox, source, numbers, numbers.sum(1, keepdims=True))
    assert outcome.ok, outcome
    losses = outcome.results[0].value
    assert losses[-1] < losses[0]  # type: ignore[index, operator]


def test_limits_are_higher_unless_the_job_has_its_own() -> None:
    assert Job("", "", torch=True).effective_limits == TORCH_LIMITS
    assert Job("", "", torch=True, limits=Limits(cpu_seconds=1)).effective_limits.cpu_seconds == 1
    assert Job("", "").effective_limits == Limits()


@pytest.mark.parametrize(
    "body",
    [
        "open('/etc/passwd').read()",
        "torch.save(torch.ones(1), '/tmp/answer-was-here')",
        "__import__('socket').socket()",
        "__import__('os').fork()",
        "torch.utils.data.DataLoader([1, 2], num_workers=2).__iter__()",
        "__import__('sklearn').__name__",
    ],
)
def test_it_is_closed_in_alike(torch_sandbox: Sandbox, attack: Callable[..., Outcome], body: str) -> None:
    if torch_sandbox.level < 2:
        pytest.skip("this system cannot hide files from a process")
    assert not run(torch_sandbox, f"import torch, torch.utils.data\n\ndef f():\n    return str({body})").ok
