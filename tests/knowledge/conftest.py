from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

NOTES = """# Preparation

## Stories

### The ranking that went stale

**Situation**: Our news ranker was trained once a quarter, and readers stayed shorter every week. Session length had
fallen from 9 to 7 minutes since the summer.

**Task**: I had two weeks to find out why, and to stop the fall before the board met.

**Action**:
1. I compared the click logs week by week and saw that half of the clicks went to topics the training set did not know.
2. I moved training from quarterly to nightly, with a gate that refuses a model whose offline score drops.
3. I added an alarm on topic coverage, so that the next shift would wake us and not the readers.
4. I wrote a page on what the nightly run may and may not change, and walked the editors through it, because they had
   been told twice before that a model would fix everything and had learned to distrust us.
5. I kept the old quarterly model running beside the new one for a month and compared the two on a tenth of the
   traffic, so that nobody had to take my word for the difference.

**Result**:
- Sessions returned to 9.4 minutes within ten days.
- The gate stopped 3 bad models in the first half year.

### Telling a customer no

**Situation**: A hospital wanted a triage model that decided alone which patients could wait.

**Task**: I was to scope it, and thought that it must not be built like that.

**Action**: I showed the clinicians 40 of the cases the prototype got wrong, and proposed a second reader instead of a
gatekeeper. I wrote down who would be harmed by each kind of error.

**Result**: They signed the smaller project, and 2 nurses now catch 15% more urgent cases.

## Checklist

- [ ] Bring water
- [ ] Revise gradient clipping and warm-up schedules
"""


class HashingEncoder:
    """Words hashed to directions: near means words in common. Fast, and enough where meaning is not at issue."""

    name = "hashing"
    dimensions = 64

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        rows = np.full((len(texts), self.dimensions), 1e-6, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[hashlib.sha256(word.encode()).digest()[0] % self.dimensions] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "files" / "notes.md"
    path.parent.mkdir()
    path.write_text(NOTES, "utf-8")
    return path
