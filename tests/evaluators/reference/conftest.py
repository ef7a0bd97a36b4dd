"""What the learning tests learn from, and how many threads they take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

import knowledge


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """Matrices of tests are small: threads would spend their time on waiting for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def material() -> str:
    """Our own prep notes and question packs, at most 200,000 characters."""
    folder = Path(knowledge.__file__).parent
    files = [*sorted(folder.glob("notes/**/*.md")), *sorted(folder.glob("packs/*.yaml"))]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)[:200_000]
    assert len(text) > 10_000
    return text
