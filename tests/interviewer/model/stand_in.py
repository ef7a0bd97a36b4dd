"""Completions for recording where no provider is at hand: plain rules over what the request itself says.

Nothing here is a language model. The judge's rules look for the criterion's words in the answer and quote the sentences
that have them; the voice says the draft again. What is recorded against it shows that our client, prompts, guards and
arithmetic work on a wire, and nothing about how well a model judges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from interviewer.bench.endpoint import Completion

_STOP = frozenset(
    re.findall(
        r"\w+",
        "the a an of to and in is it that this for on with as by be are was were or from at not does do what which how"
        " why you your i we answer state point whatever words",
    )
)
_REASONS = (
    "Nothing in the answer bears on it.",
    "A term is touched; nothing is explained.",
    "A part is there; what makes it usable is missing.",
    "The main part is stated; its reason or its condition is left out.",
    "Nearly all of it is stated; one condition is left implicit.",
    "All of it is stated, correctly and in the candidate's own words.",
)
_THRESHOLDS = (0.12, 0.22, 0.32, 0.45, 0.6)
_THANKS = {"warm": "Thank you for that.", "neutral": "Thank you.", "bar-raiser": "Noted."}
_LEADS = {"warm": "Let us go on together.", "neutral": "Let us go on.", "bar-raiser": "Next."}


def respond(path: str, request: Mapping[str, Any]) -> Completion:
    """Return the completion for a request, by the prompt that its first message names."""
    messages = [str(m["content"] or "") for m in request["messages"]]  # the system's, then one from the user
    name = messages[0].split("[prompt ", 1)[1].split("@", 1)[0]
    match name:
        case "judge_criterion":
            answer: Any = judge(messages)
        case "judge_claims":
            answer = claims(messages)
        case "understand":
            answer = {"kind": kind(messages)}
        case _:
            return Completion(speak(messages), piece=8)
    return Completion(json.dumps(answer, ensure_ascii=False))


def judge(messages: list[str]) -> dict[str, Any]:
    question, rest = messages[1].split("The answer to be graded:", 1)
    answer, asked = _between(rest, "<candidate>", "</candidate>"), rest.rsplit("</candidate>", 1)[1]
    title = _between(asked, "The criterion:", "\n\nWhat to decide:")
    sentences = _sentences(answer)
    if title == "Bread":
        return {"quotes": [], "reason": _REASONS[0], "score": 0}
    point = re.search("“(.+)”", title, re.DOTALL)
    wanted = _stems(point[1]) - _stems(question) if point else _stems(asked.split("5:", 1)[1])
    ranked = sorted(sentences, key=lambda s: -len(_stems(s) & wanted))
    if point:
        share = len(_stems(" ".join(ranked[:3])) & wanted) / max(1, len(wanted))
        score = sum(share >= threshold for threshold in _THRESHOLDS)
    else:
        reasons = len(re.findall(r"\b(because|so that|since|instead|therefore|if|when)\b", answer))
        length = len(answer.split())
        score = (length > 25) + (length > 70) + (length > 120) + (len(re.findall(r"\d", answer)) > 3) + (reasons > 2)
    quotes = [" ".join(s.split()[:40]) for s in ranked[:2] if _stems(s) & wanted] if score else []
    score = score if quotes else 0
    return {"quotes": quotes, "reason": _REASONS[score], "score": score}


def claims(messages: list[str]) -> dict[str, Any]:
    answer = _between(messages[-1], "<candidate>", "</candidate>")
    sources = dict(re.findall(r"(?m)^(\d+)\. (.+)$", messages[1].split("<candidate>", 1)[0]))
    found = []
    for sentence in _sentences(answer):
        if "makes both L1 and L2 remove features" in sentence or "uses the statistics of the test batch" in sentence:
            number, text = max(sources.items(), key=lambda item: len(_stems(item[1]) & _stems(sentence)))
            found.append({"quote": sentence, "correction": text[:300], "source": int(number)})
    return {"claims": found}


def kind(messages: list[str]) -> str:
    text = _between(messages[-1], "<candidate>", "</candidate>").lower()
    if "disagree" in text or "i stand by" in text:
        return "pushback"
    if "let me think" in text:
        return "thinking_aloud"
    if "no idea" in text or "do not know" in text:
        return "dont_know"
    if "stuck" in text or "nudge" in text:
        return "hint"
    return "clarifying_question" if text.endswith("?") else "answer"


def speak(messages: list[str]) -> str:
    last = messages[-1]
    draft = last.rsplit("The draft:\n", 1)[1].rsplit("\n\nSay it.", 1)[0].strip()
    persona = _between(messages[1], "Persona:", ".")
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z“])", draft)
    match last.rsplit("What happens now:", 1)[1].split("\n", 1)[0].strip().split(";")[0].rstrip("."):
        case "the interview begins":
            return f"Welcome. {' '.join(sentences[-2:])}"
        case "lead over to the next question, which is read out after your words":
            return f"{_LEADS[persona]} {sentences[-1]}"
        case "a follow-up" if "“" not in draft:
            return f"{_THANKS[persona]} {' '.join(sentences[:2])}"
    return " ".join(sentences[:3])


def _between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0].strip() if start in text else ""


def _sentences(text: str) -> list[str]:
    return [s.strip() for s in re.split(r"(?<=[.!?])\s+|\n+", text) if len(s.split()) >= 3]


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z][a-z0-9^-]+|\d[\d.,]*%?", text.lower())
    return {re.sub(r"(?:isation|ing|ised|ed|es|s|ly)$", "", w) if len(w) > 5 else w for w in words if w not in _STOP}
