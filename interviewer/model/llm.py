"""The one seam to language models; the only module that imports LangChain.

A chat model is named by `INTERVIEWER_MODEL=provider:model`. Any OpenAI-compatible server is the provider `openai` with
`INTERVIEWER_BASE_URL`. Whatever goes wrong comes out as a `ModelError` that says what to do; whatever was called is
noted in the ledger, failures included.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel

from interviewer.events import Called
from interviewer.model.faults import fault_of, without_keys
from interviewer.model.ledger import note_call
from interviewer.model.wire import (
    MOST_CHARACTERS,
    Messages,
    Schema,
    in_turns,
    read_filled,
    refuses_mode,
    schema_text,
    text_of,
)
from interviewer.settings import Settings
from knowledge.errors import ModelError, NoModelError
from knowledge.models import Frozen

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

logger = logging.getLogger(__name__)

Mode: TypeAlias = Literal["json_schema", "function_calling", "json_mode", "plain"]

MODES: tuple[Mode, ...] = ("json_schema", "function_calling", "json_mode", "plain")
"""Ways to get JSON, the most reliable first; a server that refuses one is asked by the next from then on."""

MOST_CALLS_IN_A_ROW = 3
"""Calls that a turn waits for one after the other: the message's kind, its repair, the words. Each may take the whole
time-out, which its retries are part of."""


class Prices(Frozen):
    """US dollars a million tokens; they differ by provider and contract, so the user states them."""

    input: float
    cached_input: float
    output: float

    def cost(self, usage: dict[str, int]) -> float:
        """The cost in US dollars of one call."""
        cached = usage["cached"]
        return (
            (usage["input"] - cached) * self.input + cached * self.cached_input + usage["output"] * self.output
        ) / 1e6


class LanguageModel:
    """A chat model that streams text and fills schemas, with every call in the ledger."""

    def __init__(
        self,
        chat: BaseChatModel,
        name: str,
        *,
        mode: Mode | None = None,
        strict: bool = False,
        timeout_s: float = 60.0,
        prices: Prices | None = None,
    ) -> None:
        """`mode` fixes the way to get JSON; without one the best that the server takes is found by trying.

        `strict` asks the provider to hold the model to the schema, where its client knows how.
        """
        self.name = name
        self._chat = chat
        self._modes = [mode] if mode else list(MODES)
        self._proven: set[Mode] = set()
        self._strict = {"strict": True} if strict else {}
        self._filling: dict[tuple[type[BaseModel], Mode], Any] = {}
        self._timeout_s = timeout_s
        self._prices = prices

    @property
    def mode(self) -> Mode:
        """The way to get JSON that is used now."""
        return self._modes[0]

    async def stream(self, purpose: str, prompt: str, messages: Messages) -> AsyncGenerator[str]:
        """Yield the completion's text as it comes.

        Args:
            purpose: What the call is for, for the ledger.
            prompt: Name and version of the prompt file, for the ledger.
            messages: The conversation; the candidate's words never stand in a system message.

        Raises:
            ModelError: Anything that went wrong, also in mid-stream, and an empty completion.
        """
        call = _Call(self, purpose, prompt)
        characters = 0
        try:
            async with asyncio.timeout(self._timeout_s):
                async for chunk in self._chat.astream(in_turns(messages)):
                    call.heard(chunk)
                    text = chunk.text[: MOST_CHARACTERS - characters]
                    characters += len(text)
                    if text:
                        yield text
                    if characters >= MOST_CHARACTERS:
                        call.finish_reason = "cut off here"
                        break
            if call.finish_reason == "content_filter":
                raise ModelError("The provider's content filter stopped the answer.")
            if not characters:
                raise ModelError("The model answered with nothing.")
        except GeneratorExit:
            call.finish_reason = call.finish_reason or "cut off here"
            raise
        except Exception as error:
            call.fault = fault_of(error, self.name)
            raise call.fault from error
        finally:
            call.note()

    async def structured(self, purpose: str, prompt: str, messages: Messages, schema: type[Schema]) -> Schema:
        """Return an instance of `schema` filled by the model; an answer that does not fit is sent back once.

        Raises:
            ModelError: Anything that went wrong, and two answers that do not fit.
        """
        mode = self.mode
        answer, problem = await self._fill(purpose, prompt, messages, schema)
        if isinstance(answer, schema):
            self._proven.add(mode)
            return answer
        if "{" not in str(answer) and mode not in self._proven and len(self._modes) > 1:
            # No JSON at all, and there never was any: the server passes over how it is asked, so words have to do.
            self._modes = ["plain"]
        repair = f"This does not fit the schema: {problem}\nAnswer with the corrected JSON object and nothing else."
        again = [*messages, ("ai", str(answer)[:MOST_CHARACTERS] or "(nothing)"), ("human", repair)]
        answer, problem = await self._fill(f"{purpose}, repaired", prompt, again, schema)
        if isinstance(answer, schema):
            return answer
        raise ModelError("The model's answer does not fit what was asked for, twice.", f"The last time: {problem}.")

    async def _fill(
        self, purpose: str, prompt: str, messages: Messages, schema: type[Schema]
    ) -> tuple[Schema | str, str]:
        """The filled schema, or the raw answer and what is wrong with it."""
        while True:
            mode = self.mode
            call = _Call(self, purpose, prompt)
            try:
                async with asyncio.timeout(self._timeout_s):
                    raw = await self._ask(mode, messages, schema)
                call.heard(raw)
            except Exception as error:
                if refuses_mode(error) and len(self._modes) > 1:
                    # Another call may have moved on already.
                    self._modes = [m for m in self._modes if m != mode] or self._modes
                    continue
                call.fault = fault_of(error, self.name)
                if "length" in type(error).__name__.lower():
                    return "", "it was cut off before its end; be brief"
                raise call.fault from error
            finally:
                call.note()
            if call.finish_reason == "content_filter":
                raise ModelError("The provider's content filter stopped the answer.")
            return read_filled(text_of(raw), schema)

    async def _ask(self, mode: Mode, messages: Messages, schema: type[Schema]) -> Any:
        if mode == "plain":
            note = f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema_text(schema)}"
            return await self._chat.ainvoke(in_turns([*messages, ("human", note)]))
        if mode == "json_mode":
            messages = [*messages, ("human", f"The JSON object's schema:\n{schema_text(schema)}")]
        if (schema, mode) not in self._filling:
            # A dictionary, not the class: given the class, the client parses too, and raises without the raw answer.
            strict = self._strict if mode != "json_mode" else {}
            filling: Any = self._chat.with_structured_output(schema.model_json_schema(), method=mode, **strict)
            # The first step is the model, asked in this way. What LangChain puts behind it parses, as we do anyway,
            # and took a quarter of the call's processor time.
            self._filling[schema, mode] = filling.first
        return await self._filling[schema, mode].ainvoke(in_turns(messages))


class _Call:
    """One call's entry in the ledger."""

    def __init__(self, model: LanguageModel, purpose: str, prompt: str) -> None:
        self._model = model
        self._purpose = purpose
        self._prompt = prompt
        self._began = time.perf_counter()
        self._usage = {"input": 0, "cached": 0, "output": 0}
        self.finish_reason = ""
        self.fault: ModelError | None = None

    def heard(self, message: AIMessageChunk | Any) -> None:
        """Take what a message or a chunk of one says of tokens and its end."""
        if usage := getattr(message, "usage_metadata", None):
            self._usage["input"] += usage.get("input_tokens", 0)
            self._usage["output"] += usage.get("output_tokens", 0)
            self._usage["cached"] += (usage.get("input_token_details") or {}).get("cache_read", 0)
        metadata = getattr(message, "response_metadata", None) or {}
        self.finish_reason = metadata.get("finish_reason") or metadata.get("stop_reason") or self.finish_reason

    def note(self) -> None:
        """Write the entry."""
        prices = self._model._prices
        note_call(
            Called(
                purpose=self._purpose,
                model=self._model.name,
                prompt=self._prompt,
                latency_s=round(time.perf_counter() - self._began, 4),
                input_tokens=self._usage["input"],
                cached_tokens=self._usage["cached"],
                output_tokens=self._usage["output"],
                cost_usd=prices.cost(self._usage) if prices else None,
                finish_reason=self.finish_reason,
                fault=self.fault.message if self.fault else "",
            )
        )


def open_model(settings: Settings, *, judge: bool = False) -> LanguageModel:
    """Return the interviewer's model, or the judge's.

    Raises:
        ModelError: no model is named, or its package or key is missing; the hint is the line that mends it.
    """
    wanted = (judge and settings.judge_model) or settings.model
    if not wanted:
        raise NoModelError("No language model is named.", "export INTERVIEWER_MODEL=openai:gpt-5-mini")
    provider, _, model = wanted.partition(":") if ":" in wanted else ("openai", "", wanted)
    # Tracing would send interviews to a third party; nothing here is ever to be sent anywhere but to the model.
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
    chat = _open_chat(provider, model, settings)
    prices = None
    if settings.price_input is not None and settings.price_output is not None:
        cached = settings.price_cached_input
        prices = Prices(
            input=settings.price_input,
            cached_input=settings.price_input if cached is None else cached,
            output=settings.price_output,
        )
    mode: Mode | None = None if settings.json_mode == "auto" else settings.json_mode
    return LanguageModel(
        chat, model, mode=mode, strict=provider == "openai", timeout_s=settings.model_timeout_s, prices=prices
    )


def _open_chat(provider: str, model: str, settings: Settings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"timeout": settings.model_timeout_s, "max_retries": settings.model_retries}
    if settings.base_url:
        options["base_url"] = settings.base_url
    if settings.api_key is not None:
        options["api_key"] = settings.api_key.get_secret_value()
    if provider == "openai":
        # Chat completions are what every compatible server has; usage in the stream is for the ledger.
        options |= {"use_responses_api": False, "stream_usage": True}
        if settings.base_url and settings.api_key is None and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = "none"  # a server on one's own machine asks for no key, the client insists on one
    try:
        chat: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except ImportError as error:
        named = re.search(r"pip install (?:-U )?([\w-]+)", str(error))
        package = named[1] if named else f"langchain-{provider.replace('_', '-')}"
        raise ModelError(f"The package for {provider!r} is not installed.", f"pip install {package}") from error
    except ValueError as error:
        problem = without_keys(" ".join(str(error).split()))[:300]
        raise ModelError(f"{provider}:{model} cannot be opened: {problem}", "See INTERVIEWER_MODEL.") from None
    except Exception as error:
        if "api_key" in str(error):
            named = re.search(r"[A-Z][A-Z_]*_API_KEY", str(error))
            variable = named[0] if named else f"{provider.upper()}_API_KEY"
            raise ModelError(f"There is no key for {provider}.", f"export {variable}=…") from error
        raise
    return chat
