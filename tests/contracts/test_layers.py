"""Imports point down, and files stay short and plainly named."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from handcam.plugins import names

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "handcam").rglob("*.py"))
LONGEST = 330
"""Lines; the aim is 250, and this is where a file is in need of a second one."""
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc", "tools"}
FOLDERS = (
    "sources", "detectors", "filters", "model.modalities", "model.nets", "runtimes", "streams", "session.export", "cli",
    "gui.scene3d.scenes", "lab.data.sets", "lab.data.splits", "lab.experiments",
)  # fmt: skip


def test_import_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short_documented_and_plainly_named(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST, "split it"
    assert text.startswith('"""'), "say what it is"
    assert path.stem not in VAGUE
    assert "from __future__ import annotations" not in text, "shape checks need real annotations"
    assert not re.search(r"\bpickle\.loads?\(|(?<![.\w])eval\(|weights_only=False", text), "a file must not run code"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_plug_in_folder_is_there(folder: str) -> None:
    assert names(f"handcam.{folder}"), "an empty registry"


def test_the_front_door_stays_cheap() -> None:
    """What is heavy is imported when it is used: the help and the command line come at once."""
    code = (
        "import sys; from handcam.cli import main; main(['--help']); import handcam.cli.run; "
        "heavy = {'torch', 'mediapipe', 'open3d', 'PySide6', 'av', 'onnxruntime', 'pyqtgraph'} & set(sys.modules); "
        "print('heavy:', sorted(heavy))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "heavy: []"
