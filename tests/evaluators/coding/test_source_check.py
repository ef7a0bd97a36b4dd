from __future__ import annotations

import pytest

from evaluators.coding.exercise import find_exercise
from evaluators.coding.source_check import check_source

BACKPROP = "def two_layer_backprop(X, y, W1, b1, W2, b2):\n    "


@pytest.mark.parametrize(
    ("slug", "source"),
    [
        ("ridge", "from numpy.linalg import lstsq\ndef ridge(X, y, lam):\n    return lstsq(X, y)[0], 0"),
        ("ridge", "import numpy as np\ndef ridge(X, y, lam):\n    return np.linalg.lstsq(X, y)[0], 0"),
        ("ridge", "import scipy.linalg\ndef ridge(X, y, lam):\n    return 0"),
        ("softmax", "import torch\ndef softmax(x, axis):\n    return x.softmax(axis)"),
        ("softmax", "from torch.nn.functional import softmax\n"),
        ("adam", "import torch\ndef adam(w, grads, lr, beta1, beta2, eps):\n    return torch.optim.Adam([w])"),
        ("two_layer_backprop", f"import torch\n{BACKPROP}loss = X.sum()\n    loss.backward()"),
    ],
)
def test_borrowed_answers_are_found(slug: str, source: str) -> None:
    assert check_source(find_exercise(slug), source).borrowed


@pytest.mark.parametrize(
    ("slug", "source"),
    [
        ("softmax", "import numpy as np\ndef softmax(x, axis):\n    return np.exp(x)"),
        ("two_layer_backprop", f"class Layer:\n    def backward(self): ...\n{BACKPROP}return Layer().backward()"),
        ("ridge", "import numpy as np\ndef ridge(X, y, lam):\n    return np.linalg.solve(X.T @ X, X.T @ y), 0"),
        ("ridge", "def solved(X, y): ...\ndef ridge(X, y, lam=0.0, *more):\n    return solved(X, y)"),
        ("ridge", "ridge = lambda X, y, lam: (X, y)"),
    ],
)
def test_own_work_is_let_through(slug: str, source: str) -> None:
    checked = check_source(find_exercise(slug), source)
    assert not checked.borrowed
    assert not checked.problem


@pytest.mark.parametrize(
    ("source", "torch"),
    [
        ("import torch.nn as nn\n", True),
        ("from torch import nn\n", True),
        ("import numpy\n", False),
        ("# torch\n", False),
    ],
)
def test_torch_is_asked_for_by_importing_it(source: str, torch: bool) -> None:
    assert check_source(find_exercise("ridge"), source + "def ridge(X, y, lam): ...").torch is torch


def test_nesting_bomb_is_refused() -> None:
    assert check_source(find_exercise("ridge"), "x = " + "(" * 5000 + ")" * 5000).problem
