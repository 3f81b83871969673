"""Parameters of a user's own MANO model (``--mano MANO_RIGHT.pkl``) as arrays of numpy, one row for every frame.

Keys begin with ``right_`` or ``left_``: ``pose`` (n 48: rotation vectors of the wrist and 15 joints, the mean pose
included, as ``smplx`` with ``flat_hand_mean``), the same in parts as ``global_orient`` (n 3) and ``hand_pose`` (n 45),
``betas`` (10), ``trans`` (n 3, metres), ``present``, and ``error_mm``, the mean distance of the model's joints from the
estimated ones. Camera frame: x right, y down, z forward. Rows without the hand are NaN. A left hand's parameters are
for the left model as the mirror image of the right one.
"""

from pathlib import Path
from typing import Any

import numpy as np

from handcam.hand.mano import ManoPose, load_mano, mirrored_parameters
from handcam.hand.rotations import Y_UP
from handcam.hand.skeleton import MIRROR
from handcam.session.export import ExportError, ExportSettings, Recording, provenance
from handcam.session.export._motion import Motion, motions
from handcam.types import Array, Side

__all__ = ["SUFFIX", "export"]

SUFFIX = ".npz"


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Fit the model to every hand.

    Raises:
        ExportError: no model is given.
    """
    if settings.mano is None:
        raise ExportError("MANO's parameters need its model, which comes from its authors: --mano MANO_RIGHT.pkl.")
    model = load_mano(settings.mano)
    hands = motions(recording, settings)
    if not hands:
        return
    arrays: dict[str, Any] = {
        "frame": hands[0].index, "time_s": hands[0].seconds, "flat_hand_mean": np.array(True),
        **{name: np.array(value) for name, value in provenance(recording).items() if isinstance(value, str)},
    }  # fmt: skip
    for motion in hands:
        joints = motion.joints_m[motion.present] @ Y_UP
        mirror = MIRROR.astype(float) if motion.side is Side.LEFT else np.ones(3)
        found = model.fit(joints * mirror)
        error = 1e3 * np.linalg.norm(model.joints(found) * mirror - joints, axis=-1).mean(1)
        found = mirrored_parameters(found) if motion.side is Side.LEFT else found
        arrays |= {f"{motion.side.value}_{name}": value for name, value in _columns(motion, found, error).items()}
    with out.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _columns(motion: Motion, found: ManoPose, error_mm: Array) -> dict[str, Array]:
    def rows(values: Array) -> Array:
        out = np.full((len(motion.present), *values.shape[1:]), np.nan)
        out[motion.present] = values
        return out

    pose = rows(found.pose)
    return {
        "pose": pose, "global_orient": pose[:, :3], "hand_pose": pose[:, 3:], "betas": found.betas[0],
        "trans": rows(found.trans_m), "present": motion.present, "error_mm": rows(error_mm),
    }  # fmt: skip
