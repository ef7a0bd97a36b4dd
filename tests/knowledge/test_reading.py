from __future__ import annotations

import io
import json
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import docx
import nbformat
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from knowledge import reading
from knowledge.blocks import place, place_in_words
from knowledge.errors import InterviewError, TooLargeError, UnreadableError
from knowledge.reading import blocks_of, files_under, read

MARKDOWN = """---
title: Notes
---
# Stories

Intro with **bold** words.

## Cache

- first
  continued
- second

```python
# not a heading
x = 1
```

| a | b |
|---|---|
| 1 | 2 |
"""


def pdf(pages: list[list[str]], password: str = "") -> bytes:
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for lines in pages:
        page = writer.add_blank_page(612, 792)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        shown = "".join(f"({line}) Tj T* " for line in lines)
        stream.set_data(f"BT /F1 12 Tf 14 TL 72 720 Td {shown}ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Stories", 1)
    document.add_heading("Cache", 2)
    document.add_paragraph("I added a cache.")
    document.add_paragraph("It held.", style="List Bullet")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "before", "after"
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def notebook() -> bytes:
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_markdown_cell("# Drift\n\nWhat moved."),
        nbformat.v4.new_code_cell("stat = ks_2samp(a, b)"),
        nbformat.v4.new_markdown_cell("## Next\n\nRetrain."),
    ]
    return nbformat.writes(book).encode()


def test_markdown_gives_blocks_with_headings_lines_and_kinds() -> None:
    blocks = blocks_of(MARKDOWN.encode(), ".md", "notes.md")
    assert [(block.kind, block.line, block.headings) for block in blocks] == [
        ("heading", 4, ("Stories",)),
        ("prose", 6, ("Stories",)),
        ("heading", 8, ("Stories", "Cache")),
        ("item", 10, ("Stories", "Cache")),
        ("item", 12, ("Stories", "Cache")),
        ("code", 14, ("Stories", "Cache")),
        ("table", 19, ("Stories", "Cache")),
    ]
    assert blocks[1].text == "Intro with bold words."
    assert blocks[3].text == "- first\n  continued"
    assert blocks[5].text.startswith("```python\n# not a heading")


def test_a_text_file_with_markdown_headings_is_read_as_markdown() -> None:
    assert blocks_of(b"# One\n\ntext\n", ".txt", "n.txt")[1].headings == ("One",)


def test_plain_text_headings_are_underlined_shouted_or_numbered() -> None:
    text = "My stories\n==========\nfirst\n\nTHE CACHE\nsecond\n\nStory 2: the drift\n\nthird\n"
    blocks = [block for block in blocks_of(text.encode(), ".txt", "n.txt") if block.kind != "heading"]
    assert [(block.text, block.line, block.headings) for block in blocks] == [
        ("first", 3, ("My stories",)),
        ("second", 6, ("My stories", "THE CACHE")),
        ("third", 10, ("My stories", "THE CACHE", "Story 2: the drift")),
    ]


def test_html_gives_visible_text_with_the_line_of_its_element() -> None:
    page = (
        "<html><head><title>no</title><style>p{}</style></head><body>\n<h1>Stories</h1>\n"
        "<p>I added <b>a</b>\n cache.</p><script>alert(1)</script><!-- no -->\n<ul><li>one</li><li>two</li></ul>\n"
        "<pre>x = 1\ny = 2</pre><table><tr><td>a</td><td>b</td></tr></table></body></html>"
    )
    blocks = blocks_of(page.encode(), ".html", "p.html")
    assert [(block.text, block.line, block.kind) for block in blocks] == [
        ("Stories", 2, "heading"),
        ("I added a cache.", 3, "prose"),
        ("one", 5, "item"),
        ("two", 5, "item"),
        ("x = 1\ny = 2", 6, "code"),
        ("a | b", 7, "table"),
    ]
    assert blocks[1].headings == ("Stories",)


def test_html_as_people_write_it_loses_nothing_however_little_is_closed() -> None:
    page = "<p>one<p>two<ul><li>three<li><p>four</ul>" + "<div><p>x" * 1_000 + "<br>y</em> &amp; z"
    blocks = blocks_of(page.encode(), ".html", "p.html")
    assert [(block.text, block.kind) for block in blocks[:4]] == [
        ("one", "prose"),
        ("two", "prose"),
        ("three", "item"),
        ("four", "item"),
    ]
    assert blocks[-1].text == "x y & z"
    assert len(blocks) == 1_004


def test_pdf_blocks_carry_their_page() -> None:
    blocks = blocks_of(pdf([["First page."], ["Second page."]]), ".pdf", "p.pdf")
    assert [(block.text, block.line) for block in blocks] == [("First page.", 1), ("Second page.", 2)]


def test_docx_gives_headings_paragraphs_and_tables() -> None:
    blocks = blocks_of(word(), ".docx", "w.docx")
    assert [(block.text, block.kind, block.line) for block in blocks] == [
        ("Stories", "heading", 1),
        ("Cache", "heading", 2),
        ("I added a cache.", "prose", 3),
        ("It held.", "item", 4),
        ("before | after", "table", 5),
    ]
    assert blocks[-1].headings == ("Stories", "Cache")


def test_notebook_headings_reach_over_the_cells_below_them() -> None:
    blocks = blocks_of(notebook(), ".ipynb", "n.ipynb")
    assert [(block.text, block.kind, block.line, block.headings) for block in blocks] == [
        ("Drift", "heading", 1, ("Drift",)),
        ("What moved.", "prose", 1, ("Drift",)),
        ("stat = ks_2samp(a, b)", "code", 2, ("Drift",)),
        ("Next", "heading", 3, ("Drift", "Next")),
        ("Retrain.", "prose", 3, ("Drift", "Next")),
    ]


@pytest.mark.parametrize(
    ("raw", "suffix", "says"),
    [
        (b"", ".md", "is empty"),
        (b"  \n ", ".txt", "is empty"),
        (b"---\n\n---", ".md", "holds no text"),
        (b"%PDF-1.7\nnot really", ".pdf", "broken PDF"),
        (b"hello", ".pdf", "not a PDF"),
        (pdf([["secret"]], password="x"), ".pdf", "password"),
        (pdf([[]]), ".pdf", "no text layer"),
        (b"hello", ".docx", "not a DOCX"),
        (b"PK\x03\x04 cut short", ".docx", "not a DOCX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", ".doc", "old Office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", ".docx", "password"),
        (b"{", ".ipynb", "line 1 is not JSON"),
        (b'{"cells": 3, "nbformat": 4}', ".ipynb", "broken notebook"),
        (b"[1]", ".ipynb", "broken notebook"),
        (b"\x00\x01\x02" * 40, ".txt", "not text"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(raw: bytes, suffix: str, says: str) -> None:
    with pytest.raises(UnreadableError, match=says) as caught:
        blocks_of(raw, suffix, "mine" + suffix)
    assert caught.value.message.startswith("mine" + suffix)
    assert caught.value.hint


def test_a_docx_that_unpacks_to_gigabytes_is_refused_unopened() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 60_000_000)
    assert len(target.getvalue()) < 100_000
    with pytest.raises(TooLargeError, match="unpacks to 60 MB"):
        blocks_of(target.getvalue(), ".docx", "bomb.docx")


@pytest.mark.parametrize(
    ("raw", "suffix"),
    [
        (b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", ".ipynb"),
        (json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}).encode(), ".ipynb"),
        (b"<div>" * 50_000 + b"deep", ".html"),
        (b"> " * 20_000 + b"deep", ".md"),
        (b"- " * 20_000 + b"deep", ".md"),
    ],
)
def test_deep_nesting_is_bounded(raw: bytes, suffix: str) -> None:
    try:
        assert blocks_of(raw, suffix, "deep" + suffix)
    except UnreadableError as error:
        assert error.message.startswith("deep" + suffix)  # noqa: PT017


def test_a_file_over_the_limit_is_refused_before_it_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 2_000_000)
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(3_000_000)
    with pytest.raises(TooLargeError, match=r"huge\.txt is larger than 2 MB"):
        read(huge)


def test_text_over_the_limit_of_characters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_CHARACTERS", 1_000_000)
    with pytest.raises(TooLargeError, match="1 million characters"):
        blocks_of(b"word " * 300_000, ".txt", "long.txt")


def test_missing_files_folders_and_pipes_are_user_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, says in (
        (tmp_path / "none.md", "does not exist"),
        (tmp_path, "not a file"),
        (tmp_path / "pipe", "not a"),
    ):
        with pytest.raises(UnreadableError, match=says):
            read(path)


def test_a_folder_gives_its_readable_files_in_order_without_hidden_ones_and_links(tmp_path: Path) -> None:
    for name in ("b.md", "a.txt", "c.png", ".hidden.md", "deep/d.ipynb", ".git/e.md", "node_modules/f.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "link.md").symlink_to(tmp_path / "b.md")
    found = [str(path.relative_to(tmp_path)) for path in files_under(tmp_path)]
    assert found == ["a.txt", "b.md", "deep/d.ipynb"]


def test_places_are_called_as_people_call_them() -> None:
    assert place("notes.md", 12) == "notes.md:12"
    assert place("paper.pdf", 3) == "paper.pdf, page 3"
    assert place("run.ipynb", 2) == "run.ipynb, cell 2"
    assert place_in_words("notes.md", 12) == "notes.md, line 12"
    assert place_in_words("paper.PDF", 3) == "paper.PDF, page 3"


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([".md", ".txt", ".html", ".pdf", ".docx", ".ipynb", ""]),
    st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b'{"cells": [', b"<html>", b"# "]),
)
def test_hostile_bytes_raise_nothing_but_user_errors(raw: bytes, suffix: str, start: bytes) -> None:
    try:
        blocks = blocks_of(start + raw, suffix, "x" + suffix)
    except InterviewError:
        return
    assert all(block.text.strip() and block.line >= 1 for block in blocks)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damaged_documents_raise_nothing_but_user_errors(data: st.DataObject) -> None:
    suffix, whole = data.draw(
        st.sampled_from([(".pdf", pdf([["one"], ["two"]])), (".docx", word()), (".ipynb", notebook())])
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(1, 40))
    damaged = whole[:at] + data.draw(st.binary(max_size=40)) + whole[at + length :]
    with suppress(InterviewError):
        assert blocks_of(damaged, suffix, "x" + suffix)
