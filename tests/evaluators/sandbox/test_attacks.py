"""Attacks on the machine that grades: nothing is read, written, reached, signalled, started or left behind.

Each attack returns what it gained, or fails with an exception. What was gained is looked for in what came back and on
the machine itself, and after each attack an honest submission must still be answered right.
"""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

import evaluators.verdict
from evaluators.sandbox import Outcome, Sandbox

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="the layers are Linux's")

SECRET = "the reference answer"
PRELUDE = """
import ctypes, errno, os, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
ARM = os.uname().machine == "aarch64"

def syscall(x86, arm, *args):
    result = libc.syscall(arm if ARM else x86, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

"""

READS = {
    "passwd": "open('/etc/passwd').read()",
    "hostname": "open('/etc/hostname').read()",
    "secret on disk": "open(t['secret']).read()",
    "secret through a descriptor": "os.read(os.open(t['secret'], os.O_RDONLY), 10)",
    "secret through openat": "os.open(os.path.basename(t['secret']), os.O_RDONLY, dir_fd=os.open('/tmp', os.O_RDONLY))",
    "secret through NumPy": "sys.modules['numpy'].fromfile(t['secret'], 'u1').tolist()",
    "secret mapped": "sys.modules['numpy'].memmap(t['secret'], 'u1', 'r').tolist()",
    "our package": "open(t['package']).read()",
    "our package imported": "sys.path.insert(0, t['root']) or __import__('evaluators.verdict').__name__",
    "SciPy": "sys.path.append(t['site']) or __import__('scipy').__name__",
    "folder of the project": "os.listdir(t['root'])",
    "root folder": "[name for name in os.listdir('/') if name in ('etc', 'home', 'root')][0]",
    "home": "os.listdir('/home') + os.listdir('/root')",
    "environment of the grader": "open(f'/proc/{t[\"grader\"]}/environ', 'rb').read()",
    "environment of the zygote": "open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "own environment": "open('/proc/self/environ').read() + open('/proc/self/maps').read()",
    "memory of the grader": "open(f'/proc/{t[\"grader\"]}/mem', 'rb').read(1)",
    "memory of the zygote": "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    "memory by process_vm_readv": "syscall(310, 270, t['grader'], ctypes.create_string_buffer(32), 1, None, 1, 0)",
    "file by handle": "syscall(304, 265, -100, ctypes.create_string_buffer(128), 0)",
    "keys": "syscall(250, 219, 0, -3, 0)",
    "system log": "syscall(103, 116, 3, ctypes.create_string_buffer(64), 64)",
    "secrets in variables": "[v for v in os.environ.values() if 'INTERVIEWER' in v or 'secret' in v][0]",
}
WRITES = {
    "file in tmp": "open('/tmp/answer-was-here', 'w').write('x')",
    "file beside the secret": "open(t['secret'] + '.new', 'w').write('x')",
    "the secret": "open(t['secret'], 'a').write('x')",
    "truncating the secret": "os.truncate(t['secret'], 0)",
    "removing the secret": "os.remove(t['secret'])",
    "renaming the secret": "os.rename(t['secret'], t['secret'] + '.moved')",
    "changing rights": "os.chmod(t['secret'], 0o777)",
    "link": "os.symlink('/etc/passwd', '/tmp/answer-was-here')",
    "folder": "os.mkdir('/tmp/answer-was-here')",
    "shared memory": "open('/dev/shm/answer-was-here', 'w').write('x')",
    "NumPy's own files": "open(os.path.join(os.path.dirname(sys.modules['numpy'].__file__), 'x.py'), 'w').write('x')",
    "the standard library": "open(os.path.join(os.path.dirname(os.__file__), 'x.py'), 'w').write('x')",
    "device node": "os.mknod('/tmp/answer-was-here', 0o600 | 0o020000, os.makedev(1, 3))",
    "mount": "syscall(165, 40, b'none', b'/tmp', b'tmpfs', 0, None)",
    "System V memory": "syscall(29, 194, 1, 4096, 0o1666)",
    "message queue": "syscall(240, 180, b'answer', 0o102, 0o600, None)",
}
REACHES = {
    "TCP": "socket.create_connection(('127.0.0.1', t['tcp']), 1)",
    "TCP by number": "syscall(41, 198, 2, 1, 0)",
    "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', t['udp']))",
    "IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "raw": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "socket.socket(16, socket.SOCK_RAW, 0)",
    "unix socket": "socket.socket(socket.AF_UNIX).connect(t['unix'])",
    "abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0' + t['abstract'])",
    "socket pair": "socket.socketpair()",
    "listening": "socket.create_server(('', 0))",
    "name look-up": "socket.getaddrinfo('localhost', 80, proto=17) and socket.gethostbyname('example.org')",
    "sending on the channel": "socket.socket(fileno=3).sendmsg([b'x'], [])",
    "io_uring": "syscall(425, 425, 8, ctypes.create_string_buffer(120))",
}
STARTS = {
    "fork": "os.fork()",
    "vfork": "syscall(58, 220, 17, 0, 0, 0, 0)",
    "clone": "syscall(56, 220, 17, 0, 0, 0, 0)",
    "clone3": "syscall(435, 435, struct.pack('<11Q', 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0), 88)",
    "thread": "__import__('threading').Thread(target=print).start()",
    "exec": "os.execv('/bin/sh', ['sh', '-c', 'true'])",
    "system": "1 / (os.system('true') == 0)",
    "popen": "__import__('subprocess').run(['/bin/true'], check=True)",
    "spawn": "1 / (os.posix_spawn('/bin/true', ['true'], {}) > 0)",
    "multiprocessing": "__import__('multiprocessing').Pool(2).map(abs, [1])",
    "memory file executed": "os.execve(os.memfd_create('x'), ['x'], {})",
    "execveat": "syscall(322, 281, -100, b'/bin/true', None, None, 0)",
    "new session": "os.setsid()",
    "new process group": "os.setpgid(0, 0)",
    "namespace": "1 / (syscall(272, 97, 0x10000000) == 0)",
    "personality": "syscall(135, 92, 0x0040000)",
}
SIGNALS = {
    "grader": "os.kill(t['grader'], 9)",
    "zygote": "os.kill(os.getppid(), 9)",
    "first process": "os.kill(1, 9)",
    "everybody": "os.kill(-1, 9)",
    "own group": "os.kill(0, 9)",
    "victim": "os.kill(t['victim'], 9)",
    "victim by thread": "syscall(234, 131, t['victim'], t['victim'], 9)",
    "victim by tkill": "syscall(200, 130, t['victim'], 9)",
    "victim by pidfd": "signal.pidfd_send_signal(os.pidfd_open(t['victim']), 9)",
    "victim by queue": "syscall(129, 138, t['victim'], 9, ctypes.create_string_buffer(128))",
    "victim by descriptor owner": "__import__('fcntl').fcntl(3, 8, t['victim'])",
    "neighbours": "[os.kill(os.getpid() + d, 9) for d in (-2, -1, 1, 2)]",
    "tracing the zygote": "syscall(101, 117, 16, os.getppid(), 0, 0)",
    "tracing the victim": "syscall(101, 117, 16, t['victim'], 0, 0)",
    "letting itself be traced": "syscall(101, 117, 0, 0, 0, 0)",
    "priority of others": "os.setpriority(os.PRIO_PROCESS, t['victim'], 19)",
    "scheduling": "os.sched_setaffinity(0, {0})",
    "limits of others": "__import__('resource').prlimit(t['victim'], 7, (0, 0))",
    "memory written": "syscall(311, 271, t['victim'], ctypes.create_string_buffer(32), 1, None, 1, 0)",
    "descriptor stolen": "syscall(438, 438, os.pidfd_open(os.getppid()), 3, 0)",
}
KERNEL = {
    "bpf": "syscall(321, 280, 0, ctypes.create_string_buffer(128), 128)",
    "userfaultfd": "syscall(323, 282, 0)",
    "performance events": "syscall(298, 241, ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    "module": "syscall(313, 273, 3, b'', 0)",
    "reboot": "syscall(169, 142, 0xfee1dead, 672274793, 0, 0)",
    "swap": "syscall(167, 224, b'/tmp/x', 0)",
    "clock": "time.clock_settime(time.CLOCK_REALTIME, 0)",
    "host name": "socket.sethostname('answer')",
    "user": "os.setuid(0) or 1 / (os.getuid() == 0 and not t['root_user'])",
    "groups": "os.setgroups([0])",
    "capabilities": "syscall(126, 91, struct.pack('<Ii', 0x20080522, 0), b'\\xff' * 24)",
    "chroot": "os.chroot('/tmp')",
    "dumping core": "1 / (libc.prctl(4, 1, 0, 0, 0) == 0)",
    "more seccomp": "1 / (libc.prctl(22, 1, 0, 0, 0) == 0)",
    "more processor time": "__import__('resource').setrlimit(0, (100, 100))",
    "more memory": "__import__('resource').setrlimit(9, (-1, -1))",
    "core files": "__import__('resource').setrlimit(4, (-1, -1))",
    "terminal input": "__import__('fcntl').ioctl(0, 0x5412, b'x')",
}
GROUPS = {"read": READS, "write": WRITES, "reach": REACHES, "start": STARTS, "signal": SIGNALS, "kernel": KERNEL}
ATTACKS = {f"{group}: {name}": code for group, attacks in GROUPS.items() for name, code in attacks.items()}


@dataclass(frozen=True)
class Targets:
    """What there is to gain. The victim is a process of the grader's user."""

    secret: str
    package: str
    root: str
    site: str
    unix: str
    abstract: str
    grader: int
    victim: int
    tcp: int
    udp: int
    root_user: bool


@pytest.fixture(scope="module")
def listeners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, socket.socket]]:
    """A listener of each kind; none may hear anything."""
    path = str(tmp_path_factory.mktemp("s") / "u")
    open_to = {
        "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "unix": (socket.AF_UNIX, socket.SOCK_STREAM, path),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0answer-{os.getpid()}"),
    }
    found = {}
    for name, (family, kind, address) in open_to.items():
        found[name] = socket.socket(family, kind)
        found[name].bind(address)
        if kind == socket.SOCK_STREAM:
            found[name].listen()
        found[name].setblocking(False)
    yield found
    for listener in found.values():
        listener.close()


@pytest.fixture(scope="module")
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of the user who grades."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def targets(tmp_path: Path, listeners: dict[str, socket.socket], victim: subprocess.Popen[bytes]) -> Targets:
    """A fresh secret, and where everything is."""
    secret = tmp_path / "reference.py"
    secret.write_text(SECRET)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # so that the layers keep it, not its rights
    package = Path(evaluators.verdict.__file__)
    return Targets(
        secret=str(secret),
        package=str(package),
        root=str(package.parent.parent),
        site=str(Path(pytest.__file__).parent.parent),
        unix=str(listeners["unix"].getsockname()),
        abstract=f"answer-{os.getpid()}",
        grader=os.getpid(),
        victim=victim.pid,
        tcp=listeners["tcp"].getsockname()[1],
        udp=listeners["udp"].getsockname()[1],
        root_user=os.getuid() == 0,
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_gained(
    name: str,
    closed_sandbox: Sandbox,
    attack: Callable[..., Outcome],
    targets: Targets,
    listeners: dict[str, socket.socket],
    victim: subprocess.Popen[bytes],
) -> None:
    before = set(Path("/tmp").iterdir()) | set(Path("/dev/shm").iterdir())
    source = f"{PRELUDE}def f(t):\n    return str({ATTACKS[name]})[:200]\n"

    outcome = attack(closed_sandbox, source, asdict(targets))

    assert not outcome.ok, outcome.results
    assert "SyntaxError" not in outcome.error
    assert all("NameError" not in result.error for result in outcome.results)
    assert SECRET not in str(outcome)
    assert Path(targets.secret).read_text() == SECRET
    assert [path.name for path in Path(targets.secret).parent.iterdir()] == ["reference.py"]
    assert not [path for path in Path("/tmp").iterdir() if path not in before and "answer" in path.name]
    assert not [path for path in Path("/dev/shm").iterdir() if path not in before and "answer" in path.name]
    assert victim.poll() is None
    for listener in listeners.values():
        with pytest.raises(BlockingIOError):
            listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()


def test_the_zygote_knows_nothing_of_this_project(closed_sandbox: Sandbox, attack: Callable[..., Outcome]) -> None:
    source = """
import gc, sys

def f(words):
    modules = [name for name in sys.modules if name.split(".")[0] in words]
    texts = [text for thing in gc.get_objects() if isinstance(thing, dict) for text in map(str, thing) if text in words]
    return modules + texts + [entry for entry in sys.path if "site-packages" in entry]
"""
    outcome = attack(closed_sandbox, source, ["evaluators", "interviewer", "knowledge", "api", "misconceptions"])
    assert outcome.ok
    assert outcome.results[0].value == []


def test_the_environment_is_empty(closed_sandbox: Sandbox, attack: Callable[..., Outcome]) -> None:
    source = "import os\ndef f():\n    return sorted(os.environ)"
    names = attack(closed_sandbox, source).results[0].value
    assert set(names) <= {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "LC_CTYPE"}  # type: ignore[arg-type]


def test_nobody_runs_it_where_root_grades(closed_sandbox: Sandbox, attack: Callable[..., Outcome]) -> None:
    source = "import os\ndef f():\n    return os.getuid() == os.geteuid()"
    assert attack(closed_sandbox, source).results[0].value is True
    if closed_sandbox.level == 4:
        source = "import os\ndef f():\n    return os.getuid()"
        assert attack(closed_sandbox, source).results[0].value == 65534
