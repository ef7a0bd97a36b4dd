"""The voice of a language model: it understands freely and finds its own words for the move, under guards in code.

It never sees a key point, a rubric or a fact that was not asked for. It is given the offline voice's words as a draft,
and says the same in the persona, to the candidate, in the candidate's own terms. Sentence by sentence its words are
checked before they are let out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from evaluators.prompt import load_prompt
from evaluators.untrusted import clean, fence
from interviewer.events import MessageKind, Move
from interviewer.hearing import quick_kind
from interviewer.model.grounding import Grounding
from interviewer.model.guards import PROMPT_RUN, Granted, Guard, GuardError, Secrets, secrets_of
from interviewer.model.llm import LanguageModel
from interviewer.model.wire import Messages, Role
from interviewer.policy import GOOD
from interviewer.quoting import harmless
from interviewer.state import State
from interviewer.voices.offline import OfflineVoice, is_derivation
from interviewer.voices.transcript import shortened, told_earlier, told_here
from knowledge.library import Library
from knowledge.models import Passage, Question

if TYPE_CHECKING:
    from knowledge.encoder import TokenEncoder

PROMPTS = Path(__file__).parents[1] / "prompts"

MOST_SENTENCES = 3
PLAIN_WORDS = 150
"""A longer message that the rules take for an answer is one; no model is asked."""

BRIEF_WORDS = 40
"""Only a message of at most so many words can want to skip or stop against the rules' opinion."""

_MESSAGE = 6_000  # characters of a message that the model reads
_LONGEST_SENTENCE = 2_000  # characters
_READ_ON = 8  # sentences read beyond those that are said
_ASKS = re.compile(r"\?[\"'”’)]*\s*$")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]*\s+")
_SPOKEN_PLAINLY = frozenset({"repeat", "time", "help"})
_COMMANDS = frozenset({"repeat", "time", "help", "identity", "skip", "stop", "hint", "code"})
_NUMBERS = frozenset({"greet", "answer", "wrap"})

_MOVES = {
    "greet": "the interview begins; greet the candidate",
    "question": "lead over to the next question, which is read out after your words; do not ask it",
    "probe": "a follow-up",
    "challenge": "the candidate is asked to look again at something",
    "answer": "the candidate's question is answered",
    "hint": "the candidate asked for a hint and gets this one",
    "encourage": "the candidate is kept going",
    "wrap": "the interview ends; say goodbye",
}

Kind = Literal[
    "answer",
    "thinking_aloud",
    "clarifying_question",
    "dont_know",
    "hint",
    "repeat",
    "skip",
    "stop",
    "pushback",
    "off_topic",
    "time",
    "help",
    "identity",
]


class Understanding(BaseModel):
    """What kind of message it is."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind


class ModelVoice:
    """Speaks through a language model; the offline voice gives the drafts."""

    def __init__(
        self, model: LanguageModel, offline: OfflineVoice, library: Library, encoder: Callable[[], TokenEncoder]
    ) -> None:
        """`encoder` is asked for, on a worker thread, when the model says something of a passage."""
        self._encoder = encoder
        self._model = model
        self._offline = offline
        self._library = library
        self._understand = load_prompt("understand", PROMPTS)
        self._words = load_prompt("words", PROMPTS)
        self._prompts = secrets_of([self._words.system, self._understand.system], PROMPT_RUN)
        self._known: dict[str, Secrets] = {}

    @property
    def name(self) -> str:
        """llm:MODEL."""
        return f"llm:{self._model.name}"

    async def understand(self, state: State, text: str) -> MessageKind:
        """Return the kind of the message; commands and long answers are plain without a model."""
        quick = quick_kind(state, text, self._library)
        length = len(text.split())
        if quick in _COMMANDS or not text.strip() or (quick == "answer" and length > PLAIN_WORDS):
            return quick
        question = self._question(state)
        prompt = self._understand
        last = clean(state.last.text)[-1500:] if state.last else "(nothing yet)"
        messages: Messages = [
            ("system", prompt.system),
            ("human", prompt.fill("turn", question=question.text if question else "(none)", last=last)),
            ("human", prompt.fill("message", message=fence(shortened(text, _MESSAGE)))),
        ]
        kind = (await self._model.structured("understand", prompt.label, messages, Understanding)).kind
        if kind in {"stop", "skip", "hint", "off_topic", "identity"} and length > BRIEF_WORDS:
            return quick
        return kind

    async def words(self, state: State, move: Move, passages: Sequence[Passage]) -> AsyncIterator[str]:
        """Yield the words for `move`, a sentence at a time.

        Raises:
            GuardError: a sentence may not be said.
            ModelError: the model failed.
        """
        if move.kind == "identity":
            yield self._offline.identity(state, self._model.name)
            return
        parts = [part for part in self._offline.parts(state, move, passages) if part]
        if move.kind in _SPOKEN_PLAINLY:
            yield " ".join(parts)
            return
        # A question is asked as it stands in the bank; the model leads over to it.
        draft, verbatim = (" ".join(parts[:-1]), parts[-1]) if move.kind == "question" else (" ".join(parts), "")
        granted = self._granted(state, move, passages, draft)
        guard, grounding = Guard(granted), Grounding(passages, granted.allowed, self._encoder)
        messages = self._messages(state, move, passages, draft)
        most = max(MOST_SENTENCES, len(_SENTENCE_END.findall(f"{draft} ")))
        async with aclosing(self._model.stream(f"words: {move.kind}", self._words.label, messages)) as pieces:
            async for sentence in _guarded(pieces, guard, grounding, most):
                yield sentence
        if verbatim:
            yield f"\n\n{verbatim}"

    def _messages(self, state: State, move: Move, passages: Sequence[Passage], draft: str) -> Messages:
        """The stable part first: the same beginning for every turn, then for every turn on one question."""
        prompt, setup = self._words, state.setup
        question = self._question(state)
        messages: list[tuple[Role, str]] = [
            ("system", prompt.system),
            ("human", prompt.fill("settings", persona=setup.persona, level=setup.level)),
        ]
        if earlier := told_earlier(state, self._library, self._offline.asked_for):
            messages.append(("human", prompt.fill("earlier", earlier=fence(earlier))))
        round_: str = question.round if question else setup.round
        messages.append(
            (
                "human",
                prompt.fill(
                    "question",
                    round="derivation" if is_derivation(question) else round_,
                    question=question.text.strip() if question else "(none yet)",
                ),
            )
        )
        if transcript := told_here(state):
            messages.append(("human", prompt.fill("transcript", transcript=fence(transcript))))
        if passages:
            told = "\n\n".join(f"{n}. {fence(p.text[:1200])}" for n, p in enumerate(passages, 1))
            messages.append(("human", prompt.fill("passages", passages=told)))
        message = state.pending.text if state.pending else ""
        last = clean(state.last.text)[-1500:] if state.last else "(nothing yet)"
        messages.append(
            (
                "human",
                prompt.fill(
                    "move",
                    last=last,
                    message=fence(shortened(message, _MESSAGE)),
                    move=_MOVES.get(move.kind, move.kind),
                    draft=draft,
                ),
            )
        )
        return messages

    def _granted(self, state: State, move: Move, passages: Sequence[Passage], draft: str) -> Granted:
        current = state.current
        said = [m.text for m in current.messages] if current else []
        questions = {q for q in (self._question(state), self._library.questions.get(move.question_id or "")) if q}
        score = current.score if current else None
        return Granted(
            secret=(self._prompts, *(self._secrets(question) for question in questions)),
            # Our own notes say what the key points say: what is shown of them opens nothing that is not to be told.
            allowed=(draft, *(q.text for q in questions), *said, *(p.text for p in passages if p.category != "ours")),
            ours=" ".join((draft.replace(harmless(move.quote) or "\0", " "), *(q.text for q in questions))),
            praise=score is not None and score.overall is not None and score.overall >= GOOD,
            numbers=move.kind in _NUMBERS,
        )

    def _secrets(self, question: Question) -> Secrets:
        if question.id not in self._known:
            self._known[question.id] = secrets_of(self._secret_texts(question))
        return self._known[question.id]

    def _secret_texts(self, question: Question) -> list[str]:
        """Everything about a question that only the score and the policy may use."""
        texts = [text for point in question.key_points for text in (point.text, point.hint)]
        texts += [text for wrong in question.misconceptions for text in (wrong.statement, wrong.correction)]
        texts += question.hints
        if question.ladder:
            texts += [question.ladder.junior, question.ladder.senior, question.ladder.staff]
        for criterion in self._library.rubric_for(question).criteria:
            anchors = criterion.anchors
            texts += [anchors.one, anchors.three, anchors.five, criterion.advice, criterion.question]
        scenario = self._library.scenarios.get(question.scenario) if question.scenario else None
        if scenario is not None:
            texts += [fact.answer for fact in scenario.facts]
            texts += [text for estimate in scenario.estimates for text in (estimate.what, estimate.derivation)]
        return texts

    def _question(self, state: State) -> Question | None:
        return self._library.questions.get(state.current.question_id) if state.current else None


async def _guarded(pieces: AsyncIterator[str], guard: Guard, grounding: Grounding, most: int) -> AsyncIterator[str]:
    """Yield at most so many sentences of the stream, each after it was checked.

    A reply that is too long keeps its beginning and its last question: that is what the candidate has to answer.
    """
    said, waiting, count, read = "", "", 0, 0
    last = question = ""
    async for piece in pieces:
        waiting += piece
        if len(waiting) > _LONGEST_SENTENCE:
            raise GuardError("its wording went on and on")
        while end := _SENTENCE_END.search(waiting):
            sentence, waiting = waiting[: end.end()], waiting[end.end() :]
            if count < most - 1:
                await _check(guard, grounding, said, sentence)
                said, count = said + sentence, count + 1
                yield _plain(sentence)
            else:
                last, question, read = last or sentence, sentence if _ASKS.search(sentence) else question, read + 1
        if read > _READ_ON:
            break  # a little more is read: the end of the stream says what the call cost
    if waiting.strip():
        last, question = last or waiting, waiting if _ASKS.search(waiting) else question
    if ending := question or last:
        await _check(guard, grounding, said, ending)
        yield _plain(ending.rstrip())


async def _check(guard: Guard, grounding: Grounding, said: str, sentence: str) -> None:
    guard.check(said, sentence)
    if claim := grounding.claim(sentence):
        await asyncio.to_thread(grounding.check, claim)


def _plain(text: str) -> str:
    """Without control and direction characters; Markdown is shown as what it is."""
    return clean(text)
