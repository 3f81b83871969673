"""The Stereo hand pose Tracking Benchmark in its published layout.

``images/{sequence}/BB_left_%d.png`` (and ``BB_right``: the two eyes of a stereo camera; ``SK_color``: a second
camera), ``labels/{sequence}_BB.mat`` and ``_SK.mat`` with ``handPara`` (3 x 21 x 1500, millimetres): palm centre, then
little, ring, middle, index and thumb, each from its root. ``_BB`` is in the left eye's frame, ``_SK`` in that of the
second camera's depth sensor. All are left hands.

The wrist is not labelled: it is recovered as the point opposite the ring MCP across the palm centre, as the reference
readers do; the labelled palm centre goes along in ``Sample.palm_m`` for the papers' protocol.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.geometry import project
from handcam.hand.skeleton import INDEX
from handcam.lab.data.mat5 import read_matrix
from handcam.lab.data.sets import Sample, check_points
from handcam.pictures import read_picture
from handcam.types import Frame, HandcamError, Intrinsics, Side

__all__ = ["CAMERAS", "Stb", "open"]

EVALUATION = ("B1Counting", "B1Random")
"""The sequences that everybody tests on; B2 to B6 are for training."""
_STEREO = Intrinsics(822.79041, 822.79041, 318.47345, 250.31296, 640, 480)
_COLOR = Intrinsics(607.92271, 607.88192, 314.78337, 236.42484, 640, 480)
_BASELINE_M = 0.120054
_DEPTH_FROM_COLOR = Rotation.from_rotvec([0.00531, -0.01196, 0.00301]).as_matrix()
_DEPTH_FROM_COLOR_M = np.array([-0.0240381, -0.0004563, -0.0012326])
_ORDER = [0] + [INDEX[f"{finger}_mcp"] + i for finger in ("little", "ring", "middle", "index") for i in range(4)]
_ORDER += [INDEX["thumb_cmc"] + i for i in range(4)]
"""Our joint for each of theirs; the palm centre takes the wrist's place until the wrist is recovered."""

CAMERAS = {
    "left": ("BB_left", "BB", _STEREO),
    "right": ("BB_right", "BB", _STEREO),
    "color": ("SK_color", "SK", _COLOR),
}
"""Prefix of the pictures, suffix of the labels, and intrinsics of each camera."""


def open(rest: str, sequences: Sequence[str] = EVALUATION, cameras: Sequence[str] = ("left", "right")) -> "Stb":
    """Open ``stb:PATH``.

    Args:
        rest: the folder that holds ``images`` and ``labels``.
        sequences: names of sequences; those of the usual test set by default.
        cameras: of ``left``, ``right`` and ``color``; the paper uses both eyes of the stereo camera.

    Raises:
        HandcamError: labels or pictures are missing or damaged, or a camera is unknown.
    """
    root = Path(rest)
    shots = []
    for sequence in sequences:
        for camera in cameras:
            if camera not in CAMERAS:
                raise HandcamError(f"STB has no camera {camera!r}; choose among {', '.join(CAMERAS)}.")
            prefix, suffix, _ = CAMERAS[camera]
            hands_m = _labels(root / "labels" / f"{sequence}_{suffix}.mat")
            shots += [
                (root / "images" / sequence / f"{prefix}_{i}.png", camera, hand) for i, hand in enumerate(hands_m)
            ]
    return Stb("stb", tuple(shots))


def _labels(path: Path) -> Float[np.ndarray, "n 21 3"]:
    """The label file of one sequence and camera, metres, still in its own order and frame."""
    try:
        values = read_matrix(path, "handPara").astype(float)
    except (OSError, ValueError) as error:
        raise HandcamError(f"The labels {path} cannot be read: {error}.") from None
    if values.ndim != 3 or values.shape[:2] != (3, 21):
        raise HandcamError(f"The labels {path} have the shape {values.shape} instead of 3 x 21 x N.")
    with np.errstate(all="ignore"):  # what is no number is refused next
        points_m = values.transpose(2, 1, 0) / 1000.0
    check_points(points_m, path)
    return points_m


def camera_frame(points_m: Float[np.ndarray, "n 3"], camera: str) -> Float[np.ndarray, "n 3"]:
    """Labelled points in the frame of one camera."""
    if camera == "right":
        return points_m - np.array([_BASELINE_M, 0.0, 0.0])
    if camera == "color":  # the published transform goes from colour to depth
        return (points_m - _DEPTH_FROM_COLOR_M) @ _DEPTH_FROM_COLOR
    return points_m


@dataclass(frozen=True, slots=True)
class Stb:
    """Pictures of any sequences and cameras."""

    name: str
    """The data set's name."""
    shots: tuple[tuple[Path, str, Float[np.ndarray, "21 3"]], ...]
    """Picture file, camera and label of each sample."""

    def __len__(self) -> int:
        return len(self.shots)

    def __getitem__(self, index: int) -> Sample:
        path, camera, label = self.shots[index]
        joints = np.empty((21, 3))
        joints[_ORDER] = camera_frame(label, camera)
        palm = joints[0].copy()
        joints[0] = 2.0 * palm - joints[INDEX["ring_mcp"]]
        lens = CAMERAS[camera][2]
        frame = Frame(index, index, lens, read_picture(path))
        name = f"{path.parent.name}/{path.name}"
        return Sample(frame, name, Side.LEFT, joints, project(joints, lens), palm_m=palm)
