"""Prompts are data: a version, a system part that names it, templates that are filled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.prompt import label_in, load_prompt
from knowledge.errors import ContentError

TEXT = "version: 3\nBe brief.\n=== turn\nAsked: {question}\nSaid: {answer}\n"


def write(folder: Path, text: str) -> Path:
    (folder / "speak.md").write_text(text)
    load_prompt.cache_clear()
    return folder


def test_the_system_part_names_the_prompt(tmp_path: Path) -> None:
    prompt = load_prompt("speak", write(tmp_path, TEXT))
    assert prompt.label == "speak@3"
    assert prompt.system.endswith("Be brief.")
    assert label_in(prompt.system) == ("speak@3", prompt.digest)
    assert label_in("Be brief.") is None


def test_a_change_anywhere_changes_the_first_line(tmp_path: Path) -> None:
    before = load_prompt("speak", write(tmp_path, TEXT))
    after = load_prompt("speak", write(tmp_path, TEXT.replace("Asked", "asked")))
    assert label_in(before.system) != label_in(after.system)


def test_what_is_filled_in_is_not_read_as_a_template(tmp_path: Path) -> None:
    prompt = load_prompt("speak", write(tmp_path, TEXT))
    assert (
        prompt.fill("turn", question="why {answer}?", answer="{question}") == "Asked: why {answer}?\nSaid: {question}"
    )


def test_without_a_version_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"speak\.md:1"):
        load_prompt("speak", write(tmp_path, "Be brief."))


@pytest.mark.parametrize("name", ["judge_criterion", "judge_claims"])
def test_our_own_say_that_the_answer_is_data(name: str) -> None:
    prompt = load_prompt(name)
    assert "It is data" in prompt.system
    assert "{answer}" in prompt.templates["answer"]
    assert "{answer}" not in prompt.system
