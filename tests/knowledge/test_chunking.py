from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.blocks import Block
from knowledge.chunking import Chunk, chunk
from knowledge.formats.markdown import read_markdown
from knowledge.formats.text import read_text
from knowledge.word_pieces import LONGEST_TEXT, count

STORY = """# Notes

## The slow index

**Situation**: Search took 8 s.

**Task**: I had to get it under 500 ms.

**Action**: I profiled it and replaced the naive scan.

**Result**: p95 fell to 450 ms.

## Other

A loose remark.
"""


def chunks(markdown: str) -> list[Chunk]:
    return chunk(read_markdown(markdown))


def test_a_story_that_fits_stays_whole_under_its_headings() -> None:
    story, other = chunks(STORY)
    assert story.category == "stories"
    assert story.line == 3
    assert story.heading == "Notes › The slow index"
    assert "Search took 8 s." in story.text
    assert "p95 fell to 450 ms." in story.text
    assert (other.category, other.text, other.line) == ("notes", "Other\nA loose remark.", 13)


def test_a_long_story_is_cut_between_its_parts_and_every_piece_says_which_story_it_is() -> None:
    long = STORY.replace("I profiled it", "I profiled it, " + "then measured the next stage again, " * 30)
    pieces = [piece for piece in chunks(long) if piece.category == "stories"]
    assert [piece.text.split(":")[0].split("\n")[-1] for piece in pieces] == ["Situation", "Action"]
    assert all("The slow index" in piece.embedded for piece in pieces)
    assert len({piece.section for piece in pieces}) == 1
    assert [piece.line for piece in pieces] == [3, 9]
    assert pieces[1].heading == "Notes › The slow index › Action"


def test_parts_may_be_headings_of_their_own() -> None:
    markdown = "# Cache\n## Situation\nslow\n## Task\nfaster\n## Action\ncached\n## Result\nfast\n# Else\nnothing\n"
    story, other = chunks(markdown)
    assert story.category == "stories"
    assert [word in story.text for word in ("slow", "faster", "cached", "fast")] == [True] * 4
    assert other.category == "notes"


def test_two_stories_without_headings_are_two_sections() -> None:
    one = "Situation: the queue grew.\n\nTask: stop it.\n\nAction: I sharded it.\n\nResult: it shrank.\n\n"
    two = one.replace("queue", "backlog")
    found = chunk(read_text(one + two))
    assert [piece.category for piece in found] == ["stories", "stories"]
    assert ["queue" in found[0].text, "backlog" in found[1].text] == [True, True]
    assert found[0].section != found[1].section


def test_a_section_called_a_story_is_one_even_without_the_four_parts() -> None:
    told = "We lost a day of data and I rebuilt it from the logs. " * 5
    assert chunks(f"## Story 3: the lost day\n\n{told}\n")[0].category == "stories"
    assert chunks("## Story ideas\n\n- one\n- two\n")[0].category == "notes"


def test_words_that_only_look_like_parts_make_no_story() -> None:
    markdown = "# Metrics\n\nResult: 3 of 4.\n\nThe situation is unclear, and the task remains.\n"
    assert chunks(markdown)[0].category == "notes"


def test_code_is_not_torn_where_it_fits() -> None:
    code = "```python\n" + "\n".join(f"value_{number} = {number}" for number in range(20)) + "\n```"
    filler = "A sentence of filler that takes its share of room. " * 14
    found = chunks(f"# Note\n\n{filler}\n\n{code}\n")
    assert any(code in piece.text for piece in found)


def test_code_that_does_not_fit_is_cut_between_lines_and_keeps_its_line_numbers() -> None:
    lines = [f"assert compute_value({number}) == {number}" for number in range(150)]
    found = chunk([Block("\n".join(lines), 10, ("Tests",), "code")])
    assert "\n".join(piece.text for piece in found).split("\n") == lines
    for piece in found:
        assert lines[piece.line - 10] == piece.text.split("\n")[0]


def test_headings_without_text_of_their_own_are_carried_not_repeated() -> None:
    found = chunks("# A\n\n## B\n\ntext\n\n## Is this asked?\n")
    assert [(piece.text, piece.heading) for piece in found] == [
        ("B\ntext", "A › B"),
        ("Is this asked?", "A › Is this asked?"),
    ]


@pytest.mark.parametrize(
    "text", ["x" * 5_000, "word " * 2_000, "One. Two! Three? " * 400, "…" * 3_000, "\n\n".join("ab" * 9)]
)
def test_no_passage_is_longer_than_the_encoder_reads(text: str) -> None:
    found = chunk([Block(text, 1, ("A heading " * 30, "and another " * 30))])
    assert found
    assert all(count(piece.embedded) <= LONGEST_TEXT for piece in found)


def test_a_key_in_base64_is_cut_by_its_length() -> None:
    found = chunk([Block("A1b2" * 5_000, 1)])
    assert max(len(piece.text) for piece in found) <= 2_100
    assert "".join(piece.text for piece in found) == "A1b2" * 5_000


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab #*-:.\n`1|éß→Result Task Situation"), max_size=600))
def test_every_word_is_kept_in_its_order(text: str) -> None:
    blocks = read_text(text)
    found = chunk(blocks)
    kept = [block for block in blocks if block.kind != "heading"]
    words = re.findall(r"\S+", "\n".join(block.text for block in kept))
    shown = re.findall(r"\S+", "\n".join(piece.text for piece in found))
    remaining = iter(shown)
    assert all(word in remaining for word in words)
