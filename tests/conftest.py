"""What every test stands on: no network beyond loopback, no key, a home of its own, and services only by URL."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# A terminal prompt waits in `select`, which hangs on a file number above this one: what leaks files is to fail first.
MOST_OPEN_FILES = 1024

SERVICE_URLS = {"postgres": "INTERVIEWER_TEST_POSTGRES_URL"}


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module is imported: take keys and settings out of the environment, and count open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_OPEN_FILES, hard))
    for name in [n for n in os.environ if n.startswith(("OPENAI_", "ANTHROPIC_", "LANGSMITH_", "LANGCHAIN_"))]:
        del os.environ[name]
    for name in [n for n in os.environ if n.startswith("INTERVIEWER_") and not n.startswith("INTERVIEWER_TEST_")]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this test alone, also for child processes."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("INTERVIEWER_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_index_stays_open() -> Iterator[None]:
    """Close the vectors of whatever index the test opened: every test has a home, so nobody would ever do it."""
    yield
    if (opened := sys.modules.get("knowledge.indexing.vectors")) is not None:
        opened.VectorStore.release_all()


def _service_url(service: str) -> str:
    variable = SERVICE_URLS[service]
    if url := os.environ.get(variable):
        return url
    reason = f"{variable} is not set, so there is no {service} to test against"
    if os.environ.get("INTERVIEWER_TEST_REQUIRE_SERVICES"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def postgres_url() -> str:
    """An SQLAlchemy URL of a PostgreSQL database that tests may write to."""
    return _service_url("postgres")
