"""That both sides of each comparison compute the same; how fast they do is for the command to say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits
from typer.testing import CliRunner

from interviewer.bench import core
from interviewer.bench.timing import Comparison, comparison
from interviewer.cli.bench import bench_app


def _arrays(value: Any) -> list[np.ndarray]:
    """The arrays of a result, those of a cache left out."""
    if isinstance(value, torch.Tensor):
        return [value.detach().numpy()]
    if isinstance(value, np.ndarray):
        return [value]
    return [found for item in value or () if not isinstance(item, tuple | list) for found in _arrays(item)]


@pytest.mark.parametrize("part", [core.attention, core.lstm_step, core.convolution, core.encoder_layer])
def test_both_sides_compute_the_same(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []

    def once(name: str, size: str, ours: Any, theirs: Any, seconds: float) -> list[Comparison]:
        mine = _arrays(ours())
        for run, _ in theirs.values():
            other = _arrays(run())
            for one, two in zip(mine, other, strict=False):
                if one.shape == two.shape:
                    np.testing.assert_allclose(one, two, atol=2e-3 * max(1.0, float(np.abs(two).max())))
                    checked.append(name)
        return []

    monkeypatch.setattr(core, "compare", once)
    with threadpool_limits(1), torch.no_grad():
        assert part(0.0) == []
    assert checked


def test_the_command_prints_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    report = core.CoreReport(
        processor="some",
        threads=2,
        versions={"numpy": "2"},
        comparisons=(comparison("attention", "8", "PyTorch", [1.0], [2.0], 1.5),),
    )
    monkeypatch.setattr(core, "run", lambda *arguments: report)
    printed = CliRunner().invoke(bench_app, ["core", "--json"])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout)["comparisons"][0]["ratio"] == 0.5
    table = CliRunner().invoke(bench_app, ["core"])
    assert "attention" in table.stdout
    assert "0.50" in table.stdout
