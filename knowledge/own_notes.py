"""The notes that come with the program, and their vectors, so that the first run need not encode them.

A vector is kept under the SHA-256 of the text it was made from: a note that has changed since finds none here and is
encoded like anybody's. Run `python -m knowledge.own_notes` after editing notes; a test says when that is due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder

FOLDER = Path(__file__).parent / "notes"
VECTORS = FOLDER / "vectors.safetensors"


def own_files() -> dict[str, Path]:
    """Return our notes by the name under which they are indexed and cited."""
    return {f"ours/{path.name}": path for path in sorted(FOLDER.glob("*.md"))}


def text_digest(text: str) -> bytes:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def load_vectors(encoder: str, path: Path = VECTORS) -> dict[bytes, NDArray[np.float32]]:
    """Return the vectors made by `encoder`, by the digest of their text; empty when there are none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            if (file.metadata() or {}).get("encoder") != encoder:
                return {}
            digests, stored = file.get_tensor("digests"), file.get_tensor("vectors")
    except (OSError, SafetensorError):
        return {}  # encoding takes longer and gives the same
    vectors = stored.astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return {row.tobytes(): vector for row, vector in zip(digests, vectors, strict=True)}


def save_vectors(texts: Sequence[str], encoder: Encoder, path: Path = VECTORS) -> None:
    """Write the vectors of `texts` in half precision, which moves a cosine by less than 0.001."""
    from safetensors.numpy import save_file

    ordered = sorted(set(texts))
    digests = np.array([list(text_digest(text)) for text in ordered], np.uint8)
    vectors = encoder.encode(ordered).astype(np.float16)
    save_file({"digests": digests, "vectors": vectors}, path, metadata={"encoder": encoder.name})
    path.chmod(0o644)


def own_texts() -> list[str]:
    """Return the texts of our own notes as they are embedded."""
    from knowledge.chunking import chunk
    from knowledge.reading import read

    return [piece.embedded for name, path in own_files().items() for piece in chunk(read(path, name))]


if __name__ == "__main__":
    from knowledge.bulk_encoder import BulkEncoder

    save_vectors(own_texts(), BulkEncoder())
