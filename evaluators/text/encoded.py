"""Stretches that are text only to a machine: Base64, hexadecimal, percent and character escapes."""

from __future__ import annotations

import base64
import binascii
import re

from evaluators.text.evidence import Span

_BASE64 = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/])")
_ESCAPES = re.compile(
    r"(?:\b[0-9a-f]{2}[ :]?){16,}|(?:%[0-9a-f]{2}){8,}|(?:\\u[0-9a-f]{4}){6,}|(?:\\x[0-9a-f]{2}){6,}|"
    r"(?:&#x?[0-9a-f]+;){6,}",
    re.IGNORECASE,
)


def encoded(text: str) -> list[Span]:
    """Return where text stands that nobody reads without a machine; a long identifier is none."""
    blobs = [match for match in _BASE64.finditer(text) if _is_text(match[0])]
    return sorted(Span(*match.span()) for match in (*blobs, *_ESCAPES.finditer(text)))


def _is_text(blob: str) -> bool:
    try:
        decoded = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return sum(c.isprintable() for c in decoded) > 0.95 * len(decoded) and " " in decoded
