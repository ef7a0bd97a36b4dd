"""The voice that needs no model: it understands by rules and meaning, and speaks from `offline.yaml`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

from pydantic import TypeAdapter

from interviewer.events import MessageKind, Move
from interviewer.facts import count_asked
from interviewer.gaps import FOLLOW_UP, HARDLY_TOLD, OWN_HINT, hints_at_most
from interviewer.hearing import is_unclear, quick_kind
from interviewer.plan import parts_of
from interviewer.policy import says_again, went_deeper
from interviewer.quoting import harmless, is_beside, shorten
from interviewer.retelling import earlier_stories, told_before
from interviewer.state import MAX_ATTEMPTS, QuestionState, State, numbered
from knowledge import yaml_source
from knowledge.library import Library
from knowledge.models import Passage, Question

_DATA = Path(__file__).parent / "offline.yaml"
_QUOTED = re.compile(r"[^.!?]*\{quote\}[^.!?]*[.!?]['\"”]*\s*")
_ASKS_MEANING = re.compile(r"\b(mean|clarify|understand|exactly|want to (?:hear|know)|you asking)\b", re.IGNORECASE)
_ASKS_OUR_VIEW = re.compile(
    r"\b(?:(?:what|how|which|where) would you (?!(?:like|want) me\b)|what do you think\b"
    r"|what(?: is|'s) your (?:view|take)\b)[^.!?]*\?\s*$",
    re.IGNORECASE,
)
_ASKS_WHAT_FAILED = re.compile(
    r"\b(?:wrong|fail\w*|errors?|mistakes?|broke\w*|incorrect|happen\w*|pass\w*|problem|see)\b", re.IGNORECASE
)
_ASKS_FOR_TOOLS = re.compile(r"\b(?:numpy|np|torch|pytorch|scipy|librar\w+|packages?|imports?)\b", re.IGNORECASE)
_QUOTE_MARKS = re.compile(r"[\"“']\{quote\}[\"”']")

_LAST = 300  # characters of an answer in which a question at its end is

_OF_FORMULAS = "_derivation"
"""A list of phrases may have a twin under its key and this: it is taken where formulas are wanted instead of code."""

_NOTHING_TO_TAKE_UP = frozenset({"missing", "smaller step"})
"""Reasons for a probe on something of which nothing was said: it is asked for plainly, by the first that can be."""

_OPEN_BY_ROUND = {"behavioural": "story", "warm-up": "warm_up"}
"""What leaves a question of the candidate's to them, by round."""

_NEXT_BY_REASON = {
    "skipped": "next_skipped",
    "does not know": "next_unknown",
    "three attempts": "next_attempts",
    "no fix came": "next_stuck",
    "no code came": "next_stuck",
    "cannot be run": "next_not_run",
    "off topic twice": "next_stuck",
    "code passes": "next_code",
    "answered": "next_strong",
    "opening": "first",
}

Meaning = Callable[[str, MessageKind], Awaitable[MessageKind]]
"""A second look at a short, unclear message by the sentence encoder."""


class OfflineVoice:
    """Words by templates, in an order that the seed decides; the candidate's own words where the move has them."""

    name = "offline"

    def __init__(self, library: Library, meaning: Meaning | None = None) -> None:
        self._library = library
        self._meaning = meaning

    async def understand(self, state: State, text: str) -> MessageKind:
        """Return the kind of the message, by rules, and by meaning where the rules have little to go by."""
        kind = quick_kind(state, text, self._library)
        if self._meaning is not None and is_unclear(text, kind):
            return await self._meaning(text, kind)
        return kind

    async def words(self, state: State, move: Move, passages: Sequence[Passage]) -> AsyncIterator[str]:
        """Yield the words for `move`, a sentence or so at a time."""
        text = " ".join(part for part in self.parts(state, move, passages) if part)
        for piece in re.findall(r"\S+\s*", text):
            yield piece

    def parts(self, state: State, move: Move, passages: Sequence[Passage] = ()) -> list[str]:
        """Return the words for `move` in parts, some empty; the last part of a question is the question itself."""
        return [self._own_view(state, move), self._own_story(state, move, passages), *self._parts(state, move)]

    def _parts(self, state: State, move: Move) -> list[str]:
        match move.kind:
            case "greet":
                minutes, parts = f"{state.setup.minutes:g}", parts_of(state.plan, self._library)
                return [self._phrase(state, "greet", minutes=minutes, parts=parts)]
            case "question":
                return self._question(state, move)
            case "probe":
                return self._probe(state, move)
            case "challenge":
                return self._challenge(state, move)
            case "answer":
                return self._answer(state, move)
            case "hint":
                return [self._hint(state, move)]
            case "identity":
                return [self.identity(state)]
            case "wrap":
                return [self._phrase(state, f"wrap_{move.reason}", "wrap_finished")]
            case _:
                return [self._aside(state, move)]

    def _own_view(self, state: State, move: Move) -> str:
        """Say why a question about the interviewer's own view, at the end of an answer, is not answered."""
        message = state.pending
        asked = message is not None and message.kind == "answer" and _ASKS_OUR_VIEW.search(message.text[-_LAST:])
        return self._phrase(state, "own_view") if asked and move.kind in {"probe", "challenge", "question"} else ""

    def _own_story(self, state: State, move: Move, passages: Sequence[Passage]) -> str:
        """Say once that the story is one of the candidate's own notes."""
        story = next((p for p in passages if p.category == "stories"), None)
        first = state.current is not None and not state.current.probed
        if story is None or move.kind != "probe" or not first:
            return ""
        return self._phrase(state, "own_story")

    def _question(self, state: State, move: Move) -> list[str]:
        question = self._asked_about(move)
        before = self._library.questions.get(state.current.question_id) if state.current else None
        key = _NEXT_BY_REASON.get(move.reason, "next_plain")
        further = self._phrase(state, "further") if len(state.questions) == len(state.plan) else ""
        lead = "" if further and key == "next_plain" else self._phrase(state, key)  # not "Next." before "That was all"
        new_round = before is None or before.round != question.round
        kind = "derivation" if is_derivation(question) else question.round
        intro = self._phrase(state, f"round_{kind}") if new_round else ""
        return [self._taken_as_said(state), lead, further, intro, question.text.strip()]

    def _taken_as_said(self, state: State) -> str:
        """Heed a candidate who says that it was said already; empty otherwise."""
        return self._phrase(state, "said_already") if says_again(state.pending) else ""

    def _probe(self, state: State, move: Move) -> list[str]:
        question, current = self._asked_about(move), state.current
        quote = harmless(move.quote)
        if said := self._taken_as_said(state):
            return [said, self.asked_for(state, move)]
        if move.reason == "smaller step":
            if move.target == "story":
                return [self._phrase(state, "smaller_step_story")]
            return [self._phrase(state, "smaller_step"), self._probe_text(state, question, move)]
        if move.target.startswith(FOLLOW_UP):
            lead = "deeper_after_code" if _just_passed(current) else "deeper_after_strong"
            if current is not None and went_deeper(current):
                lead = "deeper_again"  # the score does not speak of what a follow-up was answered with
            return [self._phrase(state, lead), question.follow_ups[int(move.target.rsplit("_", 1)[1]) - 1]]
        text = self._probe_text(state, question, move)
        if quote and quote in text:
            return [text]
        if _just_passed(current):
            return [self._phrase(state, "deeper_after_code"), text]
        if current is not None and current.fruitless and not _has_begun(question, current):
            return [self._phrase(state, "probe_again"), text]
        lead = _lead(question, current)
        if quote:
            # To stay with their words and then to ask for something that they do not bear on would be no listening.
            on = "pick_up_and_on" if move.reason == "missing" else "pick_up"
            return [self._phrase(state, on, lead, quote=quote), text]
        return [self._phrase(state, lead), text]

    def _probe_text(self, state: State, question: Question, move: Move) -> str:
        return filled(self._probe_template(state, question, move), harmless(move.quote))

    def _probe_template(self, state: State, question: Question, move: Move) -> str:
        point = next((p for p in question.key_points if p.id == move.target), None)
        if point is not None:
            return point.probe
        criterion = next((c for c in self._library.rubric_for(question).criteria if c.id == move.target), None)
        if criterion is None:
            return "Tell me more about that."
        plain = [p for p in criterion.probes if "{quote}" not in p]
        if plain and move.reason in _NOTHING_TO_TAKE_UP:
            return plain[0]
        usable = list(criterion.probes) if move.quote else plain or list(criterion.probes)
        return Random(f"{state.setup.seed}:{question.id}:{move.target}").choice(usable)

    def _challenge(self, state: State, move: Move) -> list[str]:
        question, current = self._asked_about(move), state.current
        wrong = next((m for m in question.misconceptions if m.id == move.target), None)
        if wrong is not None:
            quote = harmless(move.quote)
            text = filled(wrong.challenge, quote)
            lead = "" if quote and quote in text else self._phrase(state, "challenge", "challenge_plain", quote=quote)
            return [lead, text]
        verdict = current.verdicts[-1] if current and current.verdicts else None
        if verdict is None:
            return [self._phrase(state, "not_run")]
        if move.target == "error":
            assert current is not None
            key = "challenge_error" if verdict.was_run and not verdict.unreadable else "challenge_not_run"
            error, cost = _block(verdict.error), _cost(current)
            return [self._phrase(state, key, error=error, cost=cost)]
        failed = next((c for c in verdict.checks if c.name == move.target), None)
        passed, total = str(sum(c.passed for c in verdict.checks)), str(len(verdict.checks))
        detail = _block(failed.detail if failed else "")
        # A wrong version that was recognised has a question of its own, which does not give the fix away.
        probe = next((seen.probe for seen in verdict.misconceptions if seen.probe), "")
        key = "challenge_recognised" if probe else "challenge_check"
        return [
            self._phrase(
                state, key, passed=passed, total=total, check=move.target, detail=detail, probe=_sentence(probe)
            )
        ]

    def _answer(self, state: State, move: Move) -> list[str]:
        question = self._asked_about(move)
        scenario = self._library.scenarios.get(question.scenario) if question.scenario else None
        wanted = move.target.split(",")
        facts = [fact.answer for fact in scenario.facts if fact.id in wanted] if scenario else []
        if facts:
            told = self._phrase(state, "answer_facts", facts=" ".join(_sentence(fact) for fact in facts))
            asked = count_asked(state.pending.text) if state.pending is not None else 0
            return [told, self._phrase(state, "answer_the_rest") if asked > len(facts) else ""]
        current, standing = state.current, state.standing
        probe = standing.move if standing is not None and standing.move.kind == "probe" else None
        asked_now = state.pending.text if state.pending is not None else ""
        if _ASKS_OUR_VIEW.search(asked_now[-_LAST:]):
            return [self._phrase(state, "own_view"), self.asked_for(state, probe) if probe is not None else ""]
        if scenario:
            return [self._phrase(state, "answer_open")]
        solved = question.exercise is None or (current is not None and any(v.passed for v in current.verdicts))
        asks_meaning = state.pending is None or _ASKS_MEANING.search(asked_now)
        if probe is not None and (solved or asks_meaning):
            return [self._phrase(state, "answer_meant", ask=self.asked_for(state, probe))]
        if question.exercise and not solved:
            return [self._about_exercise(state, question, asked_now)]
        kind = "exercise" if question.exercise else _OPEN_BY_ROUND.get(question.round, "question")
        return [self._phrase(state, f"answer_open_{kind}")]

    def _about_exercise(self, state: State, question: Question, asked: str) -> str:
        """Answer a question about an exercise that is not solved: what failed, what may be used, else what it says."""
        standing = state.standing
        if standing is not None and standing.move.kind == "challenge" and _ASKS_WHAT_FAILED.search(asked):
            return self._phrase(state, "answer_failed", ask=standing.text)
        tools = _ASKS_FOR_TOOLS.search(asked) and not is_derivation(question)
        return self._phrase(state, "answer_tools" if tools else "answer_open_exercise")

    def asked_for(self, state: State, probe: Move) -> str:
        """Return the bare question behind a probe: without its lead, and without the quotation if it can stand so."""
        question = self._asked_about(probe)
        if probe.target.startswith(FOLLOW_UP):
            # Of a question asked long ago: its pack may have lost follow-ups since.
            return next(iter(question.follow_ups[int(probe.target.rsplit("_", 1)[1]) - 1 :]), question.text.strip())
        if probe.target == "story":
            return question.text.strip()
        quote = harmless(probe.quote)
        template = self._probe_template(state, question, probe)
        return _QUOTED.sub("", template).strip() or filled(template, quote)

    def _hint(self, state: State, move: Move) -> str:
        question, current = self._asked_about(move), state.current
        rubric = self._library.rubric_for(question)
        levels = hints_at_most(question, rubric, current, state.setup.level) if current else move.hint_level
        words = _sentence(self._hint_words(question, move))
        return self._phrase(state, "hint", hint=words, level=str(move.hint_level), levels=str(levels))

    def _hint_words(self, question: Question, move: Move) -> str:
        point = next((p for p in question.key_points if p.id == move.target), None)
        if point is not None:
            return point.hint
        if move.target.startswith(OWN_HINT):
            return question.hints[int(move.target.removeprefix(OWN_HINT)) - 1]
        criterion = next(c for c in self._library.rubric_for(question).criteria if c.id == move.target)
        return filled(criterion.advice, harmless(move.quote))

    def identity(self, state: State, model: str = "") -> str:
        """Return what the candidate talks to, truly: a program, and the language model through which it speaks, if any.

        Nothing in it depends on what the candidate typed.
        """
        key = "identity_model" if model else "identity"
        return self._phrase(state, key, question=self._standing(state), model=model)

    def _standing(self, state: State) -> str:
        """Return what the candidate is to answer now, without what led over to it."""
        question = self._library.questions.get(state.current.question_id) if state.current else None
        asked = state.standing
        again = question.text.strip() if question else ""
        if question is not None and asked is not None and asked.move.kind == "probe":
            return f"{self.asked_for(state, asked.move)}\n\nThe question that it belongs to: {again}"
        return asked.text if asked is not None and asked.move.kind == "challenge" else again

    def _aside(self, state: State, move: Move) -> str:
        """Everything that leaves the question standing."""
        current, setup = state.current, state.setup
        key = move.target if move.kind == "encourage" else move.target or move.kind
        told = told_before(current, earlier_stories(state, current.question_id, self._library)) if current else None
        return self._phrase(
            state,
            key,
            "unclear",
            question=self._standing(state),
            told_for=harmless(shorten(told.asked)).rstrip(".") if told else "",
            minutes=f"{setup.minutes:g}",
            spent=f"{state.minutes:.0f}",
            left=f"{state.remaining:.0f}",
            planned=f"{current.minutes:.0f}" if current else "0",
            here=f"{current.spent:.0f}" if current else "0",
        )

    def _asked_about(self, move: Move) -> Question:
        assert move.question_id is not None
        return self._library.question(move.question_id)

    def _phrase(self, state: State, key: str, otherwise: str = "unclear", **fields: str) -> str:
        """Return the next phrase of a list in this interview's own order."""
        texts = _phrases()
        question = self._library.questions.get(state.current.question_id) if state.current else None
        if f"{key}{_OF_FORMULAS}" in texts["shared"] and is_derivation(question):
            key = f"{key}{_OF_FORMULAS}"
        own, shared = texts.get(state.setup.persona, {}), texts["shared"]
        lines = own.get(key) or shared.get(key) or own.get(otherwise) or shared[otherwise]
        usable = [line for line in lines if all(fields.get(f, "") for f in re.findall(r"\{(\w+)\}", line))]
        if not usable:
            return "" if key == otherwise else self._phrase(state, otherwise, otherwise, **fields)
        order = usable[:]
        Random(f"{state.setup.seed}:{key}").shuffle(order)
        before = sum(_may_have_used(key, move) for q in state.questions for move in q.moves)
        turned = [*order[before % len(order) :], *order[: before % len(order)]]
        said = [re.sub(r"\{(\w+)\}", lambda m: fields.get(m.group(1), ""), line).strip() for line in turned]
        last = state.last.text if state.last is not None else ""
        return next((line for line in said if line not in last), said[0])  # never the same twice running


def is_derivation(question: Question | None) -> bool:
    """Return whether formulas are wanted rather than code."""
    from evaluators.tasks import is_derivation

    return question is not None and question.exercise is not None and is_derivation(question.exercise)


def _may_have_used(key: str, move: Move) -> bool:
    """Whether the words for an earlier move may have come from the list `key`."""
    match key.partition("_")[0]:
        case "smaller":
            return move.reason == "smaller step"
        case "pick":
            return move.kind == "probe" and bool(move.quote)
        case "probe" | "deeper":
            return move.kind == "probe" and not move.quote and move.reason != "smaller step"
        case "next" | "first" | "round":
            return move.kind == "question"
        case "challenge" | "answer" as kind:
            return move.kind == kind
        case _:
            return key.removesuffix(_OF_FORMULAS) in {move.kind, move.target}


def _cost(current: QuestionState) -> str:
    """Return what code that could not be run costs: the first that cannot be read is free."""
    number = numbered(current.verdicts)[-1][0]
    return f"It counts as attempt {number} of {MAX_ATTEMPTS}." if number else "It costs no attempt, this once."


def _block(text: str) -> str:
    """Return the sandbox's output as a block of its own, which the candidate's words in it cannot close."""
    shown = text.strip().replace("`", "'")
    return f"\n\n```text\n{shown}\n```\n\n" if shown else " "


def filled(template: str, quote: str) -> str:
    """Return a probe with the candidate's words in it; without any, the sentence that needs them is left out."""
    if "{quote}" not in template:
        return template.strip()
    if quote:
        return _QUOTE_MARKS.sub("{quote}", template).replace("{quote}", f"“{quote}”").strip()
    return _QUOTED.sub("", template).strip() or "Tell me more about that."


def _lead(question: Question, current: QuestionState | None) -> str:
    """Return how a probe without the candidate's words is led in: a story that has hardly begun is not a wrong one."""
    if current is None or question.round == "design" or not is_beside(current.score):
        return "probe_plain"
    return "probe_begun" if _has_begun(question, current) else "probe_lost"


def _has_begun(question: Question, current: QuestionState) -> bool:
    """Whether it is a story of which hardly anything was told yet."""
    return question.round == "behavioural" and len(current.answer.split()) < HARDLY_TOLD


def _just_passed(current: QuestionState | None) -> bool:
    return bool(current and current.messages and current.messages[-1].kind == "code" and current.verdicts[-1].passed)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Mapping[str, list[str]]]:
    data = yaml_source.parse(_DATA.read_text(encoding="utf-8"), _DATA.name)
    return TypeAdapter(dict[str, dict[str, list[str]]]).validate_python(data)
