"""Attacks on the grade: only returning the right values makes an answer right.

Each source is asked for the row sums of a secret array, and compared as the grader compares: type, shape, numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from evaluators.sandbox import Call, Job, Limits, Outcome, Sandbox

FRAMES = """
import json, os, struct

def send(header, payload=b"", header_size=None, payload_size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    sizes = (len(text) if header_size is None else header_size, len(payload) if payload_size is None else payload_size)
    for descriptor in range(3, 32):
        try:
            os.write(descriptor, struct.pack("<IQ", *sizes) + text + payload)
        except OSError:
            pass

def value(form, payload=b"", **more):
    send({"loaded": None, "stdout": ""})
    send({"value": form, "seconds": 0.1, "stdout": "", **more}, payload)
    os._exit(0)

"""
RETURNED = {
    "equal to everything": "class E:\n    def __eq__(self, other): return True\ndef f(x): return E()",
    "an array equal to everything": (
        "class E(np.ndarray):\n    def __eq__(self, other): return True\n"
        "    def __array_function__(self, *rest): return True\n"
        "def f(x): return np.zeros(3).view(E)"
    ),
    "a number equal to everything": "class E(float):\n    def __eq__(self, other): return True\ndef f(x): return E(0)",
    "a mapping that lies": "class E(dict):\n    def items(self): return [('a', 1)]\ndef f(x): return E()",
    "a list that never ends": "class E(list):\n    def __iter__(self):\n        while 1: yield 0\n"
    "def f(x): return E([1])",
    "not a number": "def f(x): return np.full(3, np.nan)",
    "infinite": "def f(x): return np.full(3, np.inf)",
    "broadcast": "def f(x): return np.float64(x.sum())",
    "broadcast row": "def f(x): return x.sum(1)[None]",
    "zeroed inputs": "def f(x):\n    x[:] = 0\n    return np.zeros(3)",
    "objects": "def f(x): return np.array([object()] * 3)",
    "objects that are numbers": "def f(x): return x.sum(1).astype(object)",
    "structured": "def f(x): return np.zeros(3, [('a', 'f8')])",
    "dates": "def f(x): return np.zeros(3, 'M8[s]')",
    "itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "deep": "def f(x):\n    a = []\n    for _ in range(100000): a = [a]\n    return a",
    "a mock": "from unittest.mock import MagicMock\ndef f(x): return MagicMock()",
    "the function": "def f(x): return f",
    "an error that claims to be right": "class R(BaseException): ok = True\ndef f(x): raise R(x.sum(1))",
    "an error whose text lies": "class R(Exception):\n    def __str__(self): raise SystemExit\ndef f(x): raise R",
    "text": "def f(x): return str(x.sum(1))",
}
ENDED = {
    "os._exit at import": "import os\nos._exit(0)",
    "os._exit in the call": "import os\ndef f(x): os._exit(0)",
    "sys.exit at import": "import sys\nsys.exit(0)",
    "sys.exit in the call": "import sys\ndef f(x): sys.exit(0)",
    "abort": "import os\ndef f(x): os.abort()",
    "segmentation fault": "import ctypes\ndef f(x): ctypes.string_at(0)",
    "killing itself by exit handlers": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): raise SystemExit(0)",
    "closing every descriptor": "import os\ndef f(x): os.closerange(0, 64)",
    "closing and waiting": "import os, time\ndef f(x):\n    os.closerange(0, 64)\n    time.sleep(60)",
    "duplicating over the channel": (
        "import os\ndef f(x):\n    os.dup2(os.open('/dev/null', 1), 3)\n    return x.sum(1)"
    ),
    "reading the channel": "import os\ndef f(x): return os.read(3, 100)",
}
PRINTED = {
    "passed": "def f(x): print('PASSED', 'ok', '1.0', '{\"score\": 1.0, \"passed\": true}')",
    "on the real descriptors": "import os\ndef f(x):\n    for d in (0, 1, 2): os.write(d, b'{\"passed\": true}')",
    "to the original streams": "import sys\ndef f(x): print('{\"passed\": true}', file=sys.__stdout__, flush=True)",
}
FORGED = {
    "noise": "send(b'\\x00\\xff' * 50)",
    "not an object": "send([1, 2])",
    "empty": "send({})",
    "a score": "value(None, score=1.0, passed=True, ok=True)",
    "wrong numbers": "value({'a': ['f8', [3]]}, b'\\0' * 24)",
    "header of 4 GB": "send({}, header_size=0xFFFFFFFF)",
    "payload of 2**63": "send({'value': None, 'seconds': 0.0}, payload_size=1 << 63)",
    "more elements than bytes": "value({'a': ['f8', [3]]}, b'\\0' * 16)",
    "fewer elements than bytes": "value({'a': ['f8', [3]]}, b'\\0' * 32)",
    "a huge shape": "value({'a': ['f8', [1 << 39, 1 << 39]]}, b'')",
    "a shape that overflows": "value({'a': ['f8', [0, 1 << 39, 1 << 39, 1 << 39]]}, b'')",
    "a negative shape": "value({'a': ['f8', [-3, -1]]}, b'\\0' * 24)",
    "a shape of booleans": "value({'a': ['f8', [True, True, True]]}, b'\\0' * 8)",
    "an object array": "value({'a': ['O', [3]]}, b'\\0' * 24)",
    "a pickle": "import pickle; value({'p': [0]}, pickle.dumps(print))",
    "deep JSON": "send(b'[' * 200_000)",
    "deep objects": "send(b'{\"l\":[' * 200_000)",
    "an unknown form": "value({'exec': ['print()']})",
    "a bare list": "value([1, 2, 3])",
    "an integer of 4000 digits": "send(b'{\"loaded\": ' + b'9' * 4000 + b'}'); value(10 ** 4000)",
    "lone surrogates": "value('\\ud800\\udfff', stdout='\\ud800')",
    "printed text that is a number": "value(None, stdout=3)",
    "no time": "value(None, seconds='soon')",
    "time that is not a number": 'send(b\'{"value": null, "seconds": NaN}\')',
    "an error that is a list": "send({'loaded': {'error': ['x'], 'line': 1}})",
    "a thousand results": "[send({'value': True, 'seconds': 0.1, 'stdout': ''}) for _ in range(1000)]",
    "results before loading": "send({'value': None, 'seconds': 0.1, 'stdout': ''})",
    "half a frame": "send(b'{\"loaded\"', header_size=4000); os._exit(0)",
    "strings padded to the longest": "value({'s': [[1000], ['x' * 100000] + ['y'] * 999]})",
}
REWRITTEN = {
    "patched comparison": "np.allclose = np.array_equal = lambda *a, **k: True\ndef f(x): return np.zeros(3)",
    "patched conversion": "import numpy as np\nnp.asarray = lambda *a, **k: 1\ndef f(x): return np.zeros(3)",
    "patched JSON": "import json\njson.dumps = lambda *a, **k: '{\"passed\": true}'\ndef f(x): return np.zeros(3)",
    "patched wire": (
        "import sys\nfor name, module in list(sys.modules.items()):\n"
        "    if name.endswith('.wire'): module.to_wire = lambda *a: {'passed': True}\n"
        "    if name.endswith('.runner'): module.frame = lambda *a: b'passed'\n"
        "def f(x): return np.zeros(3)"
    ),
    "walked frames": (
        "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for name, thing in list(frame.f_locals.items()) + list(frame.f_globals.items()):\n"
        "            if name in ('expected', 'reference', 'want', 'answer_key'): return thing\n"
        "            if name in ('passed', 'score', 'ok'): frame.f_locals[name] = True\n"
        "        frame = frame.f_back\n    return None"
    ),
    "scanned memory": (
        "import gc\ndef f(x):\n"
        "    found = [a for a in gc.get_objects() if isinstance(a, np.ndarray) and a.shape == (3,)]\n"
        "    return found[0] if found else None"
    ),
    "imported reference": "from evaluators.exercises import *\ndef f(x): return x",
    "traced caller": (
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\n"
        "def f(x): return sys._getframe(1).f_locals.get('expected')"
    ),
    "no builtins": "import builtins\nfor n in ('len', 'isinstance', 'sum'): delattr(builtins, n)\ndef f(x): return x",
}
SOURCES = {
    **{f"returns {name}": "import numpy as np\n" + source for name, source in RETURNED.items()},
    **{f"ends: {name}": source for name, source in ENDED.items()},
    **{f"prints {name}": source for name, source in PRINTED.items()},
    **{f"forges at import: {name}": f"{FRAMES}\n{source}\ndef f(x): pass" for name, source in FORGED.items()},
    **{f"forges in the call: {name}": f"{FRAMES}\ndef f(x):\n    {source}" for name, source in FORGED.items()},
    **{f"rewrites: {name}": "import numpy as np\n" + source for name, source in REWRITTEN.items()},
}


def right(outcome: Outcome, numbers: np.ndarray) -> bool:
    """Whether the grader would accept it."""
    if not outcome.ok or len(outcome.results) != 1:
        return False
    value, expected = outcome.results[0].value, numbers.sum(1)
    return type(value) is np.ndarray and value.shape == expected.shape and bool(np.allclose(value, expected))


@pytest.mark.parametrize("name", SOURCES)
def test_no_trick_is_right(name: str, sandbox: Sandbox, attack: Callable[..., Outcome]) -> None:
    check(sandbox, SOURCES[name], attack)


@pytest.mark.parametrize("name", list(SOURCES)[::8])
def test_no_trick_is_right_where_workers_run_it(name: str, workers: Sandbox, attack: Callable[..., Outcome]) -> None:
    check(workers, SOURCES[name], attack)


@pytest.fixture(scope="module")
def workers() -> Iterator[Sandbox]:
    """The shape of systems without Linux's layers: every job costs the start of a process."""
    with Sandbox(most_level=0) as spawned:
        yield spawned


def check(sandbox: Sandbox, source: str, attack: Callable[..., Outcome]) -> None:
    """Assert that the source earns nothing."""
    numbers = np.random.default_rng().normal(size=(3, 4))
    outcome = attack(sandbox, source, numbers)
    assert not right(outcome, numbers), outcome
    assert "SyntaxError" not in outcome.error
    str(outcome).encode()  # nothing in it breaks whoever prints it


def test_the_check_above_accepts_a_right_answer(any_sandbox: Sandbox) -> None:
    numbers = np.random.default_rng().normal(size=(3, 4))
    outcome = any_sandbox.run(Job("def f(x): return x.sum(1)", "f", (Call((numbers,)),), limits=Limits(1, 1.5, 128)))
    assert right(outcome, numbers)


WELL_FORMED = {"a score", "wrong numbers", "lone surrogates", "results before loading", "a thousand results"}


@pytest.mark.parametrize("name", sorted(set(FORGED) - WELL_FORMED))  # those are the same as returning their values
def test_a_forged_answer_is_no_result(name: str, sandbox: Sandbox, attack: Callable[..., Outcome]) -> None:
    source = f"{FRAMES}\ndef f(x):\n    {FORGED[name]}"
    outcome = attack(sandbox, source, np.ones((3, 4)))
    assert outcome.killed in ("output", "died", "wall")
    assert outcome.results == ()
