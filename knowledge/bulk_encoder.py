"""The sentence encoder through sentence-transformers: for bulk, and for GPUs. The only module that imports it.

The weights are those of the NumPy encoder and the vectors agree to 2e-7, so both carry one name and may be mixed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from knowledge.word_pieces import model_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 32


class BulkEncoder:
    """Encodes many texts at once on the fastest device there is."""

    name = "all-MiniLM-L6-v2"

    def __init__(self) -> None:
        # The weights are on disk; without these the hub's client would look for news of them on the network.
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
            os.environ.setdefault(variable, "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        hide_progress: Any = logging.disable_progress_bar  # untyped; ours is shown instead
        hide_progress()
        self._model: Any = SentenceTransformer(str(model_folder()), local_files_only=True)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(n, dimensions)` float32, every row of length 1, in the order of the texts."""
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return vectors
