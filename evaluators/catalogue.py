"""A package of one-file entries as a mapping: slug to entry, each file imported when its entry is first read."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from knowledge.errors import NotFoundError


class Entry(Protocol):
    """What a catalogue holds."""

    @property
    def slug(self) -> str:
        """Its name, which is that of its file."""
        ...


E = TypeVar("E", bound=Entry)


class Catalogue(Mapping[str, E]):
    """Slug to entry, in alphabetical order.

    Args:
        package: where the files are, one an entry.
        constant: the name under which a file defines its entry.
        kind: what a user calls an entry.
        listing: the command that lists them all.
    """

    def __init__(self, package: str, constant: str, kind: str, listing: str) -> None:
        self._package, self._constant, self._kind, self._listing = package, constant, kind, listing
        self._slugs = sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__))
        self._loaded: dict[str, E] = {}

    def __getitem__(self, slug: str) -> E:
        if slug not in self._loaded:
            if slug not in self._slugs:
                raise KeyError(slug)
            module = importlib.import_module(f"{self._package}.{slug}")
            entry: E = getattr(module, self._constant)
            if entry.slug != slug:
                raise ValueError(f"{module.__file__} calls itself {entry.slug}")
            self._loaded[slug] = entry
        return self._loaded[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def __contains__(self, slug: object) -> bool:
        return slug in self._slugs

    def __len__(self) -> int:
        return len(self._slugs)

    def find(self, slug: str) -> E:
        """Return the entry of that slug.

        Raises:
            NotFoundError: there is none; the hint gives near ones.
        """
        if slug in self:
            return self[slug]
        near = difflib.get_close_matches(slug, self, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(near)}?" if near else f"`{self._listing}` lists them all."
        raise NotFoundError(f"There is no {self._kind} {slug!r}.", hint)
