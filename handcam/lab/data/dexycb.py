"""Real poses of DexYCB (Chao et al., CVPR 2021), to measure on and never to train on: they are CC BY-NC."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handcam.paths import shipped
from handcam.types import HandcamError, Side

__all__ = ["RealPoses", "open_poses"]

_ORDER = [0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20]
"""Their place of each of our joints."""


class RealPoses(NamedTuple):
    """Poses of one side."""

    side: Side
    """Of all of them."""
    joints_m: Float[np.ndarray, "n 21 3"]
    """Camera frame."""
    subject: Int[np.ndarray, " n"]
    """Number of the person."""
    sequence: Int[np.ndarray, " n"]
    """Number of the sequence; frames follow each other at 30 a second."""
    frame: Int[np.ndarray, " n"]
    """Number in the sequence."""


def open_poses(folder: Path | None = None) -> list[RealPoses]:
    """Read ``dexycb_left.npz`` and ``dexycb_right.npz``.

    Args:
        folder: their place; by default ``../shared/data/validation/dexycb_poses`` of a checkout.

    Raises:
        HandcamError: they are not there.
    """
    folder = folder or shipped("weights").parent / "../shared/data/validation/dexycb_poses"
    out: list[RealPoses] = []
    for side in Side:
        path = folder / f"dexycb_{side.value}.npz"
        if not path.is_file():
            raise HandcamError(f"There is no {path}; name its folder by --data dexycb:FOLDER.")
        with np.load(path) as file:
            _, subject = np.unique(file["subject"], return_inverse=True)
            _, sequence = np.unique(file["sequence"], return_inverse=True)
            frame = file["frame"].astype(int)
            joints_m = file["joints3d_m"][:, _ORDER].astype(float)
        seen = joints_m[..., 2].min(1) > 0.1  # the hand of other frames lies at the origin
        out.append(RealPoses(side, joints_m[seen], subject[seen], sequence[seen], frame[seen]))
    return out
