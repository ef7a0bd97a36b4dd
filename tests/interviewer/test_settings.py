"""Settings: what the environment may say, and what it is told when it says nonsense."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interviewer.settings import Settings, read_settings
from knowledge.errors import InputError


def test_home_is_where_the_environment_says(home: Path) -> None:
    assert read_settings().home == home
    assert read_settings().storage_url == f"sqlite:///{home}/interviews.db"


def test_home_is_the_platforms_folder_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERVIEWER_HOME")
    assert read_settings().home.name == "ml-mock-interviewer"
    assert read_settings().home.is_absolute()


def test_arguments_come_before_the_environment(home: Path, tmp_path: Path) -> None:
    assert read_settings(home=tmp_path, engine=None).home == tmp_path


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERVIEWER_PERSONA", "")
    assert read_settings().persona == "neutral"


@pytest.mark.parametrize(("name", "value"), [("PERSONA", "rude"), ("ENGINE", "gpt")])
def test_nonsense_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"INTERVIEWER_{name}", value)
    with pytest.raises(InputError, match=f"INTERVIEWER_{name}"):
        read_settings()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERVIEWER_API_KEY", "sk-hidden")
    monkeypatch.setenv("INTERVIEWER_DATABASE_URL", "postgresql://me:hidden@db/x")
    settings = read_settings()
    assert "hidden" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.storage_url == "postgresql://me:hidden@db/x"


def test_nothing_but_the_settings_reads_the_environment() -> None:
    package = Path(__file__).parents[2] / "interviewer"
    reading = [
        path for path in package.rglob("*.py") if re.search(r"os\.environ(?:\.get)?[\[(]|getenv", path.read_text())
    ]
    allowed = {
        "model/llm.py",  # OPENAI_API_KEY, which the provider's library reads itself; and tracing, which it turns off
        "terminal/editor.py",  # $VISUAL and $EDITOR
        "cli/serve.py",  # sets what its workers' settings read
    }
    assert {path.relative_to(package).as_posix() for path in reading} == allowed
    assert Settings.model_config["env_prefix"] == "INTERVIEWER_"
