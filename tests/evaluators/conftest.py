"""The encoder and the library, read once."""

from __future__ import annotations

import pytest

from evaluators.reference.minilm import MiniLM
from knowledge.library import Library


@pytest.fixture(scope="session")
def encoder() -> MiniLM:
    return MiniLM.load()


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()
