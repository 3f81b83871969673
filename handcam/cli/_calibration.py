"""Frames for a calibration, and tables of what was measured."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from handcam.calibration.extrinsics import SolvedRig
from handcam.calibration.hand_scale import HandScale
from handcam.calibration.lens import Solution
from handcam.calibration.triangulation import inverse_pose
from handcam.hand.skeleton import BONES, JOINTS
from handcam.sources import Source
from handcam.types import Frame

__all__ = ["frames_of", "show_hand", "show_lens", "show_rig"]


def frames_of(source: Source, duration_s: float, every_s: float = 0.0) -> Iterator[Frame]:
    """Frames of a source until the time is over; every one of a file."""
    begun = due = time.monotonic()
    while time.monotonic() - begun < duration_s:
        frame = source.read()
        if frame is None:
            return
        if not source.live or time.monotonic() >= due:
            due = time.monotonic() + every_s
            yield frame


def show_lens(solved: Solution, path: Path, used_by_itself: bool) -> None:
    """Print what was measured."""
    lens, camera = solved.lens, solved.lens.intrinsics
    table = Table("", "measured", title=f"{camera.width} x {camera.height}, {lens.pictures} views of the board")
    sigma = lens.focal_sigma_px
    table.add_row(
        "focal length", f"{camera.fx:.1f}, {camera.fy:.1f} px ± {sigma:.1f} ({100 * sigma / camera.fx:.2f} %)"
    )
    table.add_row("principal point", f"{camera.cx:.1f}, {camera.cy:.1f} px")
    table.add_row("field of view", f"{2 * np.degrees(np.arctan(camera.half_tan)):.1f}° across")
    table.add_row("distortion", " ".join(f"{value:.4f}" for value in lens.distortion))
    table.add_row("reprojection error", f"{lens.rms_px:.2f} px RMS, worst view {max(solved.errors_px):.2f} px")
    left_out = len(solved.used) - sum(solved.used)
    if left_out:
        table.add_row("left out", f"{left_out} views that fit far worse")
    Console().print(table)
    print(f"Saved: {path}" + ("; used from now on." if used_by_itself else "; use it with --calibration."))


def show_hand(found: HandScale, path: Path) -> None:
    """Print what was measured."""
    table = Table("", "measured", title=f"Hand, {found.frames} pictures beside the {found.reference}")
    table.add_row("length", f"{1000 * found.length_m:.1f} ± {1000 * found.sigma_m:.1f} mm, wrist to middle fingertip")
    of_model = f"{1000 * found.model_length_m:.1f} ± {1000 * found.model_sigma_m:.1f} mm"
    table.add_row("scale", f"{of_model}, the hand length with which distances are right")
    for (_, joint), length, sigma in zip(BONES, found.bones, found.bones_sigma, strict=True):
        mm = 1000 * found.length_m
        table.add_row(f"to {JOINTS[joint].replace('_', ' ')}", f"{mm * length:.1f} ± {mm * sigma:.1f} mm")
    Console().print(table)
    print(f"Saved: {path}; handcam run takes its scale from it.")


def show_rig(solved: SolvedRig, path: Path, used_by_itself: bool) -> None:
    """Print what was measured."""
    table = Table("", "from the first", "clock", "reprojection", title=f"Cameras, {solved.frames} frames")
    for one in solved.rig.cameras:
        apart = float(np.linalg.norm(inverse_pose(one.camera_from_first)[:3, 3]))
        turned = float(np.degrees(np.linalg.norm(one.rotation)))
        table.add_row(
            one.name, f"{100 * apart:.1f} cm, {turned:.1f}°", f"{1000 * one.offset_s:+.1f} ms", f"{one.rms_px:.2f} px"
        )
    Console().print(table)
    scale = {
        "board": "measured by the board", "hand": f"measured by the hand, ± {100 * solved.rig.scale_sigma:.1f} %",
        "assumed": "assumed, for the hand was not measured: handcam calibrate hand does that", "none": "not known",
    }[solved.rig.scale]  # fmt: skip
    print(f"Scale: {scale}. {100 * solved.share:.0f} % of the points fit.")
    print(f"Saved: {path}" + ("; used from now on." if used_by_itself else "; use it with --calibration."))
