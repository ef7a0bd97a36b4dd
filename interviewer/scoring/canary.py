"""A rubric or a judge on trial: it scores a share of the interviews beside the one in force, and counts for none.

The trial scores finished interviews from their events, so no candidate waits for it or sees it, and it can break
without harm. Which interviews it gets is decided by their ids alone: the same ones on every machine, at any time.
Promoting puts it in force for the interviews that begin from then on, on a running server too; old ones keep their
scores until they are regraded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from evaluators.combine import verdict
from evaluators.reliability.paired import FEWEST, Comparison, Pair, compare
from evaluators.score import Score
from interviewer.events import AnyEvent, Scored, Started
from interviewer.promotion.table import Trials
from interviewer.promotion.trial import Kept, Status, Trial, digest, in_force
from interviewer.scoring.regrading import Regrader
from interviewer.settings import Settings
from interviewer.store import History, Store
from knowledge.data_files import DataFile, checked
from knowledge.errors import InputError
from knowledge.library import Library
from knowledge.models import Level, Rubric


class Canary:
    """The trials of one database; at most one runs at a time."""

    def __init__(self, settings: Settings) -> None:
        self._trials = Trials(settings)

    def trials(self) -> list[Trial]:
        """Return every trial, the first one first.

        Raises:
            StorageError: the database cannot be read.
        """
        return [kept.trial for kept in self._trials.read()]

    def running(self) -> Trial | None:
        """Return the trial under way, if there is one."""
        return next((trial for trial in self.trials() if trial.status == "running"), None)

    def current(self) -> Trial:
        """Return the trial under way, else the last one.

        Raises:
            InputError: there never was one.
        """
        trials = self.trials()
        if not trials:
            raise InputError("No candidate is on trial.", "Start with: interviewer canary start RUBRIC.yaml")
        return next((trial for trial in trials if trial.status == "running"), trials[-1])

    def rubric(self, trial: Trial) -> DataFile:
        """Return the candidate's rubric as it was when the trial began.

        Raises:
            ContentError: it is malformed by what this version expects.
        """
        return checked(next(kept.text for kept in self._trials.read() if kept.trial.name == trial.name), trial.name)

    def start_rubric(self, path: Path, rubric: Rubric, share: float) -> Trial:
        """Put a rubric on trial; its text is stored, so that what is tried does not change under way.

        Raises:
            ConflictError: another trial is under way.
            StorageError: the database cannot be written.
        """
        text = path.read_bytes().decode()
        name = f"{rubric.rubric}@{rubric.version}-{digest(text)}"
        trial = Trial(name=name, kind="rubric", subject=rubric.rubric, share=share, started=datetime.now(UTC))
        self._trials.add(trial, text)
        return trial

    def start_judge(self, model: str, share: float) -> Trial:
        """Put another language model on trial as the judge.

        Raises:
            ConflictError: another trial is under way.
            StorageError: the database cannot be written.
        """
        trial = Trial(name=model, kind="judge", subject="judge", share=share, started=datetime.now(UTC))
        self._trials.add(trial)
        return trial

    def promote(self) -> Trial:
        """Put the trial's candidate in force.

        Raises:
            InputError: none is under way.
            ConflictError: somebody else has decided on it meanwhile.
            StorageError: the database cannot be written.
        """
        trials = self._trials.read()
        kept = next((one for one in trials if one.trial.status == "running"), None)
        if kept is None:
            raise InputError("No candidate is on trial.", "Start with: interviewer canary start RUBRIC.yaml")
        before = in_force(trials).get(kept.trial.subject)
        return self._decide(kept, "promoted", before.trial.name if before else "")

    def rollback(self) -> Trial:
        """Drop the candidate under way, or take back the one promoted last: what it had replaced is in force again.

        Raises:
            InputError: there is nothing to take back.
            ConflictError: somebody else has decided on it meanwhile.
            StorageError: the database cannot be written.
        """
        trials = self._trials.read()
        undecided = (
            one for status in ("running", "promoted") for one in reversed(trials) if one.trial.status == status
        )
        kept = next(undecided, None)
        if kept is None:
            raise InputError("There is nothing to roll back.", "`interviewer canary status` shows what there was.")
        return self._decide(kept, "rolled back", kept.trial.replaced)

    def _decide(self, kept: Kept, status: Status, replaced: str) -> Trial:
        changes = {"status": status, "decided": datetime.now(UTC), "replaced": replaced}
        decided = kept.trial.model_copy(update=changes)
        self._trials.decide(kept.number, kept.trial.status, decided)
        return decided


def chosen(trial: Trial, interview_id: str) -> bool:
    """Whether an interview is in the trial's share; the id alone decides."""
    drawn = hashlib.sha256(f"{trial.name} {interview_id}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < trial.share * 2**64


async def score_due(
    store: Store,
    trial: Trial,
    regrader: Regrader,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> int:
    """Score what is due by the candidate: finished interviews of the share; return how many answers were scored."""
    due = [one.interview_id for one in await store.list() if one.ended and chosen(trial, one.interview_id)]
    scored = 0
    for done, interview_id in enumerate(due, 1):
        history = await store.read(interview_id)
        known = {event.question_id for event in history if isinstance(event, Scored) and _by(event, trial)}
        new: History = []
        for record in await regrader.grade(interview_id, history, skip=known):
            new += record.calls
            if record.after is not None:
                versions = {**record.after.versions, "canary": trial.name}
                score = record.after.model_copy(update={"versions": versions})
                new.append(Scored(question_id=record.question_id, score=score, occasion="canary"))
                scored += 1
        await store.append(interview_id, len(history), new)
        progress("scoring", done, len(due))
    return scored


async def compared(store: Store, trial: Trial, library: Library, candidate: Library) -> Comparison:
    """Return how the candidate's scores differ from those that counted when it gave them."""
    pairs: dict[tuple[str, str], Pair] = {}
    counting: dict[tuple[str, str], Score] = {}
    level: Level = "senior"
    async for interview_id, event in store.of_types("started", "scored"):
        if isinstance(event, Started):
            level = event.setup.level
        elif isinstance(event, Scored) and event.occasion != "canary":
            counting[interview_id, event.question_id] = event.score
        elif _by(event, trial) and isinstance(event, Scored):
            key = interview_id, event.question_id
            question = library.questions.get(event.question_id)
            if question is None or key not in counting:
                continue
            before, after = counting[key].overall, event.score.overall
            pairs[key] = Pair(
                interview=interview_id,
                question=event.question_id,
                before=before,
                after=after,
                verdict_before=verdict(before, level, library.rubric_for(question)),
                verdict_after=verdict(after, level, candidate.rubric_for(question)),
            )
    return compare(list(pairs.values()))


def may_promote(comparison: Comparison) -> None:
    """Raise when too little has been compared to decide.

    Raises:
        InputError: fewer interviews than a difference can be seen in.
    """
    if not comparison.enough:
        raise InputError(
            f"{comparison.interviews} interviews were scored by both; {FEWEST} are needed to see a difference.",
            "Wait for more, start again with a larger --share, or promote it unseen with --force.",
        )


def _by(event: AnyEvent, trial: Trial) -> bool:
    return isinstance(event, Scored) and event.occasion == "canary" and event.score.versions.get("canary") == trial.name
