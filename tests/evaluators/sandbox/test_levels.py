"""The level is what a child found by trying, and never more than what was asked for."""

from __future__ import annotations

import platform

import pytest

from evaluators.sandbox import SAFE_LEVEL, Call, Job, Sandbox, describe_level, probe_level
from evaluators.sandbox.inside.lockdown import Layers
from evaluators.sandbox.processes import Zygote
from knowledge.errors import SandboxError

LOOK = """
import os

def f():
    def can(attempt):
        try:
            return bool(attempt())
        except OSError:
            return False
    return {
        "read files": can(lambda: open("/etc/passwd").read()),
        "signal": can(lambda: os.kill(os.getppid(), 0) is None),
        "see processes": os.getppid() != 1,
        "find files": can(lambda: os.stat("/etc/passwd")),
    }
"""
CLAIMED = {
    0: {"read files": True, "signal": True, "see processes": True, "find files": True},
    1: {"read files": True, "signal": False, "see processes": True, "find files": True},
    2: {"read files": False, "signal": False, "see processes": True, "find files": True},
    3: {"read files": False, "signal": False, "see processes": False},
    4: {"read files": False, "signal": False, "see processes": False, "find files": False},
}


@pytest.mark.parametrize("most_level", range(5))
def test_what_a_level_claims_holds(most_level: int) -> None:
    with Sandbox(most_level=most_level) as sandbox:
        outcome = sandbox.run(Job(LOOK, "f", (Call(),)))
        assert outcome.ok, outcome
        assert outcome.isolation_level == sandbox.level <= most_level
        found = outcome.results[0].value
        assert isinstance(found, dict)
        assert {name: found[name] for name in CLAIMED[sandbox.level]} == CLAIMED[sandbox.level]


def test_the_probe_finds_what_the_sandbox_offers(sandbox: Sandbox) -> None:
    assert probe_level() == sandbox.level


def test_a_system_without_these_layers_is_level_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert probe_level() == 0
    with Sandbox() as sandbox:
        assert sandbox.level == 0
        outcome = sandbox.run(Job("def f(): return 1", "f", (Call(),)))
        assert (outcome.isolation_level, outcome.results[0].value) == (0, 1)


def test_layers_without_proof_are_worth_nothing() -> None:
    everything = Layers(namespaces=True, own_root=True, landlock=True)
    assert [everything.level(proven) for proven in (0, 1, 2)] == [0, 1, 4]
    assert Layers(namespaces=False, own_root=False, landlock=True).level(2) == 2
    assert Layers(namespaces=True, own_root=True, landlock=False).level(2) == 3


def test_every_level_is_described() -> None:
    claims = [describe_level(level) for level in range(5)]
    assert len(set(claims)) == 5
    assert "read your files" in claims[0]
    assert SAFE_LEVEL == 2


def test_nothing_that_starts_is_an_error_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(SandboxError) as caught:
        Zygote()
    assert caught.value.hint
