"""BVH for animation programs: centimetres, y up, one file per hand.

Bones have their median length and joints rotate (x, y, z order: of a finger's joint x is minus the flexion); the wrist
alone has a position too. ``moving_bones`` gives every joint a position, for estimated bones are not quite rigid. BVH
knows neither units, times nor missing frames: there is one row for every frame number from first to last, a hand that
was not seen stands at rest at the origin, and ``NAME.bvh.json`` beside the file says the unit, which rows these are,
and when each was taken.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation  # pyright: ignore[reportMissingTypeStubs]

from handcam.hand.skeleton import JOINTS, PARENTS, TIPS, WRIST
from handcam.session.export import ExportError, ExportSettings, Recording, provenance
from handcam.session.export._motion import Motion, motions, move_on
from handcam.types import Array

__all__ = ["SUFFIX", "export"]

SUFFIX = ".bvh"
_PER_METRE = {"cm": 100.0, "m": 1.0}
_POSITION, _ROTATION = "Xposition Yposition Zposition", "Xrotation Yrotation Zrotation"
_MOST_ROWS = 300_000
"""So many rows are written even if most of them are empty."""


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write ``out`` for one hand, or ``out`` with ``_right`` and ``_left`` for two; with a JSON file beside each."""
    settings = replace(settings, fixed_bones=settings.fixed_bones or not settings.moving_bones)
    hands = motions(recording, settings)
    for motion in hands:
        name = out if len(hands) == 1 else out.with_name(f"{out.stem}_{motion.side.value}{out.suffix}")
        _write(motion, name, settings, provenance(recording))


def _write(motion: Motion, out: Path, settings: ExportSettings, origin: dict[str, Any]) -> None:
    scale, fixed_bones = _PER_METRE[settings.unit], settings.fixed_bones
    rest = motion.rest_m.round(9) * scale + 0.0
    frame_time, rows = _rows(motion)
    n = int(rows[-1]) + 1
    looked, seen = np.zeros(n, bool), np.zeros(n, bool)
    local, positions = np.tile(np.eye(3), (n, len(JOINTS), 1, 1)), np.tile(motion.rest_m, (n, 1, 1))
    looked[rows], seen[rows] = motion.looked, motion.present
    local[rows[motion.present]] = motion.local[motion.present]
    positions[rows[motion.present]] = motion.offsets_m[motion.present]
    move_on(np.arange(n), looked, seen, local, positions, settings.between)  # the frames that the device lost, too
    angles = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_euler("XYZ", degrees=True).reshape(-1, len(JOINTS), 3)
    positions = positions.round(9) * scale + 0.0
    moving = [j for j in range(len(JOINTS)) if not (fixed_bones and j in TIPS)]  # our order is depth first, as BVH's
    columns = [
        values[:, j] for j in moving for values in ((angles,) if fixed_bones and j != WRIST else (positions, angles))
    ]
    with out.open("w", encoding="ascii", newline="\n") as file:
        file.write("HIERARCHY\n" + "\n".join(_hierarchy(WRIST, rest, fixed_bones, 0)) + "\n")
        file.write(f"MOTION\nFrames: {n}\nFrame Time: {frame_time:.9f}\n")
        np.savetxt(file, np.concatenate(columns, axis=1), fmt="%.6f")
    times: list[int | None] = [None] * n
    for row, time_ns in zip(rows, motion.time_ns, strict=True):
        times[row] = int(time_ns)
    beside = {
        "format": "handcam.bvh", "version": 1, "side": motion.side.value, "first_frame": int(motion.index[0]),
        "unit": settings.unit, "missing_rows": np.flatnonzero(~seen).tolist(),
        "between": settings.between, "rows_between": np.flatnonzero(seen & ~looked).tolist(),
        "time_ns": times, **origin,
    }  # fmt: skip
    out.with_name(out.name + ".json").write_text(json.dumps(beside) + "\n", encoding="utf-8")


def _rows(motion: Motion) -> tuple[float, Array]:
    """Seconds from row to row, and the row of every frame.

    Rows follow the frame numbers; where these do not rise (the source was opened anew) they follow the times.
    """
    steps, seconds = np.diff(motion.index), np.diff(motion.seconds)
    good = (steps > 0) & (seconds > 0)
    frame_time = float(np.median(seconds[good] / steps[good])) if good.any() else 1 / 30
    steps = np.where(good, steps, np.maximum(np.round(seconds / frame_time), 1))
    rows = np.concatenate([[0.0], np.cumsum(steps)])
    if rows[-1] > max(_MOST_ROWS, 2 * len(rows)):
        raise ExportError("The frames of this session are too far apart for BVH, which has a row for every moment.")
    return frame_time, rows.astype(int)


def _hierarchy(joint: int, rest: Array, fixed_bones: bool, depth: int) -> list[str]:
    """The lines of one joint and of those that hang on it; ``rest`` in the file's unit."""
    pad = "\t" * depth
    offset = f"{pad}\tOFFSET " + " ".join(f"{v:.6f}" for v in rest[joint])
    if joint in TIPS and fixed_bones:
        return [f"{pad}End Site", pad + "{", offset, pad + "}"]
    full = joint == WRIST or not fixed_bones
    channels = f"CHANNELS 6 {_POSITION} {_ROTATION}" if full else f"CHANNELS 3 {_ROTATION}"
    lines = [f"{pad}{'ROOT' if joint == WRIST else 'JOINT'} {JOINTS[joint]}", pad + "{", offset, f"{pad}\t{channels}"]
    for child, parent in enumerate(PARENTS):
        if parent == joint:
            lines += _hierarchy(child, rest, fixed_bones, depth + 1)
    if joint in TIPS:
        end = " ".join(f"{v:.6f}" for v in rest[joint] / 5)  # a tip has an end only because readers want one
        lines += [f"{pad}\tEnd Site", pad + "\t{", f"{pad}\t\tOFFSET {end}", pad + "\t}"]
    return [*lines, pad + "}"]
