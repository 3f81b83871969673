"""A plain install runs the live app and the library: without training packages, and from a wheel."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAINING = ("torch", "onnx", "onnxscript", "safetensors", "lightning_fabric")
LARGEST_MB = 60
WITHOUT_TRAINING = f"""
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {TRAINING!r} else super().find_spec(name, path, target)

sys.meta_path[:] = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
"""
LIBRARY = """
import sys
from handcam import HandTracker
from handcam.sources import open_source

with HandTracker() as tracker:
    found = [tracker.track(frame.color).hands for frame, _ in zip(iter(open_source("demo").read, None), range(5))]
assert found[-1][0].pose.joints_m.shape == (21, 3), found
"""
DEMO = """
import sys
from handcam.cli import main

sys.exit(main(["--headless", "--reset-settings", "--source", "demo", "--duration", "2", "--report", "report.json"]))
"""
EAGER = """
import sys
from handcam.cli import main

sys.exit(main(["--headless", "--reset-settings", "--source", "demo", "--duration", "2", "--runtime", "eager"]))
"""


def run(python: str | Path, program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "HANDCAM_CACHE": str(folder / "cache"), "HANDCAM_SETTINGS": str(folder / "settings.json"),
    }  # fmt: skip
    if python == sys.executable:
        env["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [python, "-c", program], cwd=folder, env=env, text=True, capture_output=True, timeout=100, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("program", [LIBRARY, DEMO], ids=["library", "demo"])
def test_the_app_and_the_library_need_no_training_package(program: str, tmp_path: Path) -> None:
    done = run(sys.executable, WITHOUT_TRAINING + program, tmp_path)

    assert done.returncode == 0, done.stderr


def test_a_runtime_that_needs_pytorch_says_which_part_to_install(tmp_path: Path) -> None:
    done = run(sys.executable, WITHOUT_TRAINING + EAGER, tmp_path)

    assert done.returncode == 2
    assert "The runtime 'eager'" in done.stderr
    assert "[train]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_wheel_carries_what_the_program_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())

    assert wheel.name.endswith("py3-none-any.whl")
    assert wheel.stat().st_size < LARGEST_MB * 1e6
    assert {"handcam/py.typed", "handcam/_data/assets/hand-rig/right.glb"} <= names
    assert {f"handcam/_data/weights/{path.name}" for path in (ROOT / "weights").iterdir()} <= names
    for licence in ("LICENSE", "NOTICE", "weights/LICENSE-APACHE-2.0.txt", "assets/hand-rig/LICENSE.md"):
        assert any(name.endswith(f".dist-info/licenses/{licence}") for name in names), licence
    assert not [name for name in names if name.startswith(("tests/", "docs/", "examples/"))]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_wheel_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", str(wheel)], check=True)
    subprocess.run([*pip, "check"], check=True)

    for program in (LIBRARY, DEMO):
        done = run(python, program, tmp_path)
        assert done.returncode == 0, done.stderr
    refused = run(python, EAGER, tmp_path)
    assert refused.returncode == 2
    assert 'pip install "handcam[train]"' in refused.stderr
