"""Completions that were written by hand in the role of a model, found by what a request is about.

They stand in `completions/*.yaml`. A request is read back into the fields that its prompt was filled with (the answer,
the criterion, the draft …), by the prompt file in the tree. So an edit of a prompt's wording changes the requests and
none of the keys, and the cassettes are recorded again from what is written already.

Where a phrase or the order of a talk has changed, the completion of a near relative is carried over: one for the same
question asked of the same message, in which nothing is quoted that the request does not hold. What is left is missing:
the endpoint says so with a status, the interview goes on without a model, and the request is written to
`completions/missing.yaml` with a blank to be filled.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from evaluators.prompt import FOLDER, Prompt, load_prompt
from interviewer.bench.endpoint import Completion
from interviewer.voices.model import PROMPTS

HERE = Path(__file__).parent
COMPLETIONS = HERE / "completions"
MISSING = COMPLETIONS / "missing.yaml"

_FIELD = re.compile(r"\\\{(\w+)\\\}")
_FENCED = re.compile(r"<candidate>\n(.*?)\n</candidate>", re.DOTALL)
_QUOTED = re.compile(r"“([^”]+)”")
_KINDS = {"understand": "understand", "words": "words", "judge_criterion": "judged", "judge_claims": "judged"}


@dataclass(frozen=True)
class Written:
    """One completion and what it was written for.

    Attributes:
        exact: everything that the completion depends on.
        groups: a request has to share one of them before the completion can be carried over.
        text: the completion.
        quotes: what it quotes.
    """

    exact: tuple[str, ...]
    groups: frozenset[tuple[str, ...]]
    text: str
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A request as far as a completion depends on it."""

    prompt: str
    fields: Mapping[str, str]
    exact: tuple[str, ...]
    groups: frozenset[tuple[str, ...]]
    shown: str


class Author:
    """Answers requests with what is written, and keeps account of what is not."""

    def __init__(self, folder: Path = COMPLETIONS) -> None:
        self._written = [one for path in sorted(folder.glob("*.yaml")) for one in _read(path)]
        self._by_exact: dict[tuple[str, ...], list[Written]] = {}
        for one in self._written:
            self._by_exact.setdefault(one.exact, []).append(one)
        self._asked: Counter[tuple[str, ...]] = Counter()
        self.used: set[tuple[str, ...]] = set()
        self.asked_for: set[tuple[str, ...]] = set()
        self.carried: dict[tuple[str, ...], Written] = {}
        self.missing: dict[tuple[str, ...], Asked] = {}

    def begin(self) -> None:
        """A test begins: of several completions for one request the first comes first again."""
        self._asked.clear()

    def respond(self, path: str, request: Mapping[str, Any]) -> Completion:
        """Return what is written for a request; an error status when nothing is."""
        asked = read_back(request)
        found = self._by_exact.get(asked.exact) or self._by_exact.get(_of_any_answer(asked))
        if found:
            number = self._asked[asked.exact]
            self._asked[asked.exact] += 1
            self.used.add(asked.exact)
            self.asked_for.add(found[0].exact)
            return Completion(found[number % len(found)].text, piece=4)
        if relative := self._relative(asked):
            self.carried[asked.exact] = relative
            self.asked_for.add(relative.exact)
            return Completion(relative.text, piece=4)
        self.missing[asked.exact] = asked
        message = f"No completion is written for this request ({asked.prompt})."
        return Completion(status=500, body={"error": {"message": message, "type": "not_written"}})

    def unused(self) -> list[Written]:
        """Return what is written and was not asked for."""
        return [one for one in self._written if one.exact not in self.asked_for]

    def _relative(self, asked: Asked) -> Written | None:
        """The completion for the nearest request with the same subject whose quotations all stand in this one."""
        near = [one for one in self._written if one.groups & asked.groups]
        if asked.prompt.startswith("judge"):  # what is not in the whole is not in a part of it, but not the other way
            said = set(asked.fields["answer"].split("\n\n"))
            near = [one for one in near if one.quotes or said <= set(one.exact[2].split("\n\n"))]
        near = [one for one in near if all(quote in asked.shown for quote in one.quotes)]
        return max(near, key=lambda one: _alike(one.exact, asked.exact), default=None)


def read_back(request: Mapping[str, Any]) -> Asked:
    """Return the fields that a request's prompt was filled with, and the keys made of them."""
    messages = [(m["role"], str(m["content"] or "")) for m in request["messages"]]
    name = messages[0][1].split("[prompt ", 1)[1].split("@", 1)[0]
    turns = [text for role, text in messages[1:] if role == "user"]
    answered = any(role == "assistant" for role, _ in messages)
    shown = turns[0] if answered else "\n\n".join(turns)  # a repair asks for the same again
    fields = _fields(load_prompt(name, PROMPTS if (PROMPTS / f"{name}.md").exists() else FOLDER), shown)
    return Asked(name, fields, *keys(name, fields), shown)


def keys(prompt: str, fields: Mapping[str, str]) -> tuple[tuple[str, ...], frozenset[tuple[str, ...]]]:
    """Return what identifies a request, and each thing that makes others its near relatives."""
    match prompt:
        case "understand":
            return (prompt, fields["message"]), frozenset()
        case "words":
            persona, round_, move, message, draft = (
                fields[n] for n in ("persona", "round", "move", "message", "draft")
            )
            asks = tuple(sorted(piece for piece in _bank_pieces() if piece in draft))
            after = (round_, move, message, *re.findall(r"\d+", draft))
            groups = {(persona, *(asks or after)), (persona, move, draft)}
            return (prompt, persona, round_, move, message, draft), frozenset(groups)
        case _:
            question, title = fields["question"], fields.get("title", "")
            return (prompt, question, fields["answer"], title), frozenset({(prompt, question, title)})


def blank(asked: Asked) -> dict[str, Any]:
    """Return an entry for `completions` that only lacks the completion."""
    fields = asked.fields
    match asked.prompt:
        case "understand":
            return {"last": fields["last"], "message": fields["message"], "kind": None}
        case "words":
            kept = {name: fields[name] for name in ("persona", "round", "move", "message", "draft")}
            return {"last": fields["last"], **kept, "say": None}
        case "judge_claims":
            head = {"question": fields["question"], "answer": fields["answer"]}
            return {**head, "sources": fields["sources"], "claims": None}
        case _:
            head = {"question": fields["question"], "answer": fields["answer"]}
            anchors = {name: fields[name] for name in ("ask", "one", "three", "five")}
            return {**head, "criteria": [{"title": fields["title"], **anchors, "score": None}]}


def save_missing(missing: Mapping[tuple[str, ...], Asked]) -> None:
    """Write the requests that nothing is written for to a file to be filled in; remove it when there are none."""
    entries: dict[str, list[Any]] = {}
    for asked in missing.values():
        entry, entries_here = blank(asked), entries.setdefault(_KINDS[asked.prompt], [])
        same = [e for e in entries_here if "answer" in e and e["answer"] == entry["answer"]]
        if same:
            same[0].update({**entry, "criteria": [*same[0].get("criteria", []), *entry.get("criteria", [])]})
        else:
            entries_here.append(entry)
    if not entries:
        MISSING.unlink(missing_ok=True)
        return
    MISSING.write_text(yaml.dump(entries, allow_unicode=True, sort_keys=False, width=110), encoding="utf-8")


def _read(path: Path) -> Iterator[Written]:
    """Yield the completions in a file; blanks are none."""
    data = _load(path) or {}
    for one in data.get("understand", ()):
        if one["kind"] is not None:
            yield Written(*keys("understand", one), json.dumps({"kind": one["kind"]}))
    for one in data.get("words", ()):
        if one["say"] is not None:
            yield Written(*keys("words", one), one["say"], tuple(_QUOTED.findall(one["say"])))
    for one in data.get("judged", ()):
        for criterion in one.get("criteria", ()):
            if criterion["score"] is not None:
                said = {name: criterion[name] for name in ("quotes", "reason", "score")}
                text = json.dumps(said, ensure_ascii=False)
                yield Written(*keys("judge_criterion", one | criterion), text, tuple(said["quotes"]))
        if one.get("claims") is not None:
            text = json.dumps({"claims": one["claims"]}, ensure_ascii=False)
            quotes = tuple(claim["quote"] for claim in one["claims"])
            yield Written(*keys("judge_claims", {"question": one["question"], "answer": one["answer"]}), text, quotes)


def _of_any_answer(asked: Asked) -> tuple[str, ...]:
    """The key of what is written for a criterion whatever the answer is: the control question's."""
    return (asked.prompt, "(any)", "(any)", asked.fields.get("title", ""))


def _fields(prompt: Prompt, shown: str) -> dict[str, str]:
    """Return the fields of the templates in `shown`, where they stand one after another and some may be left out."""
    parts = []
    for template in prompt.templates.values():
        pattern = _FIELD.sub(r"(?P<\1>.*?)", re.escape(template.strip()))
        parts.append(rf"(?:{pattern}(?:\n\n|\Z))?")
    found = re.fullmatch("".join(parts), shown, re.DOTALL)
    assert found is not None, f"this request was not made with {prompt.label}"
    fields = {name: value for name, value in found.groupdict().items() if value is not None}
    for name, value in fields.items():
        fenced = _FENCED.match(value)
        fields[name] = fenced[1] if fenced else value
    return fields


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return sum(SequenceMatcher(None, a, b, autojunk=False).ratio() for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=1)
def _bank_pieces() -> frozenset[str]:
    """The sentences of the frozen bank (probes, hints, facts) as they stand in drafts, without quotations."""
    data = _load(HERE / "bank.yaml")
    pieces = (piece.strip() for text in _texts(data) for piece in re.split(r"[\"“']?\{quote\}[\"”']?", text))
    return frozenset(piece for piece in pieces if len(piece) > 12 and piece[-1] in ".?!")


def _load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


AUTHOR = Author()


def respond(path: str, request: Mapping[str, Any]) -> Completion:
    """Return what is written for a request."""
    return AUTHOR.respond(path, request)
