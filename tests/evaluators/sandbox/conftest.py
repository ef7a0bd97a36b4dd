"""Sandboxes that live as long as a test file, and an honest submission to check that they still answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from evaluators.sandbox import Call, Job, Limits, Outcome, Sandbox

TIGHT = Limits(cpu_seconds=1, wall_seconds=1.0, memory_mb=128)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """All that this system offers."""
    with Sandbox() as everything:
        yield everything


@pytest.fixture(scope="module", params=[4, 2], ids=["all-layers", "without-namespaces"])
def closed_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox that may be given strangers' code: with everything, and as in a container that denies namespaces."""
    with Sandbox(most_level=request.param) as closed:
        if closed.level < 2:
            pytest.skip("this system cannot hide files from a process")
        yield closed


@pytest.fixture(scope="module", params=[4, 0], ids=["zygote", "workers"])
def any_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The two shapes: forks of a warm process, and one-shot workers."""
    with Sandbox(most_level=request.param) as either:
        yield either


@pytest.fixture
def attack() -> Callable[..., Outcome]:
    """Run a source's function `f` under tight limits; afterwards an honest answer must still be right."""

    def run(sandbox: Sandbox, source: str, *args: object, limits: Limits = TIGHT) -> Outcome:
        outcome = sandbox.run(Job(source, "f", (Call(args),), limits=limits))  # type: ignore[arg-type]
        still_right(sandbox)
        return outcome

    return run


def still_right(sandbox: Sandbox) -> None:
    """Assert that an honest submission is answered, correctly."""
    numbers = np.random.default_rng().normal(size=(3, 4))
    outcome = sandbox.run(
        Job("import numpy as np\n\ndef f(x):\n    return np.exp(x).sum(1)\n", "f", (Call((numbers,)),))
    )
    assert outcome.ok, outcome
    np.testing.assert_allclose(outcome.results[0].value, np.exp(numbers).sum(1))  # type: ignore[arg-type]
