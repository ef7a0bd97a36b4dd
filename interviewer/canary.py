"""A rubric or a judge on trial: it scores a share of the interviews beside the one in force, and counts for none.

The trial scores finished interviews from their events, so no candidate waits for it or sees it, and it can break
without harm. Which interviews it gets is decided by their ids alone: the same ones on every machine, at any time.
Promoting puts it in force for the interviews that begin from then on, on a running server too; old ones keep their
scores until they are regraded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from evaluators.combine import verdict
from evaluators.reliability.paired import FEWEST, Comparison, Pair, compare
from evaluators.score import Score
from interviewer.events import AnyEvent, Scored, Started
from interviewer.material import digest, promoted_folder, promoted_judge_file, trial_folder
from interviewer.regrading import Regrader
from interviewer.store import History, Store
from knowledge.errors import ConflictError, ContentError, InputError, StorageError
from knowledge.library import Library
from knowledge.models import Frozen, Level, Rubric

Status = Literal["running", "promoted", "rolled back"]


class Trial(Frozen):
    """One candidate and what became of it."""

    name: str = Field(description="rubric@version-digest, or the judge's model; on every score that it gave.")
    kind: Literal["rubric", "judge"]
    subject: str = Field(description="The rubric that it would replace, or `judge`.")
    share: float = Field(gt=0, le=1)
    status: Status = "running"
    started: datetime
    decided: datetime | None = None
    replaced: str = Field("", description="The candidate of an earlier trial that it replaced when it was promoted.")


_TRIALS: TypeAdapter[list[Trial]] = TypeAdapter(list[Trial])


class Canary:
    """The trials of one data folder; at most one runs at a time."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = trial_folder(home)
        self._file = self._folder / "trials.json"

    def trials(self) -> list[Trial]:
        """Return every trial, the first one first.

        Raises:
            ContentError: the record is damaged.
        """
        try:
            return _TRIALS.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return []
        except (ValidationError, OSError) as error:
            raise ContentError(
                f"{self._file} is damaged.", "Move it away; the scores that the trials gave are kept."
            ) from error

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
        return self.running() or trials[-1]

    def path(self, trial: Trial) -> Path:
        """Return the copy of the candidate's rubric file that the trial goes by."""
        return self._folder / f"{trial.name}.yaml"

    def start_rubric(self, path: Path, rubric: Rubric, share: float) -> Trial:
        """Put a rubric on trial; its file is copied, so that what is tried does not change under way.

        Raises:
            ConflictError: another trial is under way.
            StorageError: the data folder cannot be written.
        """
        text = path.read_bytes()
        name = f"{rubric.rubric}@{rubric.version}-{digest(text)}"
        trial = Trial(name=name, kind="rubric", subject=rubric.rubric, share=share, started=datetime.now(UTC))
        self._begin(trial)
        _write(self.path(trial), text)
        self._save([*self.trials(), trial])
        return trial

    def start_judge(self, model: str, share: float) -> Trial:
        """Put another language model on trial as the judge.

        Raises:
            ConflictError: another trial is under way.
            StorageError: the data folder cannot be written.
        """
        trial = Trial(name=model, kind="judge", subject="judge", share=share, started=datetime.now(UTC))
        self._begin(trial)
        self._save([*self.trials(), trial])
        return trial

    def _begin(self, trial: Trial) -> None:
        running = self.running()
        if running is not None:
            raise ConflictError(
                f"{running.name} is on trial already.", "Decide on it first: interviewer canary promote or rollback"
            )

    def promote(self) -> Trial:
        """Put the trial's candidate in force.

        Raises:
            InputError: none is under way.
            StorageError: the data folder cannot be written.
        """
        trial = self.running()
        if trial is None:
            raise InputError("No candidate is on trial.", "Start with: interviewer canary start RUBRIC.yaml")
        held = [t for t in self.trials() if t.status == "promoted" and t.subject == trial.subject]
        self._put(trial)
        return self._decide(trial, "promoted", held[-1].name if held else "")

    def rollback(self) -> Trial:
        """Drop the candidate under way, or take back the one promoted last: what it had replaced is in force again.

        Raises:
            InputError: there is nothing to take back.
            StorageError: the data folder cannot be written.
        """
        trials = self.trials()
        trial = self.running() or next((t for t in reversed(trials) if t.status == "promoted"), None)
        if trial is None:
            raise InputError("There is nothing to roll back.", "`interviewer canary status` shows what there was.")
        if trial.status == "promoted":
            before = next((t for t in trials if t.name == trial.replaced and t.status == "promoted"), None)
            if before is not None:
                self._put(before)
            else:
                self._place(trial).unlink(missing_ok=True)
        return self._decide(trial, "rolled back", trial.replaced)

    def _put(self, trial: Trial) -> None:
        if trial.kind == "judge":
            _write(self._place(trial), trial.name.encode())
            return
        try:
            text = self.path(trial).read_bytes()
        except OSError as error:
            raise StorageError(f"{self.path(trial)} cannot be read: {error.strerror}.", "Start it anew.") from error
        _write(self._place(trial), text)

    def _place(self, trial: Trial) -> Path:
        if trial.kind == "judge":
            return promoted_judge_file(self._home)
        return promoted_folder(self._home) / f"{trial.subject}.yaml"

    def _decide(self, trial: Trial, status: Status, replaced: str) -> Trial:
        decided = trial.model_copy(update={"status": status, "decided": datetime.now(UTC), "replaced": replaced})
        self._save([decided if known == trial else known for known in self.trials()])
        return decided

    def _save(self, trials: Sequence[Trial]) -> None:
        _write(self._file, _TRIALS.dump_json(list(trials), indent=2))


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


def _write(path: Path, text: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text)
        part.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", "Nothing was changed.") from error
