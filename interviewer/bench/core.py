"""The from-scratch core against PyTorch and sentence-transformers: same machine, same threads, same run, in turns."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from interviewer.bench.timing import Comparison, compare, comparison

if TYPE_CHECKING:
    from collections.abc import Callable

EAGER, FUSED, BACKWARD, ENCODER, COLD = 1.5, 3.0, 3.0, 1.3, 0.1  # the highest ratios aimed at
QUESTION = "What is the vanishing gradient problem, and how do LSTMs address it?"


class CoreReport(BaseModel):
    """What was measured, and where."""

    model_config = ConfigDict(frozen=True)

    processor: str
    threads: int
    versions: dict[str, str]
    comparisons: tuple[Comparison, ...]


def run(
    progress: Callable[[str], None] = lambda _: None, seconds: float = 2.0, threads: int | None = None
) -> CoreReport:
    """Return every comparison.

    Args:
        progress: told what is measured next.
        seconds: time given to each comparison.
        threads: how many each side may use; every processor if None.
    """
    import torch
    from threadpoolctl import threadpool_limits

    threads = threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    parts = (attention, lstm_step, convolution, encoder_layer, sentence, cold_start)
    found: list[Comparison] = []
    with threadpool_limits(threads), torch.no_grad():
        for part in parts:
            progress((part.__doc__ or "").rstrip("."))
            found += part(seconds)
    return CoreReport(
        processor=_processor(),
        threads=threads,
        versions={"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        comparisons=tuple(found),
    )


def attention(seconds: float) -> list[Comparison]:
    """Attention, forward and backward, at the sizes of BERT-base."""
    return [item for batch, length in ((8, 128), (1, 512)) for item in _attention_at(batch, length, seconds)]


def _attention_at(batch: int, length: int, seconds: float) -> list[Comparison]:
    import torch
    from torch.nn.functional import scaled_dot_product_attention as fused

    from evaluators.reference.attention import attention_backward, attention_forward

    size = f"{batch} × 12 × {length} × 64"
    q, k, v, dout = np.random.default_rng(0).normal(size=(4, batch, 12, length, 64)).astype(np.float32)
    tensors = [torch.from_numpy(item) for item in (q, k, v)]

    def eager(q: Any, k: Any, v: Any) -> Any:
        return torch.softmax(q @ k.transpose(-1, -2) / 8.0, -1) @ v

    forward = compare(
        "attention forward",
        size,
        lambda: attention_forward(q, k, v),
        {"PyTorch eager": (lambda: eager(*tensors), EAGER), "PyTorch fused": (lambda: fused(*tensors), FUSED)},
        seconds,
    )
    _, cache = attention_forward(q, k, v)
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    with torch.enable_grad():
        one, other = eager(*leaves), fused(*leaves)
    seed = torch.from_numpy(dout)
    backward = compare(
        "attention backward",
        size,
        lambda: attention_backward(dout, cache),
        {
            "PyTorch eager": (lambda: torch.autograd.grad(one, leaves, seed, retain_graph=True), BACKWARD),
            "PyTorch fused": (lambda: torch.autograd.grad(other, leaves, seed, retain_graph=True), None),
        },
        seconds,
    )
    return forward + backward


def lstm_step(seconds: float) -> list[Comparison]:
    """One step of an LSTM, and its backward pass."""
    import torch

    from evaluators.reference.recurrent import lstm_step, lstm_step_backward

    batch, hidden = 32, 768
    size = f"{batch} × {hidden} to {hidden}"
    cell = torch.nn.LSTMCell(hidden, hidden)
    wx, wh = (np.ascontiguousarray(item.detach().numpy().T) for item in (cell.weight_ih, cell.weight_hh))
    bias = (cell.bias_ih + cell.bias_hh).detach().numpy()
    x, h, c, dh = np.random.default_rng(0).normal(size=(4, batch, hidden)).astype(np.float32)
    tensors = [torch.from_numpy(item) for item in (x, h, c)]

    def ours() -> Any:
        gates = x @ wx
        gates += h @ wh
        gates += bias
        return lstm_step(gates, c)

    forward = compare(
        "LSTM step forward", size, ours, {"PyTorch": (lambda: cell(tensors[0], tuple(tensors[1:])), EAGER)}, seconds
    )
    _, _, cache = ours()
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    with torch.enable_grad():
        out, _ = cell(leaves[0], tuple(leaves[1:]))
    wanted = [*leaves, *cell.parameters()]
    seed = torch.from_numpy(dh)
    nothing = np.zeros_like(c)

    def ours_back() -> Any:
        dgates, dcell = lstm_step_backward(dh, nothing, cache)
        return dgates @ wx.T, dgates @ wh.T, dcell, x.T @ dgates, h.T @ dgates, dgates.sum(axis=0)

    def theirs_back() -> Any:
        return torch.autograd.grad(out, wanted, seed, retain_graph=True)

    return forward + compare("LSTM step backward", size, ours_back, {"PyTorch": (theirs_back, BACKWARD)}, seconds)


def convolution(seconds: float) -> list[Comparison]:
    """A 3 × 3 convolution of ResNet's second stage, and its backward pass."""
    import torch
    from torch.nn.functional import conv2d

    from evaluators.reference.convolution import conv2d_backward, conv2d_forward

    size = "8 × 64 × 56 × 56 to 64"
    draws = np.random.default_rng(0)
    x = draws.normal(size=(8, 64, 56, 56)).astype(np.float32)
    weight = draws.normal(size=(64, 64, 3, 3)).astype(np.float32)
    bias = draws.normal(size=64).astype(np.float32)
    tensors = [torch.from_numpy(item) for item in (x, weight, bias)]
    forward = compare(
        "conv2d forward",
        size,
        lambda: conv2d_forward(x, weight, bias, padding=1),
        {"PyTorch": (lambda: conv2d(*tensors, padding=1), FUSED)},
        seconds,
    )
    out, cache = conv2d_forward(x, weight, bias, padding=1)
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    with torch.enable_grad():
        graph = conv2d(*leaves, padding=1)
    seed = torch.from_numpy(out)
    theirs = {"PyTorch": (lambda: torch.autograd.grad(graph, leaves, seed, retain_graph=True), BACKWARD)}
    return forward + compare("conv2d backward", size, lambda: conv2d_backward(out, cache), theirs, seconds)


def encoder_layer(seconds: float) -> list[Comparison]:
    """One layer of BERT-base's encoder, and its backward pass through the autograd engine."""
    import torch

    from evaluators.reference.autograd import Tensor
    from evaluators.reference.transformer import encoder_layer, encoder_layer_parameters

    size = "8 × 128 × 768"
    draws = np.random.default_rng(0)
    parameters = encoder_layer_parameters(draws, "layer", 768, 3072)
    x, dout = draws.normal(size=(2, 8, 128, 768)).astype(np.float32)
    p = {name.removeprefix("layer."): torch.from_numpy(value) for name, value in parameters.items()}
    fused = _fused_layer(p)
    inputs = torch.from_numpy(x)
    forward = compare(
        "encoder layer forward",
        size,
        lambda: encoder_layer(parameters, "layer", x, 12),
        {
            "PyTorch eager": (lambda: _eager_layer(p, inputs), EAGER),
            "PyTorch fused": (lambda: fused(inputs), FUSED),
        },
        seconds,
    )
    tensors = {name: Tensor(value) for name, value in parameters.items()}
    out = encoder_layer(tensors, "layer", Tensor(x), 12)
    leaves = {name: value.clone().requires_grad_() for name, value in p.items()}
    start = inputs.clone().requires_grad_()
    with torch.enable_grad():
        graph = _eager_layer(leaves, start)
    seed = torch.from_numpy(dout)
    wanted = [start, *leaves.values()]

    def ours() -> None:
        for tensor in tensors.values():
            tensor.zero_grad()
        out.backward(dout)

    def theirs() -> Any:
        return torch.autograd.grad(graph, wanted, seed, retain_graph=True)

    return forward + compare("encoder layer backward", size, ours, {"PyTorch eager": (theirs, BACKWARD)}, seconds)


def sentence(seconds: float) -> list[Comparison]:
    """The sentence encoder on one short text and on one of two hundred words."""
    from evaluators.reference.minilm import MiniLM, installed_weights

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        theirs = SentenceTransformer(str(installed_weights()), device="cpu", local_files_only=True)
    ours = MiniLM.load()

    def on(size: str, text: str, target: float | None) -> list[Comparison]:
        def other() -> Any:
            return theirs.encode([text], normalize_embeddings=True, show_progress_bar=False)

        return compare(
            "all-MiniLM-L6-v2", size, lambda: ours.encode([text]), {"sentence-transformers": (other, target)}, seconds
        )

    return on("12 words", QUESTION, ENCODER) + on("204 words", " ".join([QUESTION] * 17), None)


def cold_start(seconds: float) -> list[Comparison]:
    """From the start of a process to the first vector."""
    ours = "from evaluators.reference.minilm import MiniLM\nMiniLM.load().encode(['hello'])"
    theirs = (
        "from evaluators.reference.minilm import installed_weights\n"
        "from sentence_transformers import SentenceTransformer\n"
        "SentenceTransformer(str(installed_weights()), device='cpu', local_files_only=True).encode(['hello'])"
    )
    taken: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + 6 * seconds
    while len(taken[0]) < 3 or (time.perf_counter() < end and len(taken[0]) < 10):
        for code, times in zip((ours, theirs), taken, strict=True):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # noqa: S603 – our own words
            times.append(time.perf_counter() - start)
    return [comparison("cold start", "to first vector", "sentence-transformers", *taken, COLD)]


def _eager_layer(p: dict[str, Any], x: Any) -> Any:
    """BERT's layer as one writes it in PyTorch without a fused kernel."""
    import torch
    from torch.nn.functional import gelu, layer_norm

    batch, length, width = x.shape
    qkv = torch.addmm(p["qkv.bias"], x.reshape(-1, width), p["qkv.weight"])
    q, k, v = qkv.reshape(batch, length, 3, 12, -1).permute(2, 0, 3, 1, 4)
    mixed = torch.softmax(q @ k.transpose(-1, -2) / 8.0, -1) @ v
    mixed = mixed.transpose(1, 2).reshape(-1, width)
    projected = torch.addmm(p["project.bias"], mixed, p["project.weight"]).reshape(x.shape)
    y = layer_norm(x + projected, (width,), p["norm1.gamma"], p["norm1.beta"], 1e-12)
    wide = gelu(torch.addmm(p["expand.bias"], y.reshape(-1, width), p["expand.weight"]))
    z = torch.addmm(p["contract.bias"], wide, p["contract.weight"]).reshape(x.shape)
    return layer_norm(y + z, (width,), p["norm2.gamma"], p["norm2.beta"], 1e-12)


def _fused_layer(p: dict[str, Any]) -> Any:
    """Return PyTorch's own layer with the same parameters; at inference it takes its fused path."""
    import torch

    layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, 0.0, "gelu", batch_first=True, layer_norm_eps=1e-12)
    names = {
        "qkv": "self_attn.in_proj_",
        "project": "self_attn.out_proj.",
        "expand": "linear1.",
        "contract": "linear2.",
    }
    state = {}
    for ours, theirs in names.items():
        state[f"{theirs}weight"] = p[f"{ours}.weight"].T.contiguous()
        state[f"{theirs}bias"] = p[f"{ours}.bias"]
    for norm in ("norm1", "norm2"):
        state[f"{norm}.weight"], state[f"{norm}.bias"] = p[f"{norm}.gamma"], p[f"{norm}.beta"]
    layer.load_state_dict(state)
    return layer.eval()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
