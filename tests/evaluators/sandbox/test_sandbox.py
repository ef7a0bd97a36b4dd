"""What an honest submission gets back, on either shape of the sandbox."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from evaluators.sandbox import Call, Job, Limits, Sandbox
from knowledge.errors import SandboxError


def test_values_come_back_as_they_were_returned(any_sandbox: Sandbox) -> None:
    source = """
import numpy as np

def f(x, *, scale):
    return {"scaled": x * scale, "parts": [1, 2.5, None, True, "text"], "pair": (x.astype("f4"), x > 1), 3: x.shape}
"""
    numbers = np.arange(6.0).reshape(2, 3)
    outcome = any_sandbox.run(Job(source, "f", (Call((numbers,), {"scale": 2}),)))
    assert outcome.ok
    value = outcome.results[0].value
    assert isinstance(value, dict)
    assert value["scaled"].tolist() == (numbers * 2).tolist()
    assert value["parts"] == [1, 2.5, None, True, "text"]
    assert isinstance(value["pair"], tuple)
    assert [array.dtype.name for array in value["pair"]] == ["float32", "bool"]
    assert value[3] == (2, 3)


def test_every_call_gets_fresh_arguments(any_sandbox: Sandbox) -> None:
    numbers = np.ones(3)
    outcome = any_sandbox.run(Job("def f(x):\n    x += 1\n    return x", "f", (Call((numbers,)), Call((numbers,)))))
    assert [result.value.tolist() for result in outcome.results] == [[2, 2, 2], [2, 2, 2]]  # type: ignore[union-attr]
    assert numbers.tolist() == [1, 1, 1]


def test_module_state_lasts_for_the_job_and_no_longer(any_sandbox: Sandbox) -> None:
    job = Job("seen = []\n\ndef f():\n    seen.append(1)\n    return len(seen)", "f", (Call(), Call()))
    assert [result.value for result in any_sandbox.run(job).results] == [1, 2]
    assert [result.value for result in any_sandbox.run(job).results] == [1, 2]


def test_global_generators_repeat_from_job_to_job(any_sandbox: Sandbox) -> None:
    source = "import random\nimport numpy as np\n\ndef f():\n    return [random.random(), np.random.rand()]"
    first, second = (any_sandbox.run(Job(source, "f", (Call(),))).results[0].value for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("source", "error", "line"),
    [
        ("def f(:\n    return 1", "SyntaxError", 1),
        ("x = 1\n\nraise ValueError('not today')", "ValueError: not today", 3),
        ("import scipy", "ModuleNotFoundError", 1),
        ("def g():\n    return 1", "NameError: nothing named f is defined", None),
        ("f = 3", "TypeError: f cannot be called", None),
        ("import sys\nsys.exit(0)", "SystemExit: 0", 2),
        ("x = '\0'", "", None),
    ],
)
def test_a_broken_source_names_the_line(any_sandbox: Sandbox, source: str, error: str, line: int | None) -> None:
    outcome = any_sandbox.run(Job(source, "f", (Call(),)))
    assert not outcome.ok
    assert outcome.results == ()
    assert error in outcome.error
    assert outcome.error
    assert outcome.error_line == line
    assert outcome.killed == ""


def test_an_exception_names_the_deepest_line_that_is_the_candidates(any_sandbox: Sandbox) -> None:
    source = (
        "import numpy as np\n\ndef f(x):\n    return inner(x)\n\ndef inner(x):\n    return np.concatenate([x, 3])\n"
    )
    outcome = any_sandbox.run(Job(source, "f", (Call((np.ones(2),)), Call((np.ones(3),)))))
    assert [result.ok for result in outcome.results] == [False, False]
    assert outcome.results[0].error.startswith("ValueError: all the input arrays must have")
    assert outcome.results[0].error_line == 7
    assert outcome.results[0].error_text == "return np.concatenate([x, 3])"


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("object()", "it is a object"),
        ("10**30", "an integer beyond 64 bits"),
        ("1j", "complex"),
        ("np.array([object()])", "dtype object"),
        ("np.array([1j])", "dtype complex128"),
        ("{1.5: 2}", "keys are neither strings nor integers"),
        ("{1, 2}", "it is a set"),
        ("(i for i in 'ab')", "it is a generator"),
    ],
)
def test_what_may_not_cross_says_why(any_sandbox: Sandbox, returned: str, reason: str) -> None:
    result = any_sandbox.run(Job(f"import numpy as np\ndef f():\n    return {returned}", "f", (Call(),))).results[0]
    assert not result.ok
    assert result.value is None
    assert reason in result.error


def test_what_is_printed_is_kept_to_its_limit_and_cannot_steer_a_terminal(any_sandbox: Sandbox) -> None:
    source = "import sys\nprint('loading')\n\ndef f():\n    print('\\x1b[2J' + 'x' * 9000)\n    return 1"
    outcome = any_sandbox.run(Job(source, "f", (Call(), Call())))
    assert outcome.ok
    assert outcome.stdout.startswith("loading\n[2Jxxx")
    assert len(outcome.stdout) <= 4096


def test_results_before_the_limit_are_kept(any_sandbox: Sandbox) -> None:
    source = "def f(n):\n    print(n)\n    while n == 2: pass\n    return n"
    limits = Limits(cpu_seconds=5, wall_seconds=0.5)
    outcome = any_sandbox.run(Job(source, "f", (Call((0,)), Call((1,)), Call((2,)), Call((3,))), limits=limits))
    assert outcome.killed == "wall"
    assert [result.value for result in outcome.results] == [0, 1]
    assert outcome.stdout == "0\n1\n"


def test_a_script_without_a_function_only_runs(any_sandbox: Sandbox) -> None:
    outcome = any_sandbox.run(Job("print(sum(range(5)))", ""))
    assert outcome.ok
    assert outcome.stdout == "10\n"


def test_dataclasses_and_methods_work(any_sandbox: Sandbox) -> None:
    source = (
        "from dataclasses import dataclass\n\n@dataclass\nclass Model:\n    bias: float = 0.5\n\n\nmodel = Model()\n\n"
    )
    source += "class Scaler:\n    @staticmethod\n    def scale(x):\n        return x * model.bias\n"
    outcome = any_sandbox.run(Job(source, "Scaler.scale", (Call((4.0,)),)))
    assert outcome.results[0].value == 2.0


@pytest.mark.parametrize(
    "module",
    [
        "argparse",
        "statistics",
        "datetime",
        "hashlib",
        "asyncio",
        "encodings.idna",
        "colorsys",
        "subprocess",
        "numpy.f2py",
    ],
)
def test_modules_that_are_not_loaded_ahead_can_be_imported(closed_sandbox: Sandbox, module: str) -> None:
    source = f"import {module}\n\ndef f():\n    return {module}.__name__"
    outcome = closed_sandbox.run(Job(source, "f", (Call(),)))
    assert outcome.ok, outcome
    assert outcome.results[0].value == module


def test_an_argument_that_may_not_cross_is_our_own_error(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="an argument cannot be sent"):
        sandbox.run(Job("def f(x): pass", "f", (Call((object(),)),)))  # type: ignore[arg-type]
    assert sandbox.run(Job("def f(): return 1", "f", (Call(),))).ok


def test_large_inputs_and_outputs_cross(any_sandbox: Sandbox) -> None:
    numbers = np.random.default_rng(0).normal(size=(900, 1000))
    outcome = any_sandbox.run(Job("def f(x):\n    return -x", "f", (Call((numbers,)),)))
    assert np.array_equal(outcome.results[0].value, -numbers)  # type: ignore[arg-type]


def test_jobs_run_at_once_from_many_threads(any_sandbox: Sandbox) -> None:
    def one(number: int) -> object:
        outcome = any_sandbox.run(Job("def f(n):\n    return n * n", "f", (Call((number,)),)))
        return outcome.results[0].value

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(24))) == [number * number for number in range(24)]


def test_a_killed_zygote_is_replaced() -> None:
    with Sandbox() as sandbox:
        for _ in range(2):
            for process in sandbox.processes():
                with contextlib.suppress(psutil.NoSuchProcess):  # the first one's death takes others with it
                    process.kill()
            assert sandbox.run(Job("def f(): return 1", "f", (Call(),))).ok


def test_a_zygote_killed_during_a_job_costs_the_candidate_nothing() -> None:
    with Sandbox() as sandbox:
        sandbox.run(Job("", ""))
        victims = sandbox.processes()
        threading.Timer(0.2, lambda: [process.kill() for process in victims[:1]]).start()
        source = "import time\n\ndef f():\n    time.sleep(0.6)\n    return 1"
        assert sandbox.run(Job(source, "f", (Call(),))).ok


def test_close_ends_every_process_and_refuses_jobs() -> None:
    for most_level in (4, 0):
        sandbox = Sandbox(most_level=most_level)
        sandbox.run(Job("", ""))
        processes = sandbox.processes()
        assert processes
        sandbox.close()
        assert psutil.wait_procs(processes, 3)[1] == []
        with pytest.raises(SandboxError):
            sandbox.run(Job("", ""))


def test_nothing_outlives_a_grader_that_is_killed() -> None:
    script = (
        "import sys, time; from evaluators.sandbox import *; s = Sandbox(); s.run(Job('', '')); time.sleep(0.3);"
        "print(*[p.pid for p in s.processes()], flush=True); s.run(Job('while True: pass', ''))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        processes = [psutil.Process(int(pid)) for pid in grader.stdout.readline().split()]
        assert len(processes) >= 2
        grader.send_signal(signal.SIGKILL)
    assert psutil.wait_procs(processes, 5)[1] == []


def test_a_thousand_submissions_leave_nothing_behind() -> None:
    sources = [
        "def f(n):\n    return n",
        "def f(n):\n    return n.missing",
        "import os\n\ndef f(n):\n    os._exit(3)",
        "raise SystemExit",
        "import os\nos.close(3)",
    ]
    with Sandbox() as sandbox:
        sandbox.run(Job("", ""))
        time.sleep(0.2)
        temporary = set(Path("/tmp").iterdir())
        descriptors, processes = _descriptors(os.getpid()), len(sandbox.processes())
        inner = _descriptors_of_the_zygote(sandbox)
        right = 0
        for number in range(1000):
            source = sources[0 if number % 5 else number // 5 % len(sources)]
            outcome = sandbox.run(Job(source, "f", (Call((number,)),), limits=Limits(wall_seconds=2)))
            right += outcome.ok and outcome.results[0].value == number
        assert right == 800 + 40
        sandbox.run(Job("", ""))
        time.sleep(0.2)
        assert _descriptors(os.getpid()) <= descriptors
        assert len(sandbox.processes()) <= processes
        assert _descriptors_of_the_zygote(sandbox) <= inner
        assert not [path for path in set(Path("/tmp").iterdir()) - temporary if "answer" in path.name]


def _descriptors_of_the_zygote(sandbox: Sandbox) -> int:
    return max(_descriptors(process.pid) for process in sandbox.processes()[:2])


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
