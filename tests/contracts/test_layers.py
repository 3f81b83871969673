"""Imports point down, and files stay short and plainly named."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from handcam.plugins import names

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "handcam").rglob("*.py"))
LONGEST = 330
"""Lines; the aim is 250, and this is where a file is in need of a second one."""
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc", "tools"}
FOLDERS = (
    "sources", "detectors", "filters", "model.modalities", "model.nets", "runtimes", "streams", "session.export", "cli",
    "gui.scene3d.scenes", "lab.data.sets", "lab.experiments",
)  # fmt: skip


def test_import_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert run.returncode == 0, run.stdout + run.stderr


def contracts() -> list[dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def test_no_import_is_ignored() -> None:
    assert not [contract["name"] for contract in contracts() if contract.get("ignore_imports")]


@pytest.mark.parametrize("package", ["PySide6", "open3d", "torch"])
def test_a_new_folder_may_not_load_a_heavy_package(package: str) -> None:
    """Every folder is either allowed to import the package, or forbidden to reach it even through others."""
    forbidden = {m for c in contracts() if package in c.get("forbidden_modules", ()) for m in c["source_modules"]}
    allowed = {m for c in contracts() if package in c.get("protected_modules", ()) for m in c["allowed_importers"]}
    opened_by = {"PySide6": {"cli"}, "open3d": {"cli", "gui", "lab", "sources"}, "torch": {"cli"}}[package]
    placed = {name.split(".")[1] for name in forbidden | allowed} | opened_by
    there = {p.stem for p in (ROOT / "handcam").iterdir() if p.suffix == ".py" or any(p.glob("*.py"))}
    assert there - {"__init__", "__main__"} <= placed, "place it in pyproject.toml"


def test_no_import_circle() -> None:
    graph = grimp.build_graph("handcam", cache_dir=None)
    TopologicalSorter({m: graph.find_modules_directly_imported_by(m) for m in graph.modules}).prepare()


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_imports(path: Path) -> list[str]:
    """Imports of private modules of another folder, and of private names of another module."""
    module = path.relative_to(ROOT).with_suffix("").parts
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("handcam"):
            targets = [(*(node.module or "").split("."), alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            targets = [tuple(alias.name.split(".")) for alias in node.names if alias.name.startswith("handcam")]
        else:
            continue
        for target in targets:
            first = next((n for n, part in enumerate(target) if is_private(part)), len(target))
            file = ROOT.joinpath(*target[: first + 1])
            is_module = file.is_dir() or file.with_suffix(".py").is_file()
            if first < len(target) and not (is_module and module[:first] == target[:first]):
                found.append(".".join(target))
    return found


def test_no_folder_reaches_into_another_s_private_parts() -> None:
    found = {str(path.relative_to(ROOT)): private_imports(path) for path in FILES}
    assert {path: names for path, names in found.items() if names} == {}


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
