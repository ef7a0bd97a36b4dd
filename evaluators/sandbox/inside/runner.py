"""One job in a process that has no other purpose: read it, run the source, call the function, write what comes back."""

from __future__ import annotations

import io
import linecache
import os
import random
import sys
import time
import types
from typing import Any, NoReturn

import numpy as np

from . import lockdown
from .wire import MOST_HEADER, PREFIX, Reader, TooLargeError, UnsendableError, frame, header_of, to_wire

FILE_NAME = "answer.py"
MODULE_NAME = "answer"
MOST_MESSAGE = 1000


class Kept(io.TextIOBase):
    """What the code prints: the first characters are kept, the rest is dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.parts: list[str] = []
        self.size = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Keeps what still fits."""
        if self.size < self.limit:
            self.parts.append(str(text[: self.limit - self.size]))
            self.size += len(self.parts[-1])
        return len(text)

    def take(self) -> str:
        """What was printed since the last time."""
        taken, self.parts = "".join(self.parts), []
        return taken


def serve(descriptor: int, address_space: int | None) -> NoReturn:
    """Run the one job that arrives on `descriptor`, and end. `address_space` is what the warm process already uses,
    in bytes; None where memory cannot be limited."""
    _write(descriptor, frame({"ready": True}, []))
    job = _read_job(descriptor)
    if job is not None:
        header, payload = job
        memory = None if address_space is None else address_space + int(header["memory_bytes"])
        lockdown.set_limits(int(header["cpu_seconds"]), memory)
        _run(descriptor, header, payload)
    os._exit(0)


def _read_job(descriptor: int) -> tuple[dict[str, Any], memoryview] | None:
    prefix = _read(descriptor, PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None  # the parent went away, or has no more work
    header_size, payload_size = PREFIX.unpack(prefix)
    body = memoryview(_read(descriptor, header_size + payload_size))
    return header_of(body[:header_size]), body[header_size:]


def _read(descriptor: int, size: int) -> bytearray:
    data = bytearray()
    while len(data) < size:
        part = os.read(descriptor, min(size - len(data), 1 << 20))
        if not part:
            break
        data += part
    return data


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _run(descriptor: int, header: dict[str, Any], payload: memoryview) -> None:
    printed = Kept(int(header["stdout_characters"]))
    sys.stdout = sys.stderr = printed
    sys.stdin = io.StringIO()
    tensor = _prepare(use_tensors=bool(header["tensors"]))
    function, problem = _load(str(header["source"]), str(header["function"]))
    _write(descriptor, frame({"loaded": problem, "stdout": printed.take()}, []))
    if problem is not None or function is None:
        return
    reader = Reader(payload, tensor)
    for args, kwargs in header["calls"]:
        arguments = [reader.value(form) for form in args]
        keywords = {name: reader.value(form) for name, form in kwargs.items()}
        _write(descriptor, _call(function, arguments, keywords, int(header["output_bytes"]), printed))


def _prepare(*, use_tensors: bool) -> Any:
    """Seed the global generators, alike for every job; what turns an array into a tensor, where that is wanted."""
    random.seed(0)
    np.random.seed(0)
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return None
    torch.manual_seed(0)
    if not use_tensors:
        return None
    from_numpy = torch.from_numpy
    # An answer that converts its inputs itself is right too.
    torch.from_numpy = lambda array: array if isinstance(array, torch.Tensor) else from_numpy(array)
    return lambda array: from_numpy(array) if array.dtype.kind != "U" else array


def _load(source: str, name: str) -> tuple[Any, dict[str, Any] | None]:
    """The candidate's function, or what is wrong with the source."""
    linecache.cache[FILE_NAME] = (len(source), None, source.splitlines(keepends=True), FILE_NAME)
    module = types.ModuleType(MODULE_NAME)
    sys.modules[MODULE_NAME] = module
    try:
        exec(compile(source, FILE_NAME, "exec"), module.__dict__)  # noqa: S102 - the purpose of this process
    except BaseException as error:  # SystemExit and whatever a stranger raises
        return None, describe(error)
    if not name:
        return None, None
    function: Any = module
    for part in name.split("."):
        function = getattr(function, part, None)
    if function is None:
        return None, {"error": f"NameError: nothing named {name} is defined", "line": None, "text": ""}
    if not callable(function):
        return None, {"error": f"TypeError: {name} cannot be called", "line": None, "text": ""}
    return function, None


def _call(function: Any, args: list[Any], kwargs: dict[str, Any], limit: int, printed: Kept) -> bytes:
    """The frame of one answer; an exception, or a value that may not cross, is an answer too."""
    began = time.perf_counter()
    try:
        value = function(*args, **kwargs)
    except BaseException as error:
        failed = describe(error)
        return frame({"failed": failed, "seconds": time.perf_counter() - began, "stdout": printed.take()}, [])
    seconds = time.perf_counter() - began
    arrays: list[bytes] = []
    try:
        form = to_wire(value, arrays)
        answer = frame({"value": form, "seconds": seconds, "stdout": printed.take()}, arrays)
        if len(answer) > limit or PREFIX.unpack_from(answer)[0] > MOST_HEADER:
            raise TooLargeError("it is too large")
    except BaseException as error:
        failed = describe(error)
        if isinstance(error, UnsendableError):
            kind = "output" if isinstance(error, TooLargeError) else ""
            failed = {"error": f"TypeError: what was returned cannot be graded: {error}", "line": None, "kind": kind}
        return frame({"failed": failed, "seconds": seconds, "stdout": printed.take()}, [])
    return answer


def describe(error: BaseException) -> dict[str, Any]:
    """Type, message, and the candidate's own line: the deepest one that is theirs."""
    line = None
    if isinstance(error, SyntaxError) and error.filename == FILE_NAME:
        line = error.lineno
    else:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == FILE_NAME:
                line = trace.tb_lineno
            trace = trace.tb_next
    try:
        message = str(error.msg if isinstance(error, SyntaxError) else error)[:MOST_MESSAGE]
    except BaseException:  # the message is the candidate's code too
        message = ""
    name = type(error).__name__[:100]
    text = linecache.getline(FILE_NAME, line).strip()[:300] if line else ""
    kind = "memory" if isinstance(error, MemoryError) else ""
    return {"error": f"{name}: {message}" if message else name, "line": line, "text": text, "kind": kind}
