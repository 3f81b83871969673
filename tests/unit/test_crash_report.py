"""A crash leaves a report without a word about the user, which the next start names once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handcam.crash_report import anonymous

CRASH = """
import faulthandler, sys, threading
import handcam.cli
from handcam.cli import doctor
doctor.main = lambda: {how}
sys.argv = ["handcam", "doctor"]
sys.exit(handcam.cli.main())
"""


def start(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    home = {"HOME": str(folder / "anna.smith"), "USER": "anna.smith", "HANDCAM_CRASHES": str(folder / "crashes")}
    (folder / "anna.smith").mkdir(exist_ok=True)
    script = folder / "anna.smith" / "start.py"
    script.write_text(code)
    return subprocess.run(
        [sys.executable, script], env={**os.environ, **home}, capture_output=True, text=True, check=False
    )


VERSION = "import sys, handcam.cli; sys.argv = ['handcam', '--version']; sys.exit(handcam.cli.main())"


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_a_crash_in_a_library_is_named_by_the_next_start_once(tmp_path: Path) -> None:
    assert start(tmp_path, CRASH.format(how="faulthandler._sigsegv()")).returncode == -11
    (raw,) = (tmp_path / "crashes").iterdir()
    assert raw.name.startswith("raw-")
    then = start(tmp_path, VERSION)
    (report,) = (tmp_path / "crashes").iterdir()
    assert f"The last run crashed. A report is in {report}; it was sent to nobody" in then.stderr
    text = report.read_text()
    assert text.startswith("handcam doctor\nversion ")
    assert "Segmentation fault" in text
    assert 'File "handcam/cli/__init__.py", line ' in text
    assert 'File "start.py", line 5' in text
    assert "anna" not in text
    assert str(tmp_path) not in text
    assert start(tmp_path, VERSION).stderr == ""
    assert list((tmp_path / "crashes").iterdir()) == [report]


def test_an_error_of_the_program_is_reported_at_once(tmp_path: Path) -> None:
    done = start(tmp_path, CRASH.format(how="int('/home/anna.smith/secret/x.py')"))
    assert done.returncode == 1
    (report,) = (tmp_path / "crashes").iterdir()
    assert "ValueError" in done.stderr
    assert f"This is a fault of the program. A report is in {report}" in done.stderr
    text = report.read_text()
    assert "ValueError: invalid literal for int() with base 10: 'x.py'" in text
    assert "anna" not in text


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_a_program_that_is_killed_or_ends_well_leaves_nothing(tmp_path: Path) -> None:
    assert start(tmp_path, CRASH.format(how="__import__('os').kill(__import__('os').getpid(), 9)")).returncode == -9
    done = start(tmp_path, VERSION)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list((tmp_path / "crashes").iterdir())


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ('"/home/anna/lib/python3.11/site-packages/numpy/core.py", line 3', '"site-packages/numpy/core.py", line 3'),
        ('"C:\\Users\\Anna Smith\\handcam\\gui\\window.py", line 3', '"handcam\\gui\\window.py", line 3'),
        ('"handcam/gui/window.py", line 3', '"handcam/gui/window.py", line 3'),
        ("cannot open '/Users/anna/My Videos/me.mp4'", "cannot open 'me.mp4'"),
        ("cannot open ~/clip.mp4: 3/4 done", "cannot open clip.mp4: 3/4 done"),
    ],
)  # fmt: skip
def test_paths_are_reduced(text: str, stays: str) -> None:
    assert anonymous(text) == stays
