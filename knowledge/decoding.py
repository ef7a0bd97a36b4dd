"""Bytes of unknown encoding become readable text.

Notes travel: they are saved on one machine as Windows-1252, read on another as UTF-8, pasted, and saved again. What
arrives then is either not UTF-8 at all, or valid UTF-8 in which "×" has become "Ã—" (mojibake). Both are repaired here.
"""

from __future__ import annotations

import codecs

import ftfy

from knowledge.errors import UnreadableError

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Detection needs a sample, not the file: on 64 KiB it takes tens of milliseconds, on 10 MB minutes.
_SAMPLE_BYTES = 65_536

# Text has tabs, line ends and form feeds below U+0020 and little else; one in twenty is far beyond a stray escape.
_MOST_CONTROL_CHARACTERS = 0.05

# Only the encoding is repaired. HTML entities, curly quotes and full-width forms may be what the author meant,
# in code above all.
_REPAIR = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_character_width=False,
    fix_line_breaks=False,
    explain=False,
)


def decode(raw: bytes, name: str = "the text", *, mend: bool = True) -> str:
    r"""Return the text in `raw`, with mojibake repaired and every line ending in `\n`.

    Args:
        raw: the bytes, in any encoding.
        name: how to call them in an error.
        mend: False leaves line ends and mojibake alone, for text whose characters somebody else counts.

    Raises:
        UnreadableError: the bytes are not text.
    """
    text = _decoded(raw, name)
    _refuse_binary(text.replace("\r", "\n"), name)
    return repair(text.replace("\r\n", "\n").replace("\r", "\n")) if mend else text


def repair(text: str) -> str:
    """Return `text` with mojibake undone, lone surrogates and control characters removed; other text is unchanged."""
    repaired: str = ftfy.fix_text(text, _REPAIR)
    return repaired.encode("utf-8", "replace").decode("utf-8")


def _decoded(raw: bytes, name: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(_detected(raw, name), "replace")
    if "\x00" in text and (wide := _wide_encoding(raw)):
        return raw.decode(wide, "replace")
    return text


def _detected(raw: bytes, name: str) -> str:
    """Return the name of the likeliest encoding of bytes that are not UTF-8."""
    if b"\x00" in raw[:_SAMPLE_BYTES]:
        wide = _wide_encoding(raw)
        if wide is None:
            raise _binary(name)
        return wide
    from charset_normalizer import from_bytes

    sample = raw[:_SAMPLE_BYTES]
    try:
        sample.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        # Cut in the middle of a character, or a handful of bad bytes in a UTF-8 file: keep what is good of it.
        bad = sum(character == "\ufffd" for character in sample.decode("utf-8", "replace"))
        multibyte = sum(byte >= 0xC2 for byte in sample)
        if error.start >= len(sample) - 3 or bad * 10 < multibyte:
            return "utf-8"
    best = from_bytes(sample).best()
    return "cp1252" if best is None or len(sample) < 256 else best.encoding


def _wide_encoding(raw: bytes) -> str | None:
    """Return UTF-16's byte order when the zero bytes of `raw` sit as they do in it, `None` otherwise."""
    sample = raw[:_SAMPLE_BYTES]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    # In Latin script every second byte is zero; a quarter leaves room for other scripts between.
    if odd * 4 > len(sample[1::2]) and even * 10 < odd:
        return "utf-16-le"
    if even * 4 > len(sample[0::2]) and odd * 10 < even:
        return "utf-16-be"
    return None


def _refuse_binary(text: str, name: str) -> None:
    sample = text[:_SAMPLE_BYTES]
    strange = sum(
        1 for character in sample if (character < " " and character not in "\t\n\f\x1b") or character == "\x7f"
    )
    if "\x00" in sample or strange > _MOST_CONTROL_CHARACTERS * len(sample):
        raise _binary(name)


def _binary(name: str) -> UnreadableError:
    return UnreadableError(
        f"{name} is not text.", "Save it as text, Markdown, HTML, PDF, DOCX or a notebook, and try again."
    )
