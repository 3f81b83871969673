"""Run a program in an empty home and list what it does that a program of this kind may not do.

That is: a look-up of a host, a connection to another computer, and a file anywhere but in our own folders. On Linux
every system call of every child is watched with strace; elsewhere, and as well, Python's own calls are.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TESTS = Path(__file__).parent
_CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,symlink,link,linkat"
_OURS = (".cache/handcam", ".config/handcam", ".local/share/handcam", ".local/state/handcam")
_SYSTEM = ("/dev/", "/proc/self/", "/sys/kernel/debug/", "pipe:", "socket:")
_NET = re.compile(r"sa_family=AF_INET6?,.*?sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|AF_INET6?, )\"([^\"]+)\"")
_MADE = re.compile(r"^\d+ +(?:openat|open|creat|mkdir\w*|rename\w*|symlink|link\w*)\((.*)\) += (\d+)")


def can_trace() -> bool:
    """True where strace is there and may be used."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def violations(
    command: Sequence[str | Path], home: Path, more: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> list[str]:
    """Run ``command`` in ``home``, which may hold ``work`` and nothing else, and return what it did wrong.

    Files may be made in ``home/work``, in our own folders, and in ``home/tmp`` if they are gone at the end.
    """
    for folder in ("work", "tmp"):
        (home / folder).mkdir(exist_ok=True)
    log, trace = home.parent / f"{home.name}.calls", home.parent / f"{home.name}.trace"
    log.unlink(missing_ok=True)
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "DISPLAY", "LANG")}
    environment = {
        **keep, "HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(home / "tmp"), "HANDCAM_GUARD": str(log),
        "PYTHONPATH": os.pathsep.join([str(TESTS / "guard"), str(TESTS.parent)]), "PYTHONDONTWRITEBYTECODE": "1",
        "QT_QPA_PLATFORM": "offscreen", **(more or {}),
    }  # fmt: skip
    traced = ["strace", "-f", "-qq", "-s", "200", "-e", f"trace={_CALLS}", "-o", str(trace)] if can_trace() else []
    start_s = time.time()
    done = subprocess.run(
        [*traced, *map(str, command)], cwd=home / "work", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in codes, (
        f"{command} ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-3000:]}"
    )
    found = log.read_text("utf-8").splitlines() if log.is_file() else []
    if traced:
        found += wrong_calls(trace.read_text("utf-8", "replace").splitlines(), home, start_s)
        trace.unlink()
    return sorted(set(found) | {f"leaves ~/{file}" for file in left_behind(home)})


def left_behind(home: Path) -> Iterator[str]:
    """Files in ``home`` that are not in our own folders."""
    for file in home.rglob("*"):
        name = file.relative_to(home).as_posix()
        if file.is_file() and not name.startswith(("work/", *(f"{ours}/" for ours in _OURS))):
            yield name


def wrong_calls(lines: Sequence[str], home: Path, since_s: float = 0.0) -> Iterator[str]:
    """System calls that lead out of the computer, or write where they may not.

    A file that has not changed ``since_s`` was only opened as if to be written; ``__pycache__`` is Python's own.
    """
    for line in lines:
        address = _NET.search(line)
        if address is not None:
            port, host = int(address[1]), address[2]
            if port == 53 or not (host.startswith("127.") or host in ("::1", "::ffff:127.0.0.1", "0.0.0.0", "::")):
                yield f"talks to {host}:{port}"
            continue
        made = _MADE.match(line)
        if made is None or ("open" in line.partition("(")[0] and not re.search(r"O_CREAT|O_WRONLY|O_TRUNC", made[1])):
            continue
        for path in re.findall(r'"([^"]*)"', made[1]):
            place = path if path.startswith("/") else str(home / "work" / path)
            if place.startswith((f"{home}/", *_SYSTEM)) or place == os.devnull or "__pycache__" in place:
                continue
            if not (os.path.exists(place) and os.path.getmtime(place) < since_s):
                yield f"writes {path}"


PYTHON = sys.executable
