"""Typing an answer."""

from __future__ import annotations

import asyncio

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from interviewer.terminal.prompt import Interrupted, ListReader, TypedReader

ENTER = "\r"
CTRL_C, CTRL_D = "\x03", "\x04"


async def _type(keys: str, draft: str = "") -> str | None:
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(keys)
        return await TypedReader(lambda text: f"{len(text)}").read(draft)


async def test_an_empty_line_sends_all_lines() -> None:
    assert await _type(f"first{ENTER}second{ENTER}{ENTER}") == "first\nsecond\n"


async def test_a_command_is_sent_by_enter_alone() -> None:
    assert await _type(f"/hint{ENTER}") == "/hint"


async def test_enter_on_nothing_sends_nothing() -> None:
    assert await _type(f"{ENTER}{ENTER}x{ENTER}{ENTER}") == "\n\nx\n"


async def test_a_pasted_text_keeps_its_empty_lines() -> None:
    pasted = f"\x1b[200~one\n\ntwo\x1b[201~{ENTER}{ENTER}"
    assert await _type(pasted) == "one\n\ntwo\n"


async def test_ctrl_d_sends_what_is_there_and_ends_input_when_nothing_is() -> None:
    assert await _type(f"done{CTRL_D}") == "done"
    assert await _type(CTRL_D) is None


async def test_ctrl_c_hands_over_the_draft() -> None:
    with pytest.raises(Interrupted) as interruption:
        await _type(f"half an answer{CTRL_C}")
    assert interruption.value.draft == "half an answer"


async def test_a_draft_is_taken_up_again() -> None:
    assert await _type(f" and more{CTRL_D}", draft="half an answer") == "half an answer and more"


async def test_what_fails_behind_the_prompt_leaves_the_answer_alone() -> None:
    heard: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: heard.append(context["message"]))
    loop.call_soon(loop.call_exception_handler, {"message": "a judgement failed"})
    assert await _type(f"an answer{ENTER}{ENTER}") == "an answer\n"
    assert heard == ["a judgement failed"]


async def test_written_answers_come_in_order_and_end() -> None:
    reader = ListReader(["a", "b"])
    assert [await reader.read(), await reader.read(), await reader.read()] == ["a", "b", None]
