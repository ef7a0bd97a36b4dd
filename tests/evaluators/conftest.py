"""The encoder and the library, read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from evaluators.reference.minilm import MiniLM
from knowledge.encoder import TokenStates
from knowledge.library import Library
from knowledge.models import Rubric

MOST = 4000  # texts, some 50 kB each


class Remembering(MiniLM):
    """The encoder, which keeps what it has read: most tests read the same packs."""

    known: dict[str, TokenStates]

    def token_states(self, texts: Sequence[str]) -> list[TokenStates]:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        read = dict(zip(new, super().token_states(new), strict=True))
        states = [read[text] if text in read else self.known[text] for text in texts]
        if len(self.known) < MOST:
            self.known |= {text: one for text, one in read.items() if len(text) < 300}
        return states


@pytest.fixture(scope="session")
def encoder() -> MiniLM:
    encoder = Remembering.load().packed()
    encoder.known = {}
    return encoder


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="session")
def unpublished() -> Callable[[Rubric], Rubric]:
    """A rubric with another sample than its own: by it the sample is judged as if nobody could have read it before."""

    def other(rubric: Rubric) -> Rubric:
        sample = rubric.strong.model_copy(update={"answer": "Somebody else's words."})
        return rubric.model_copy(update={"strong": sample})

    return other
