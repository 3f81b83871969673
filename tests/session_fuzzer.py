"""Mutates a session at random and reads it in every way; prints one JSON line, or dies of what it found.

Usage: ``python session_fuzzer.py FOLDER COUNT SEED``. The process limits its own memory, so that a blow-up is a
failure, and its processor time for each session, so that a hang is one too. A fault names the seed that makes it again.
"""

import faulthandler
import json
import random
import re
import resource
import shutil
import signal
import sys
from pathlib import Path
from time import process_time

from sessions import record

from handcam.session import open_session, repair
from handcam.sources import SourceSettings, open_source
from handcam.types import HandcamError

MEMORY = 3 << 30
"""Address space; a good part of it is libraries."""
HANG_S = 30
"""Processor time that no session may take."""
NASTY = [
    b"null", b"true", b"[]", b"{}", b'""', b"-1", b"0", b"1e999", b"NaN", b"-Infinity", b"9" * 30, b"9" * 6000,
    b"[" * 3000, b'{"a":' * 3000, b'"\\ud800"', b"0.0000000001", b"65536", b"8192", b"2147483648", b'"../../x"',
]  # fmt: skip


def mutate_bytes(data: bytearray, rng: random.Random) -> bytearray:
    """Flip, overwrite, delete, repeat, insert or cut off."""
    at = rng.randrange(len(data) + 1) if data else 0
    size = min(len(data) - at, int(2 ** rng.uniform(0, 14)))
    kind = rng.randrange(6)
    if kind == 0:
        for _ in range(rng.randint(1, 30)):
            if data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at : at + size] = rng.randbytes(size)
    elif kind == 2:
        del data[at : at + size]
    elif kind == 3:
        data[at:at] = data[at : at + size] * rng.randint(1, 3)
    elif kind == 4:
        data[at:at] = rng.choice([rng.randbytes(size), b"\xff" * size, bytes(size)])
    else:
        del data[at:]
    return data


def mutate_head(data: bytearray, rng: random.Random) -> bytearray:
    """The same near the start, where the sizes and codecs of a video stand."""
    return mutate_bytes(data[:1200], rng) + data[1200:]


def mutate_tokens(data: bytearray, rng: random.Random) -> bytearray:
    """Replace values of the JSON by nasty ones."""
    tokens = list(re.finditer(rb'-?\d[\d.eE+-]*|"[^"]*"|true|false|null', data))
    for token in sorted(rng.sample(tokens, min(len(tokens), rng.randint(1, 4))), key=lambda t: -t.start()):
        data[token.start() : token.end()] = rng.choice(NASTY)
    return data


def mutate_lines(data: bytearray, rng: random.Random) -> bytearray:
    """Shuffle, drop or repeat lines."""
    lines = bytes(data).splitlines(keepends=True)
    for _ in range(rng.randint(1, 5)):
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        how = rng.randrange(3)
        if how == 0:
            lines[a], lines[b] = lines[b], lines[a]
        elif how == 1 and len(lines) > 1:
            del lines[a]
        else:
            lines.insert(b % (len(lines) + 1), lines[a % len(lines)])
    return bytearray(b"".join(lines))


def mutate(whole: Path, path: Path, seed: int) -> None:
    """A mutated copy of ``whole`` at ``path``."""
    rng = random.Random(seed)
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(whole, path)
    for _ in range(rng.choice([1, 1, 2, 3])):
        name = rng.choices(["video-000.mkv", "frames.jsonl", "session.json"], [6, 5, 1])[0]
        file = path / name
        if not file.exists():
            continue
        ways = [mutate_bytes, mutate_head] if name.endswith("mkv") else [mutate_bytes, mutate_tokens, mutate_lines]
        data = bytearray(file.read_bytes())
        if not data or rng.random() < 0.01:
            file.unlink()
        else:
            file.write_bytes(rng.choice(ways)(data, rng))


def read_all(path: Path, seed: int) -> str:
    """Read a session in every way; what happened."""
    try:
        with open_session(path) as session:
            for entry, _ in session.results():
                session.frame(entry.n)
            session.frame(len(session) // 2) if len(session) else None
            assert all(isinstance(sentence, str) for sentence in session.problems)
        if seed % 4 == 0:
            source = open_source(f"recording:{path}", SourceSettings(realtime=False))
            while source.read() is not None:
                pass
            source.close()
        if seed % 4 == 1:
            shutil.rmtree(path.with_name("mended"), ignore_errors=True)
            report = repair(path, path.with_name("mended"))
            if report.out is not None:
                with open_session(report.out) as session:
                    assert session.clean
        return "read"
    except HandcamError as error:
        if "\n" in str(error) or not str(error).endswith("."):
            raise
        return "refused"


def peak_mb() -> float:
    """The most memory this process has had; ``getrusage`` would count what its parent had before the start, too."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)


def main(folder: str, count: str, seed: str) -> None:
    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, chain=True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    whole, path = Path(folder) / "whole", Path(folder) / "mutant"
    record(whole, 12)
    counts = {"read": 0, "refused": 0}
    slowest_s = 0.0
    for n in range(int(seed), int(seed) + int(count)):
        mutate(whole, path, n)
        start = process_time()
        signal.setitimer(signal.ITIMER_PROF, HANG_S)  # kills this process
        try:
            counts[read_all(path, n)] += 1
        except BaseException:
            print(f"the fault is made again by seed {n}", file=sys.stderr)
            raise
        signal.setitimer(signal.ITIMER_PROF, 0)
        slowest_s = max(slowest_s, process_time() - start)
        if n % 1000 == 999:
            print(f"up to seed {n}: {counts}, slowest {slowest_s:.2f} s", file=sys.stderr)
    print(json.dumps({**counts, "slowest_s": slowest_s, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
