"""Whose story it is: who acts in it, and the level that this makes of ownership."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluators.story import cues, figures
from evaluators.story.clauses import Judgement, Told
from evaluators.story.strength import does, strongest, tells


def is_somebody_elses(told: Sequence[Told]) -> bool:
    """Whether others take the steps of the story, and the teller does nothing in it."""
    happens = [one for one in told if one.part not in {"reflection", None}]
    mine = any(
        one.actor in {"I", "we"} or (one.part == "action" and cues.BARE.match(one.text) is not None) for one in happens
    )
    return not mine and sum(one.actor == "others" and one.steps > 0 for one in happens) >= 2


def ownership(told: list[Told]) -> Judgement:
    """Who acts: I, we, or nobody, as in notes."""
    acts = [one for one in told if one.part in {"action", "result", "task"} and (one.actor or one.part == "action")]
    if not acts:
        return 0, [], "Nobody acts in it."
    mine = [one for one in acts if one.actor == "I"]
    ours = [
        one
        for one in acts
        if one.actor == "we" or (one.actor == "" and re.search(r"\b(?:we|our team)\b", one.text, re.IGNORECASE))
    ]
    bare = [one for one in acts if one not in ours and one.actor == "" and cues.BARE.match(one.text)]
    if not mine:
        return _nobody_named(told, ours, bare) if bare else (1, ours or acts, "No action has I as its subject.")
    theirs = sum(
        0.5 if one.part == "result" else 1.0 for one in ours
    )  # "we shipped it" takes no step away from anybody
    share = len(mine) / max(1, len(mine) + theirs + 0.3 * len(bare) * bool(ours))
    level = 5 if share >= 0.6 and len(mine) >= 2 else 4 if share >= 0.6 else 3 if share >= 0.4 else 2
    decided = strongest(mine, tells("action"), does, cues.CHOICE)
    reason = f"{len(mine)} of {len(mine) + len(ours)} actions have I as their subject."
    if not any(one.steps and not one.hollow for one in mine):
        return min(level, 3), decided, reason[:-1] + ", but none of them is a step that decided anything."
    return level, decided, reason


def _nobody_named(told: Sequence[Told], ours: list[Told], bare: list[Told]) -> Judgement:
    """Notes leave the subject out. It is the writer's unless only "we" is ever said."""
    said_i = [one for one in told if figures.MINE.search(one.text)]
    if said_i and len(ours) <= len(bare) / 3:
        return 4, said_i + bare, "The steps have no subject, as in notes, and the story is told as one's own."
    if said_i:
        return (3 if len(ours) <= len(bare) else 2), said_i + ours, "Who did which step is left open."
    plural = [one for one in told if re.search(r"\b[Ww]e\b", one.text)]
    if len(ours) <= len(bare) / 3 and len(plural) <= len(bare) / 2:
        return 3, bare, "The steps have no subject: say I for what you did."
    return 1, plural or bare, "No step has I as its subject; the team is all that is named."
