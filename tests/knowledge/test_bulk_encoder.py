"""The encoder for large amounts gives what the one for single texts gives."""

from __future__ import annotations

import numpy as np

from evaluators.reference.minilm import MiniLM
from knowledge.bulk_encoder import BulkEncoder

TEXTS = ["SMOTE makes new minority points between neighbours.", "a", "Precision went from 60 to 89 percent. " * 12]


def test_vectors_are_those_of_the_encoder_for_single_texts() -> None:
    bulk, single = BulkEncoder(), MiniLM.load()
    assert (bulk.name, bulk.dimensions) == (single.name, single.dimensions)
    np.testing.assert_allclose(bulk.encode(TEXTS), single.encode(TEXTS), atol=1e-5)
