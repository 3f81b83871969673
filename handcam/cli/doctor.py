"""Check what works on this computer, and what to do about the rest."""

import importlib.metadata as metadata
import json as json_format
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from handcam.cli._cameras import cameras
from handcam.cli._display import window_problem
from handcam.cli._finding import BROKEN, COLOURS, MISSING, OK, Finding, checked, first_line
from handcam.installation import PYTHONS, install_command, needs, pip_command
from handcam.model.weights import check as check_hash
from handcam.model.weights import default_weights, read_card
from handcam.plugins import constants, load, names
from handcam.types import HandcamError

__all__ = ["CHECKS", "main"]

_OPEN3D = (
    "import open3d as o, numpy as np; v = o.visualization.Visualizer();"
    "assert v.create_window('probe', 64, 64, visible=False), 'no EGL';"
    "v.add_geometry(o.geometry.TriangleMesh.create_sphere());"
    "p = np.asarray(v.capture_screen_float_buffer(True)); assert p.std() > 0, 'a black picture'; print(o.__version__)"
)


def python() -> Finding:
    """Check the version of the interpreter."""
    oldest, newest = PYTHONS
    good = oldest <= sys.version_info[:2] <= newest
    cure = "" if good else f"use Python {oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
    what = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", OK if good else BROKEN, what, cure, True)


def packages() -> Finding:
    """Check that the base packages are installed in versions that fit together."""
    from packaging.requirements import Requirement

    wanted, bad, there = [], [], []
    for line in metadata.requires("handcam") or []:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            wanted.append(need)
    for need in wanted:
        if not _installed(need.name):
            bad.append(f"{need.name} is not installed")
            continue
        version = metadata.version(need.name)
        if need.name in ("torch", "PySide6-Essentials", "open3d-cpu", "open3d"):
            there.append(f"{need.name} {version}")
        if not need.specifier.contains(version, prereleases=True):
            bad.append(f"{need.name} {version} is not {need.specifier}")
    wheels = [d.name for d in metadata.distributions() if d.name.lower().replace("_", "-").startswith("opencv-")]
    if len(set(wheels)) > 1:
        bad.append(f"{' and '.join(sorted(set(wheels)))} overwrite each other; keep opencv-contrib-python alone")
    what = "; ".join(bad) or f"{len(wanted)} as they should be: {', '.join(there)}"
    return Finding("Packages", BROKEN if bad else OK, what, pip_command() if bad else "", True)


def extras() -> list[Finding]:
    """Check which optional parts are complete."""
    from packaging.requirements import Requirement

    found = []
    for extra in metadata.metadata("handcam").get_all("Provides-Extra") or []:
        wanted = [Requirement(line) for line in metadata.requires("handcam") or []]
        own = [
            r.name
            for r in wanted
            if r.marker and not r.marker.evaluate({"extra": ""}) and r.marker.evaluate({"extra": extra})
        ]
        lost = [name for name in own if name != "handcam" and not _installed(name)]
        if own and "handcam" not in own:
            what = f"lacks {', '.join(lost)}" if lost else ", ".join(own)
            found.append(Finding(f"Extra {extra}", MISSING if lost else OK, what, pip_command(extra) if lost else ""))
    return found


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def display() -> Finding:
    """Check whether a window can be opened."""
    problem = window_problem()
    if problem is None:
        return Finding("Display", OK, os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or sys.platform)
    install = install_command()
    cure = install if install in problem else "start from a desktop; without one the app runs without a window"
    return Finding("Display", MISSING, problem.replace(f" ({install})", ""), cure)


def view_3d() -> Finding:
    """Check whether Open3D renders off screen, in a process of its own, since a bad driver ends its process."""
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    if not sys.platform.startswith("linux"):
        env = dict(os.environ)
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _OPEN3D], env=env, timeout=30, capture_output=True, text=True, check=False
        )
        if probe.returncode == 0:
            return Finding("3D view", OK, f"Open3D {probe.stdout.split()[-1]} draws off screen")
        lines = probe.stderr.strip().splitlines()
        what = lines[-1] if lines else f"the probe ended with code {probe.returncode}"
    except subprocess.TimeoutExpired:
        what = "the probe took longer than 30 s"
    return Finding("3D view", BROKEN, what, f"the 3D view is drawn in software; for Open3D: {install_command()}")


def camera_list() -> Finding:
    """List the cameras."""
    found = [f"{device.source} ({device.name})" for device in cameras()]
    if found:
        return Finding("Cameras", OK, ", ".join(found))
    return Finding("Cameras", MISSING, "none found", "plug one in, or use --source demo or video:FILE")


def realsense() -> Finding:
    """Check for the RealSense SDK and a camera."""
    if find_spec("pyrealsense2") is None:
        return Finding("RealSense", MISSING, "the SDK is not installed", pip_command("realsense"))
    devices = [d for d in load("handcam.sources", "realsense").devices() if d.source.startswith("realsense")]
    version = metadata.version("pyrealsense2")
    if not devices:
        return Finding("RealSense", MISSING, f"SDK {version}, no camera", "plug one into a USB 3 port")
    return Finding("RealSense", OK, f"SDK {version}: {', '.join(d.name for d in devices)}")


def cuda() -> Finding:
    """Check for an NVIDIA card and a PyTorch that can use it, by driver and package: nothing heavy is loaded."""
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        cards = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return Finding("CUDA", MISSING, "no NVIDIA card or driver", "install NVIDIA's driver if there is a card")
    names = ", ".join(filter(None, cards))
    if not _installed("torch"):
        return Finding("CUDA", MISSING, f"{names}; PyTorch is not installed", pip_command("train"))
    version = metadata.version("torch")
    if version.endswith("+cpu"):
        return Finding("CUDA", MISSING, f"{names}; PyTorch {version} is built without it", "install PyTorch for CUDA")
    return Finding("CUDA", OK, f"{names}; PyTorch {version}")


def tensorrt() -> Finding:
    """Check for a TensorRT that could build an engine."""
    for module in ("tensorrt", "onnxruntime_ep_nv_tensorrt_rtx"):
        if find_spec(module) is not None:
            return Finding("TensorRT", OK, f"{module}; an engine is built at the first start")
    return Finding("TensorRT", MISSING, "not installed", f"with an NVIDIA card: {pip_command('tensorrt')}")


def weights() -> Finding:
    """Check the files of the released weights against their hashes."""
    path = default_weights()
    try:
        card = read_card(path)
        for name, sha256 in card.exports.items():
            check_hash(path.parent / name, sha256)
    except HandcamError as error:
        return Finding("Weights", BROKEN, str(error), "restore the weights folder", True)
    what = f"{card.name}: {', '.join(card.encoders)} to {', '.join(card.decoders)}; latent size {card.latent}"
    return Finding("Weights", OK, what, "", True)


def engines() -> list[Finding]:
    """Open the weights in every runtime of the processor; one of them must succeed."""
    found = []
    for name in names("handcam.runtimes"):
        if constants("handcam.runtimes", name).get("NEEDS_CARD"):
            continue
        try:
            opened = load("handcam.runtimes", name).open(default_weights())
            found.append(Finding(f"Runtime {name}", OK, opened.name))
            opened.close()
        except ImportError as error:
            found.append(Finding(f"Runtime {name}", MISSING, str(error), f"it {needs(error)}"))
        except Exception as error:  # whatever an engine says, the next line still comes
            found.append(Finding(f"Runtime {name}", BROKEN, first_line(error), "another is used"))
    if not any(finding.state == OK for finding in found):
        found.append(Finding("Runtimes", BROKEN, "none opens the weights", pip_command(), True))
    return found


def detector() -> Finding:
    """Open the palm detector that ships."""
    opened = load("handcam.detectors", "palm").open()
    opened.close()
    return Finding("Hand detector", OK, f"palm, {opened.runtime_name}", "", True)


def recording() -> Finding:
    """Check disk space and codecs for sessions."""
    from handcam.session.mkv import missing_codecs

    lost = missing_codecs()
    free_gb = shutil.disk_usage(Path.cwd()).free / 2**30
    if lost:
        return Finding("Recording", BROKEN, f"PyAV lacks {', '.join(lost)}", "pip install --force-reinstall av")
    minutes = free_gb * 1024 / 5.1 / 60
    what = f"{free_gb:.0f} GB free here: about {minutes:.0f} minutes of colour and depth"
    if not os.access(Path.cwd(), os.W_OK):
        return Finding("Recording", BROKEN, f"{Path.cwd()} cannot be written", "record into another folder")
    return Finding("Recording", OK if free_gb > 1 else BROKEN, what, "" if free_gb > 1 else "free some disk space")


CHECKS: dict[str, Callable[[], "Finding | list[Finding]"]] = {
    "Python": python, "Packages": packages, "Weights": weights, "Hand detector": detector, "Runtimes": engines,
    "Display": display, "3D view": view_3d, "Cameras": camera_list, "RealSense": realsense, "CUDA": cuda,
    "TensorRT": tensorrt, "Recording": recording, "Extras": extras,
}  # fmt: skip
"""Every check by name, in the order of the table."""
NEEDED = ("Packages", "Weights", "Hand detector", "Runtimes")
"""Checks without which the main job cannot run."""


def main(*, json: bool = False, self_test: bool = False) -> int:
    """Check Python, packages, weights, engines, display, cameras and disk. Exit code 1 when the main job cannot run.

    Args:
        json: print the findings as JSON.
        self_test: put camera, model, recording, streams and window to work for up to a minute instead, and print each
            one's figures and verdict as plain text, to be pasted into an issue.
    """
    if self_test:
        from handcam.cli._self_test import run  # its parts are slow to load

        return run(json)
    found: list[Finding] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        for name in CHECKS:
            bar.update(task, description=name)
            found += checked(name, CHECKS[name], name in NEEDED)
    bad = [finding for finding in found if finding.needed and finding.state != OK]
    if json:
        print(json_format.dumps({"ok": not bad, "findings": [asdict(finding) for finding in found]}, indent=1))
        return 1 if bad else 0
    table = Table("", "", "found", "what to do", title="handcam doctor", title_justify="left", show_edge=False)
    for f in found:
        table.add_row(f.name, f"[{COLOURS[f.state]}]{f.state}[/]", escape(f.what), escape(f.cure))
    console = Console()
    if not console.is_terminal:
        console.width = 200  # a log has no edge
    console.print(table)
    if bad:
        print(f"The app cannot run: {', '.join(finding.name for finding in bad)}.")
        return 1
    print("The app runs here.")
    return 0
