"""Attacks on the machine's resources: each is stopped by its limit, and says which."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from evaluators.sandbox import Call, Job, Limits, Outcome, Sandbox

PROCESSOR = ("cpu", "wall")  # on a busy machine the clock may strike first
# source of f's body, the limits that may stop it ("" : an exception of its own)
BOMBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "memory of Python": ("x = []\n    while 1: x.append(bytearray(1 << 20))", ("memory",)),
    "memory of NumPy": ("import numpy as np\n    return np.ones(1 << 30)", ("memory",)),
    "memory that is caught": (
        "x = []\n    while 1:\n        try: x.append(bytearray(1 << 24))\n        except MemoryError: pass",
        ("cpu", "wall", "memory"),
    ),
    "shared anonymous memory": (
        "import mmap\n    m = [mmap.mmap(-1, 1 << 26) for _ in range(40)]\n    [b.write(b'x' * (1 << 26)) for b in m]",
        ("", "memory", "died"),
    ),
    "memory file": (
        "import os\n    d = os.memfd_create('x')\n    while 1: os.write(d, bytes(1 << 20))",
        ("", "memory"),
    ),
    "one huge string": ("return len('x' * (1 << 40))", ("memory",)),
    "huge integer": ("return 10 ** (10 ** 9)", ("cpu", "memory", "wall")),
    "huge factorial printed": ("import math\n    print(math.factorial(300000))", ("cpu", "", "wall")),
    "processor": ("while 1: pass", PROCESSOR),
    "processor in C": ("return sum(range(10 ** 12))", PROCESSOR),
    "processor with every exception caught": (
        "while 1:\n        try:\n            while 1: pass\n        except BaseException: pass",
        PROCESSOR,
    ),
    "ignoring the warning": (
        "import signal\n    signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    while 1: pass",
        PROCESSOR,
    ),
    "blocking every signal": (
        "import signal\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while 1: pass",
        PROCESSOR,
    ),
    "regular expression": ("import re\n    return re.match('(a+)+$', 'a' * 60 + 'b')", PROCESSOR),
    "sleep": ("import time\n    time.sleep(600)", ("wall",)),
    "waiting for input": ("import os\n    return os.read(3, 1)", ("wall",)),
    "a lock twice": ("import threading\n    l = threading.Lock()\n    l.acquire()\n    l.acquire()", ("wall",)),
    "recursion": ("return f()", ("",)),
    "deep recursion": (
        "import sys\n    sys.setrecursionlimit(10 ** 9)\n    return f()",
        ("memory", "died", "cpu", "wall"),
    ),
    "C recursion": (
        "import sys\n    sys.setrecursionlimit(10 ** 9)\n    x = ()\n    for _ in range(9 ** 6): x = x,\n    hash(x)",
        ("died", "memory", "", "cpu", "wall"),
    ),
    "output": ("import numpy as np\n    return np.zeros(2_000_000)", ("output",)),
    "output in a list": ("return ['x' * 1000] * 20_000", ("output",)),
    "printing": ("while 1: print('x' * 100000)", PROCESSOR),
    "printing on the descriptor": ("import os\n    while 1: os.write(1, bytes(1 << 20))", PROCESSOR),
    "flooding the channel": ("import os\n    while 1: os.write(3, bytes(1 << 20))", ("output",)),
    "descriptors": ("import os\n    x = []\n    while 1: x.append(os.open('/dev/null', 0))", ("",)),
    "file size": ("import os\n    d = os.open('/dev/shm/x', 66)\n    while 1: os.write(d, bytes(1 << 20))", ("",)),
    "threads": ("import threading\n    while 1: threading.Thread(target=lambda: 1).start()", ("",)),
    "processes": ("import os\n    while 1: os.fork()", ("",)),
    "an error message": ("raise ValueError('x' * (1 << 26))", ("",)),
    "source that never loads": ("pass\nwhile True: pass", PROCESSOR),
    "garbage collection": (
        "class N: pass\n    while 1:\n        n = N()\n        n.n = n\n        n.b = bytearray(1 << 16)",
        ("cpu", "wall", "memory"),
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped(name: str, sandbox: Sandbox, attack: Callable[..., Outcome]) -> None:
    body, expected = BOMBS[name]
    used = psutil.virtual_memory().used
    # What only the clock stops is stopped soon; the rest gets time even on a busy machine.
    limits = Limits(cpu_seconds=1, wall_seconds=0.5 if "wall" in expected else 20, memory_mb=128)
    outcome = attack(sandbox, f"def f():\n    {body}\n", limits=limits)
    assert not outcome.ok
    assert outcome.killed in expected, outcome
    assert len(str(outcome)) < 10_000
    assert psutil.virtual_memory().used - used < 2 << 30


@pytest.mark.parametrize("body", ["while 1: pass", BOMBS["ignoring the warning"][0], BOMBS["printing"][0]])
def test_processor_time_is_limited_by_the_kernel(body: str, sandbox: Sandbox) -> None:
    outcome = sandbox.run(Job(f"def f():\n    {body}", "f", (Call(),), limits=Limits(cpu_seconds=1, wall_seconds=60)))
    assert outcome.killed == "cpu"


@pytest.mark.parametrize("name", ["memory of NumPy", "processor", "sleep", "output", "descriptors", "recursion"])
def test_limits_hold_for_workers_too(name: str, attack: Callable[..., Outcome]) -> None:
    body, expected = BOMBS[name]
    with Sandbox(most_level=0, concurrency=1) as workers:
        outcome = attack(workers, f"def f():\n    {body}\n")
    assert not outcome.ok
    assert outcome.killed in expected, outcome


def test_a_worker_whose_memory_the_kernel_does_not_limit_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    from evaluators.sandbox import processes

    monkeypatch.setattr(processes.Worker, "memory_bytes", lambda self: 1 << 40)
    with Sandbox(most_level=0, concurrency=1) as workers:
        outcome = workers.run(Job("import time\ntime.sleep(5)", "", limits=Limits(1, 4.0, 128)))
    assert outcome.killed == "memory"


def test_a_job_may_ask_for_more_than_the_default(sandbox: Sandbox) -> None:
    source = "import numpy as np\n\ndef f():\n    return np.empty(90_000_000).size"
    assert sandbox.run(Job(source, "f", (Call(),))).killed == "memory"
    assert sandbox.run(Job(source, "f", (Call(),), limits=Limits(memory_mb=1024))).ok


def test_a_bomb_beside_honest_submissions_does_not_change_their_answers(sandbox: Sandbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> object:
        body = "while 1: pass" if number % 8 == 0 else "return n + 1"
        outcome = sandbox.run(Job(f"def f(n):\n    {body}", "f", (Call((number,)),), limits=Limits(1, 20.0, 128)))
        return outcome.results[0].value if outcome.ok else outcome.killed

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(9))) == ["cpu" if n % 8 == 0 else n + 1 for n in range(9)]


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import os, time\nos.closerange(0, 32)\nwhile True: pass",
        "import os\n\ndef on(code):\n    while True: pass\n\nos._exit = on\n\ndef f():\n    return 1",
        "class Slow:\n    def __del__(self):\n        while True: pass\n\ndef f():\n    return [Slow()] and 1",
    ],
)
def test_nothing_runs_on_after_its_answer_or_limit(source: str, sandbox: Sandbox) -> None:
    sandbox.run(Job(source, "f", (Call(),), limits=Limits(cpu_seconds=60, wall_seconds=0.3)))
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        busy = [process for process in sandbox.processes() if _busy(process)]
        if not busy:
            return
    pytest.fail(f"still running: {busy}")


def _busy(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_RUNNING
    except psutil.NoSuchProcess:
        return False
