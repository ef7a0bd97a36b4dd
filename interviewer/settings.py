"""The one place that reads the environment. Everything else is handed its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from interviewer.events import EngineName, Persona
from knowledge.errors import InputError

PREFIX = "INTERVIEWER_"


def _user_data() -> Path:
    return Path(platformdirs.user_data_dir("ml-mock-interviewer", appauthor=False))


class Settings(BaseSettings):
    """Every setting, as `INTERVIEWER_<NAME>` in the environment. Secrets are never shown in messages or logs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    home: Path = Field(default_factory=_user_data, description="The folder of everything that is kept.")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the sessions' database; SQLite in `home` when it is not given."
    )
    packs: Path | None = Field(
        None, description="A folder of your own packs, rubrics and scenarios; `packs` in `home` when it is not given."
    )
    engine: EngineName = Field("auto", description="auto takes the language model when one is named.")
    persona: Persona = "neutral"
    model: str = Field("", description="The interviewer's language model, as provider:model.")
    judge_model: str = Field("", description="The model that judges; the interviewer's own when it is not given.")
    judge_samples: int = Field(
        1, ge=1, le=9, description="Times that each criterion is judged; their spread is the band."
    )
    base_url: str = Field("", description="Any OpenAI-compatible server.")
    json_mode: Literal["auto", "json_schema", "function_calling", "json_mode", "plain"] = Field(
        "auto", description="How the model is asked for JSON; auto finds what its server takes."
    )
    model_timeout_s: float = Field(60.0, gt=0, description="Seconds that one answer of the model may take.")
    model_retries: int = Field(2, ge=0, le=10, description="Tries again after 429, 5xx and broken connections.")
    price_input: float | None = Field(None, ge=0, description="US dollars a million input tokens, for the ledger.")
    price_cached_input: float | None = Field(None, ge=0, description="The same for cached ones; else as price_input.")
    price_output: float | None = Field(None, ge=0, description="US dollars a million output tokens.")
    accept_unsafe_code: bool = Field(False, description="Serve the grading of code below the safe isolation level.")
    api_key: SecretStr | None = Field(None, description="The key for `model`; providers' own variables work as well.")

    @field_validator("home", "packs", mode="after")
    @classmethod
    def _whole_path(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else path

    @property
    def has_model(self) -> bool:
        """Whether a language model is named."""
        return bool(self.model or self.base_url)

    @property
    def pack_folder(self) -> Path:
        """The folder of the user's own packs; it need not exist."""
        return self.packs or self.home / "packs"

    @property
    def storage_url(self) -> str:
        """The database's URL, secret included."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{quote(str(self.home / 'interviews.db'), safe='/:')}"


def read_settings(**overrides: Any) -> Settings:
    """Return the settings of the environment, with `overrides` (those that are not None) on top.

    Raises:
        InputError: a value that is not allowed; names the variable.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "a setting"
        raise InputError(f"{name}: {first['msg']}.", f"Correct or unset {name}.") from None
