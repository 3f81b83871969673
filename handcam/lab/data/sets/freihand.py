"""FreiHAND in its published layout: ``{split}/rgb/%08d.jpg``, ``{split}_K.json`` and ``{split}_xyz.json``.

Right hands at 224 x 224 px; joints in metres in the common order. The training pictures come four times, with other
backgrounds, for one list of labels: picture ``i`` has label ``i mod N``.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from handcam.errors import DAMAGE
from handcam.geometry import project
from handcam.lab.data.sets import Sample, check_points
from handcam.pictures import read_picture
from handcam.types import Frame, HandcamError, Intrinsics, Side

__all__ = ["FreiHand", "open"]


def open(rest: str, split: str = "evaluation") -> "FreiHand":
    """Open ``freihand:PATH``.

    Args:
        rest: the folder that holds ``evaluation`` and / or ``training``.
        split: ``evaluation`` or ``training``.

    Raises:
        HandcamError: the pictures or the labels are not there or do not fit together.
    """
    root = Path(rest)
    pictures = sorted((root / split / "rgb").glob("*.jpg"))
    if not pictures:
        raise HandcamError(f"There are no pictures in {root / split / 'rgb'}; is {root} the FreiHAND folder?")
    matrices, joints = _labels(root / f"{split}_K.json", (3, 3)), _labels(root / f"{split}_xyz.json", (21, 3))
    check_points(joints, root / f"{split}_xyz.json")
    if len(matrices) != len(joints) or len(pictures) % len(joints):
        raise HandcamError(
            f"{root} has {len(pictures)} pictures, {len(matrices)} cameras and {len(joints)} hands for {split}, "
            "which do not belong together."
        )
    origin = root / "provenance.json"
    said = json.loads(origin.read_text("utf-8")) if origin.is_file() else {}
    return FreiHand(f"freihand {split}", tuple(pictures), matrices, joints, str(said.get("estimated_by", "")))


def _labels(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """One of the label lists."""
    try:
        values = np.array(json.loads(path.read_text("utf-8")), dtype=float)
    except (OSError, *DAMAGE) as error:
        raise HandcamError(f"The labels {path} cannot be read: {error}.") from None
    if values.shape[1:] != shape:
        raise HandcamError(f"The labels {path} have the shape {values.shape} instead of N x {shape}.")
    return values


@dataclass(frozen=True, slots=True)
class FreiHand:
    """One split."""

    name: str
    """Data set and split."""
    pictures: tuple[Path, ...]
    """Picture files in order."""
    matrices: Float[np.ndarray, "n 3 3"]
    """Camera matrices, px."""
    joints_m: Float[np.ndarray, "n 21 3"]
    """True joints, camera frame, metres."""
    estimated_by: str = ""
    """The program whose estimates these labels are; empty for labels of people."""

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Sample:
        color = read_picture(self.pictures[index])
        k, joints = self.matrices[index % len(self.matrices)], self.joints_m[index % len(self.joints_m)]
        height, width = color.shape[:2]
        camera = Intrinsics(float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]), width, height)
        frame = Frame(index, index, camera, color)
        return Sample(frame, self.pictures[index].name, Side.RIGHT, joints, project(joints, camera))
