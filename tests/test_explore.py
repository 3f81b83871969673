"""``handcam explore``: what it refuses, and a whole run."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from handcam.cli import main


@pytest.mark.parametrize(("options", "said"), [
    (["--weights", "nowhere.safetensors"], "--weights is 'nowhere.safetensors'; it must be a file that is there."),
    (["--page", "atlas"], "There is no page 'atlas'; use one of explorer, map"),
    (["--hand-length-cm", "190"], "--hand-length-cm is 190.0; it must be a number from 5 to 40."),
])  # fmt: skip
def test_what_cannot_be_is_told_in_one_sentence(options, said, capsys):
    assert main(["explore", *options]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_without_a_display_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr("handcam.cli.explore.window_problem", lambda: "there is no display")
    assert main(["explore"]) == 2
    assert "needs a window, and none can be opened: there is no display." in capsys.readouterr().err


@pytest.mark.slow
def test_runs_without_camera_detector_and_torch(tmp_path: Path):
    picture = tmp_path / "explorer.png"
    code = (
        "import sys; from handcam.cli import main; "
        f"code = main(['explore', '--runtime', 'onnxruntime', '--screenshot', {str(picture)!r}, '--after', '8']); "
        "print([name for name in ('torch', 'mediapipe', 'open3d') if name in sys.modules]); sys.exit(code)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1280, 800)
    assert len({image.pixel(x, y) for x in range(0, 1280, 5) for y in range(0, 800, 5)}) > 200  # hands in many colours
