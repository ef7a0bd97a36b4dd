"""What earlier versions kept in the home folder: trials and promoted candidates, taken over into the database once."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from interviewer.promotion.trial import Kept, Trial, digest, in_force
from knowledge.data_files import read as read_file
from knowledge.errors import ContentError, StorageError
from knowledge.models import Rubric

_TRIALS: TypeAdapter[list[Trial]] = TypeAdapter(list[Trial])
_FOLDERS = ("canary", "rubrics")  # trials.json and a copy of every candidate; the promoted ones by the rubric's name
_JUDGE = "judge.txt"


def exist(home: Path) -> bool:
    """Whether there is anything to take over."""
    return any((home / name).exists() for name in (*_FOLDERS, _JUDGE))


def read(home: Path) -> list[Kept]:
    """Return the trials with their rubrics; what was in force is in force after them.

    Raises:
        ContentError: the record is damaged, or a rubric in force is.
    """
    promoted = _in_force(home)
    kept: list[Kept] = []
    for number, trial in enumerate(_trials(home), 1):
        # The promoted files said what was in force, whatever the record says.
        counts = trial.status != "promoted" or trial.subject in promoted
        known = trial if counts else trial.model_copy(update={"status": "rolled back"})
        kept.append(Kept(number, known, _text(home / "canary" / f"{trial.name}.yaml")))
    for subject, one in promoted.items():
        before = in_force(kept).get(subject)
        if before is None or before.version != one.version:
            kept.append(one._replace(number=len(kept) + 1))
    return kept


def put_aside(home: Path) -> None:
    """Move what was taken over into a folder that nothing reads.

    Raises:
        StorageError: the home folder cannot be written.
    """
    aside = next(folder for number in count(1) if not (folder := home / f"taken-over-{number}").exists())
    try:
        aside.mkdir()
        for name in (*_FOLDERS, _JUDGE):
            if (home / name).exists():
                (home / name).rename(aside / name)
    except OSError as error:
        raise StorageError(f"{aside} cannot be written: {error.strerror}.", "Check its permissions.") from error


def _trials(home: Path) -> list[Trial]:
    path = home / "canary" / "trials.json"
    try:
        return _TRIALS.validate_json(path.read_bytes()) if path.exists() else []
    except (ValidationError, OSError) as error:
        raise ContentError(f"{path} is damaged.", "Move it away; the scores that the trials gave are kept.") from error


def _in_force(home: Path) -> dict[str, Kept]:
    """Return what was in force, by subject, each as a trial of its own."""
    found: dict[str, Kept] = {}
    for path in sorted((home / "rubrics").glob("*.yaml")):
        rubric, text = read_file(path, str(path)).record, _text(path)
        version = rubric.version if isinstance(rubric, Rubric) else 0
        found[path.stem] = _promoted(path, f"{path.stem}@{version}-{digest(text)}", path.stem, text)
    model = _text(home / _JUDGE).strip()
    if model:
        found["judge"] = _promoted(home / _JUDGE, model, "judge", "")
    return found


def _promoted(path: Path, name: str, subject: str, text: str) -> Kept:
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    kind = "judge" if subject == "judge" else "rubric"
    record = {"name": name, "kind": kind, "subject": subject, "share": 1.0, "status": "promoted"}
    return Kept(0, Trial.model_validate({**record, "started": at, "decided": at}), text)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return ""
