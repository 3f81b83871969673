"""Killed at random moments, and fed with mutated files, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked, and their memory limited, on POSIX")


def run(script: str, *arguments: object) -> dict[str, float]:
    """What a script of the tests prints at its end."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(
        [sys.executable, str(TESTS / script), *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def check_kills(report: dict[str, float], kills: int) -> None:
    assert report["kills"] == kills
    assert report["frames"] > 5 * kills
    assert report["broken_promises"] == 0, "more than the last second was lost"


@posix
def test_killed_eight_times(tmp_path: Path):
    check_kills(run("recording_killer.py", tmp_path, 8, 1), 8)


@posix
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_two_hundred_times(tmp_path: Path):
    check_kills(run("recording_killer.py", tmp_path, 200, 2), 200)


def check_fuzz(report: dict[str, float], count: int) -> None:
    assert report["read"] + report["refused"] == count
    assert report["read"] > count / 2
    assert report["slowest_s"] < 30
    assert report["peak_mb"] < 1000


@posix
def test_a_hundred_mutated_sessions(tmp_path: Path):
    check_fuzz(run("session_fuzzer.py", tmp_path, 100, 0), 100)


@posix
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_mutated_sessions(tmp_path: Path):
    check_fuzz(run("session_fuzzer.py", tmp_path, 10_000, 1000), 10_000)
