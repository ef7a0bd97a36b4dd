"""Literal traces of a key point: names, formulas and orders of growth that no paraphrase replaces."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "×": "*", "·": "*", "√": "sqrt"}
    | {"λ": "lambda", "σ": "sigma", "α": "alpha", "β": "beta", "γ": "gamma", "μ": "mu", "ε": "epsilon", "θ": "theta"}
    | {"²": "^2", "³": "^3", "ᵀ": "^t", "∑": "sum", "Σ": "sum", "∇": "grad", "≈": "~", "\\": " "}
)
_FORMULA = re.compile(r"[\^=()|/*_+]")


def plain(text: str) -> str:
    """Return the text in lower case with one spelling of quotation marks, operators, powers and Greek letters."""
    lowered = unicodedata.normalize("NFC", text).translate(_SAME).lower()
    return re.sub(r"(?<=[a-z]{4})is(e|ed|es|ing|ation)\b", r"iz\1", lowered)


@lru_cache(maxsize=4096)
def _pattern(anchor: str) -> re.Pattern[str]:
    text = plain(anchor).strip()
    if _FORMULA.search(text):
        symbols = [re.escape(symbol) for symbol in text if not symbol.isspace()]
        return re.compile(r"\s*".join(symbols))
    parts = [re.escape(part) for part in re.split(r"[\s-]+", text) if part]
    ending = r"\w{0,3}\b" if len(text) > 3 else r"\b"
    return re.compile(r"\b" + r"[\s-]+".join(parts) + ending)


def find(anchors: tuple[str, ...], text: str) -> list[str]:
    """Return the anchors that stand in the text.

    Formulas match whatever the spaces between their symbols ("O(n^2 d)", "O( n² d )"); words match with a short ending.
    """
    lowered = plain(text)
    return [anchor for anchor in anchors if _pattern(anchor).search(lowered)]
