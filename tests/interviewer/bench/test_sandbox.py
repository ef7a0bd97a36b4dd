"""The measurement measures what it says: an answer that is accepted, next to a fresh process."""

from __future__ import annotations

import pytest

from interviewer.bench import sandbox
from knowledge.errors import SandboxError


def test_every_number_is_measured() -> None:
    report = sandbox.run(seconds=0.1)
    assert report.isolation_level in range(5)
    assert 0 < report.graded.median <= report.graded.p95
    assert report.graded_per_second > 0
    assert report.zygote_megabytes > 5
    assert len(report.aims_met) == 4
    assert [item.against for item in report.comparisons[:2]] == ["fresh process, import numpy"] * 2


def test_a_wrong_answer_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "ANSWER", sandbox.ANSWER.replace("@ Wo", "@ Wo.T"))
    with pytest.raises(SandboxError, match="not accepted"):
        sandbox.run(seconds=0.1)
