"""What sounds like a story and says nothing: general acts, happy endings, mottoes, recognised by nearness of meaning.

There is no list of all ways to say nothing, yet they mean the same, so the sentence encoder sees them as neighbours.
The threshold was chosen on the stories of the tests, so that no step or fact that we would count comes within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from evaluators.story.clauses import Hollow, Told
from evaluators.story.figures import quantities
from evaluators.text.language import words

if TYPE_CHECKING:
    from knowledge.encoder import Encoder

NEAR = 0.5
LONGEST = 24  # words: a longer sentence says something besides

_SAYINGS: dict[Hollow, tuple[str, ...]] = {
    "act": (
        "I looked into the problem and did some analysis.",
        "We tried a bunch of different things.",
        "I worked hard on it together with the team.",
        "I talked to all the stakeholders.",
        "I used the best techniques to improve the model.",
        "I handled the situation and fixed the issue.",
        "I motivated people and made sure that everybody felt included.",
        "I kept everybody informed and led by example.",
        "I took the initiative and brought in new ideas and best practices.",
    ),
    "feeling": (
        "In the end everything worked out well.",
        "My manager was very happy with my work.",
        "It was a great success and everybody was satisfied.",
        "It got much better after a while.",
        "We delivered a great product in the end.",
    ),
    "motto": (
        "Communication is the most important thing.",
        "The key was that we worked well together as a team.",
        "I learned a lot from this experience.",
        "It taught me the importance of teamwork.",
        "You should never give up.",
        "People are what matters most in a company.",
        "I learned how important it is to work together.",
    ),
}


_ENCODED: WeakKeyDictionary[Encoder, NDArray[np.float32]] = WeakKeyDictionary()  # the sayings, once per encoder


def _vectors(encoder: Encoder) -> NDArray[np.float32]:
    if encoder not in _ENCODED:
        _ENCODED[encoder] = encoder.encode([saying for group in _SAYINGS.values() for saying in group])
    return _ENCODED[encoder]


def with_platitudes_marked(told: Sequence[Told], encoder: Encoder) -> list[Told]:
    """Return the sentences, those that say nothing marked with what they pretend to be."""
    short = [i for i, one in enumerate(told) if len(words(one.text)) <= LONGEST and not quantities(one.text)]
    if not short:
        return list(told)
    kinds = [kind for kind, sayings in _SAYINGS.items() for _ in sayings]
    nearness = encoder.encode([told[i].text for i in short]) @ _vectors(encoder).T
    marked = list(told)
    for i, row in zip(short, nearness, strict=True):
        if row.max() >= NEAR:
            marked[i] = replace(told[i], hollow=kinds[int(row.argmax())])
    return marked
