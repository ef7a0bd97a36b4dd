"""Print the cassettes that were recorded with another version of a prompt than the one in the tree; exit 1 if any.

python cassettes/stale.py
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from evaluators.prompt import FOLDER, load_prompt
from interviewer.voices.model import PROMPTS

CASSETTES = Path(__file__).parent
_LABEL = re.compile(r"\[prompt (\S+)@(\d+) ([0-9a-f]{12})\]")


def stale() -> dict[Path, list[str]]:
    """Return the cassettes that are stale, with the prompts that have changed since, as `name@recorded → now`."""
    current = {
        path.stem: (prompt.label, prompt.digest)
        for folder in (FOLDER, PROMPTS)
        for path in sorted(folder.glob("*.md"))
        for prompt in [load_prompt(path.stem, folder)]
    }
    found: dict[Path, list[str]] = {}
    for path in sorted(CASSETTES.rglob("*.yaml")):
        used = {match.groups() for match in _LABEL.finditer(path.read_text(encoding="utf-8"))}
        changed = [
            f"{name}@{version} {digest} → {' '.join(current.get(name, ('gone', '')))}"
            for name, version, digest in sorted(used)
            if current.get(name, ("", ""))[1] != digest
        ]
        if changed:
            found[path.relative_to(CASSETTES)] = changed
    return found


def main() -> int:
    found = stale()
    for path, changed in found.items():
        sys.stdout.write(f"{path}: {', '.join(changed)}\n")
    if found:
        sys.stdout.write("Record them again: make cassettes\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
