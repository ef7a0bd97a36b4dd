"""Where processes that loaded NumPy must not be forked (macOS) or cannot be closed in: a fresh process for one job.

It is started ahead of time, so that a submission does not wait for its imports. Limits are all that it has.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from .zygote import forget_import_paths, used_address_space, warm


def main() -> NoReturn:
    """Import, wait for the job, run it, end."""
    settings: dict[str, Any] = json.loads(sys.argv[2])
    warm(settings)
    forget_import_paths(settings)
    from .runner import serve

    os.dup2(int(settings["control"]), 3)
    os.closerange(4, 256)
    serve(3, used_address_space())
