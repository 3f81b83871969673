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
from handcam.session.export import ExportSettings, Recording, provenance
from handcam.session.export._motion import Motion, even_rows, motions
from handcam.types import Array

__all__ = ["SUFFIX", "export"]

SUFFIX = ".bvh"
_PER_METRE = {"cm": 100.0, "m": 1.0}
_POSITION, _ROTATION = "Xposition Yposition Zposition", "Xrotation Yrotation Zrotation"


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
    rows = even_rows(motion, settings.between)
    n, seen, local = len(rows.seen), rows.seen, rows.local
    angles = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_euler("XYZ", degrees=True).reshape(-1, len(JOINTS), 3)
    positions = rows.offsets_m.round(9) * scale + 0.0
    moving = [j for j in range(len(JOINTS)) if not (fixed_bones and j in TIPS)]  # our order is depth first, as BVH's
    columns = [
        values[:, j] for j in moving for values in ((angles,) if fixed_bones and j != WRIST else (positions, angles))
    ]
    with out.open("w", encoding="ascii", newline="\n") as file:
        file.write("HIERARCHY\n" + "\n".join(_hierarchy(WRIST, rest, fixed_bones, 0)) + "\n")
        file.write(f"MOTION\nFrames: {n}\nFrame Time: {rows.frame_time_s:.9f}\n")
        np.savetxt(file, np.concatenate(columns, axis=1), fmt="%.6f")
    beside = {
        "format": "handcam.bvh", "version": 1, "side": motion.side.value, "first_frame": int(motion.index[0]),
        "unit": settings.unit, "missing_rows": np.flatnonzero(~seen).tolist(),
        "between": settings.between, "rows_between": np.flatnonzero(seen & ~rows.looked).tolist(),
        "time_ns": rows.time_ns, **origin,
    }  # fmt: skip
    out.with_name(out.name + ".json").write_text(json.dumps(beside) + "\n", encoding="utf-8")


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
