"""The plain exchange format: a folder with ``labels.jsonl`` and pictures, for users' own labels too.

One JSON object a line:

=================  ==================================================================================
``image``          path of the picture, relative to the folder
``side``           ``left`` or ``right`` hand of the real person
``intrinsics``     ``[fx, fy, cx, cy]``, px; without it a field of view of 60 degrees is assumed
``joints_mm``      21 x 3, camera frame, millimetres, common joint order
``keypoints_px``   21 x 2, pixels; (0, 0) is the centre of the first pixel
``box``            ``[x, y, width, height]``, px
``depth``          path of a 16-bit PNG of the same size, aligned to the picture; 0 is no reading
``depth_unit_m``   metres per count of the depth picture
=================  ==================================================================================

All but ``image`` may be left out; figures that need a missing label are then null.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handcam.lab.data.sets import Sample, tight_box
from handcam.pictures import read_picture
from handcam.types import Frame, HandcamError, Intrinsics, Side
from handcam.validation import check_frame

__all__ = ["Folder", "open", "write"]

_ASSUMED_FOV_RAD = math.radians(60.0)


def open(rest: str) -> "Folder":
    """Open ``folder:PATH``.

    Raises:
        HandcamError: there is no ``labels.jsonl``, or a line of it is not an object with an ``image``.
    """
    root = Path(rest)
    labels = root / "labels.jsonl"
    try:
        text = labels.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise HandcamError(f"There is no readable {labels}; a folder data set needs one label a line in it.") from None
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise HandcamError(f"{labels}, line {number} is not JSON: {error}.") from None
        if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
            raise HandcamError(f'{labels}, line {number} is not an object with an "image".')
        entries.append((number, entry))
    if not entries:
        raise HandcamError(f"{labels} holds no labels.")
    return Folder(root, tuple(entries), root.resolve().name)


@dataclass(frozen=True, slots=True)
class Folder:
    """Labelled pictures in one folder."""

    root: Path
    """The folder."""
    entries: tuple[tuple[int, dict], ...]
    """Line number and object of each label."""
    name: str
    """The folder's name."""

    @property
    def estimated_by(self) -> str:
        """The program whose estimates these labels are; empty for labels of people."""
        return next((str(entry["estimated_by"]) for _, entry in self.entries if entry.get("estimated_by")), "")

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Sample:
        number, entry = self.entries[index]
        try:
            return self._sample(index, entry)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            where = f"{self.root / 'labels.jsonl'}, line {number} ({entry['image']})"
            raise HandcamError(f"{where} is not as it should be: {str(error).rstrip('.')}.") from None

    def _sample(self, index: int, entry: dict) -> Sample:
        color = read_picture(self.root / entry["image"])
        height, width = color.shape[:2]
        lens = _numbers(entry, "intrinsics", (4,))
        if lens is None:
            camera = Intrinsics.from_fov(width, height, _ASSUMED_FOV_RAD)
        else:
            fx, fy, cx, cy = map(float, lens)
            camera = Intrinsics(fx, fy, cx, cy, width, height)
        depth = None
        if entry.get("depth") is not None:
            depth = read_picture(self.root / entry["depth"], cv2.IMREAD_UNCHANGED)
            if depth.dtype != np.uint16 or depth.shape != (height, width):
                raise ValueError(f"depth must be 16-bit, one channel, {width} x {height}")
        unit = entry.get("depth_unit_m")
        frame = Frame(index, index, camera, color, depth, 0.001 if unit is None else float(unit))
        check_frame(frame)
        side = None if entry.get("side") is None else Side(str(entry["side"]).lower())
        joints, keypoints = _numbers(entry, "joints_mm", (21, 3)), _numbers(entry, "keypoints_px", (21, 2))
        box = _numbers(entry, "box", (4,))
        return Sample(
            frame,
            entry["image"],
            side,
            None if joints is None else joints / 1000.0,
            keypoints,
            None if box is None else tight_box(*map(float, box), side=side),
        )


def _numbers(entry: dict, key: str, shape: tuple[int, ...]) -> np.ndarray | None:
    """An array of the label; None when it is not there."""
    if entry.get(key) is None:
        return None
    values = np.array(entry[key], dtype=float)
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(f"{key} must be {' x '.join(map(str, shape))} finite numbers")
    return values


def write(root: Path, samples: Sequence[Sample]) -> None:
    """Write samples as a folder data set; an existing ``labels.jsonl`` is replaced.

    Pictures become PNG, named after the sample.
    """
    (root / "images").mkdir(parents=True, exist_ok=True)
    lines = []
    for number, sample in enumerate(samples):
        frame, k = sample.frame, sample.frame.intrinsics
        if frame.color is None:
            raise HandcamError(f"The sample {sample.name} has no colour picture, which a folder data set needs.")
        entry: dict = {"image": f"images/{number:06d}.png", "name": sample.name}
        cv2.imwrite(str(root / entry["image"]), cv2.cvtColor(frame.color, cv2.COLOR_RGB2BGR))
        if sample.side is not None:
            entry["side"] = sample.side.value
        if not k.assumed:
            entry["intrinsics"] = [k.fx, k.fy, k.cx, k.cy]
        if sample.joints_m is not None:
            entry["joints_mm"] = (sample.joints_m * 1000.0).round(4).tolist()
        if sample.keypoints_px is not None:
            entry["keypoints_px"] = sample.keypoints_px.round(4).tolist()
        if sample.box is not None:
            # the label is the tight rectangle; a HandBox carries the crop's margin and perhaps a turn
            edge = sample.box.size_px / tight_box(0.0, 0.0, 1.0, 1.0, None).size_px
            x, y = sample.box.centre_px - (edge - 1) / 2
            entry["box"] = [float(x), float(y), edge, edge]
        if frame.depth is not None:
            entry |= {"depth": f"images/{number:06d}.depth.png", "depth_unit_m": frame.depth_unit_m}
            cv2.imwrite(str(root / entry["depth"]), frame.depth)
        lines.append(json.dumps(entry))
    (root / "labels.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
