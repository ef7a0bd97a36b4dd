"""The names that a formula may use, and products of them written without a sign."""

from __future__ import annotations

from collections.abc import Collection

from evaluators.derivation.expression import Binary, Expression, Name


class KnownNames:
    """Names by how they are typed: an underscore more or less does not matter."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = {name.replace("_", ""): name for name in known}

    def __contains__(self, plain: str) -> bool:
        return plain in self._known

    def __str__(self) -> str:
        return ", ".join(sorted(self._known.values()))

    def read(self, name: str) -> Expression | None:
        """Return the name, or the product of the names that it is made of; None when it is neither."""
        plain = name.replace("_", "")
        if plain in self._known:
            return Name(self._known[plain])
        parts = self._split(plain)
        if not parts:
            return None
        value: Expression = Name(self._known[parts[0]])
        for part in parts[1:]:
            value = Binary("·", value, Name(self._known[part]))
        return value

    def _split(self, name: str) -> list[str]:
        """On paper QK is Q times K: the known names that a name is made of, or none."""
        ways: list[list[str] | None] = [[], *[None] * len(name)]
        for end in range(1, len(name) + 1):
            for start in range(end):
                before = ways[start]
                if before is not None and name[start:end] in self._known and len(before) < 6:
                    ways[end] = [*before, name[start:end]]
                    break
        return ways[-1] or []
