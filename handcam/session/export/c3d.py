"""C3D for motion labs: points named ``R_index_tip``, millimetres, y up.

C3D knows a rate and no times: there is one frame for every frame number, as in BVH, and what was not seen is invalid
(NaN, residual -1).
"""

import errno
from pathlib import Path
from typing import Any

import ezc3d  # pyright: ignore[reportMissingTypeStubs]
import numpy as np

from handcam.hand.conventions import convention
from handcam.hand.rotations import forward
from handcam.session.export import ExportSettings, Recording, provenance
from handcam.session.export._motion import even_rows, motions
from handcam.version import __version__

__all__ = ["SUFFIX", "export"]

SUFFIX = ".c3d"
ANY_JOINTS = True


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write both hands into one file."""
    hands = motions(recording, settings)
    if not hands:
        return
    rows = [even_rows(hand, settings.between) for hand in hands]
    n, theirs = len(rows[0].seen), convention(settings.joints)
    count = len(theirs.joints)
    points = np.full((4, len(hands) * count, n), np.nan)
    for k, row in enumerate(rows):
        joints = theirs.of_common(forward(row.local, row.offsets_m)) * 1000
        joints[~row.seen] = np.nan
        points[:3, k * count : (k + 1) * count] = joints.transpose(2, 1, 0)
    points[3] = 1.0
    document: Any = ezc3d.c3d()
    document["parameters"]["POINT"]["RATE"]["value"] = [1 / rows[0].frame_time_s]
    document["parameters"]["POINT"]["LABELS"]["value"] = [
        f"{hand.side.value[0].upper()}_{joint}" for hand in hands for joint in theirs.joints
    ]
    document["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    document.add_parameter("MANUFACTURER", "SOFTWARE", [f"handcam {__version__}"])
    document.add_parameter("HANDCAM", "PROVENANCE", [str(provenance(recording))[:250]])
    document["data"]["points"] = points
    residuals = np.where(np.isnan(points[:1]), -1.0, 0.0)
    document["data"]["meta_points"] = {"residuals": residuals, "camera_masks": np.zeros((7, points.shape[1], n), bool)}
    document.write(str(out))
    size = out.stat().st_size  # ezc3d says nothing of a disk that is full
    with out.open("rb") as file:
        head = np.fromfile(file, "<u2", 10)
    if len(head) < 10 or size < (int(head[8]) - 1) * 512 + points.size * 4:
        raise OSError(errno.ENOSPC, "the disk did not take it all")
