"""Palms in real pictures, to train a detector on: labelled boxes with the points that the landmark network finds there.

A label's box says where a hand is, not how it is turned. The landmark network looks into the box in eight turns; where
it is sure, and its joints fill the box, the palm's seven points are taken from them. Other hands keep their box alone.
What the detector sees beside the labels of a picture that may lack some is neither hand nor background.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.crop import box_around, cut, image_from_crop_points
from handcam.detectors.palm import PalmDetector
from handcam.hand.skeleton import INDEX
from handcam.lab.data.boxed import BoxedPicture
from handcam.lab.data.rendered import LabelledPicture
from handcam.model.nets.palm import POINTS
from handcam.paths import write_atomic
from handcam.runtimes import CropBatch, Runtime
from handcam.types import Frame, HandBox, HandcamError, Intrinsics, Side

__all__ = ["PalmPicture", "palm_square", "read_or_label", "rendered_palms", "without_labels"]

LONGEST_PX = 416
"""Longer edge of a picture that is kept."""
TURNS = 8
"""Turns in which a hand is looked for in its box."""
SURE = 0.8
"""Presence from which the landmark network's joints are taken."""
FILLS = 0.45
"""Intersection over union of joints and label from which they are of one hand."""
SUSPECTED = 0.25
"""Score from which the detector's palms without a label are left out."""
LEAST_SEEN = 0.35
"""Share of a rendered hand's outline that must be seen."""
_POINTS = [INDEX[n] for n in ("wrist", "index_mcp", "middle_mcp", "ring_mcp", "little_mcp", "thumb_cmc", "thumb_mcp")]


@dataclass(slots=True)
class PalmPicture:
    """A picture and its hands."""

    color: UInt8[np.ndarray, "h w 3"]
    """RGB."""
    boxes: Float[np.ndarray, "n 4"]
    """Left, top, right and bottom of each hand, pixels."""
    points: Float[np.ndarray, "n 7 2"]
    """Points of each palm, pixels; NaN where they are not known."""
    ignored: Float[np.ndarray, "m 4"] = field(default_factory=lambda: np.zeros((0, 4)))
    """Boxes of what may be a hand and has no label."""
    stretched: bool = False
    """Is the picture of unknown aspect?"""


def palm_square(points: Float[np.ndarray, "n 7 2"]) -> Float[np.ndarray, "n 3"]:
    """Centre x, y and edge of the palm's box from those of its points that are known, as the detector was made for.

    On 274 palms that it finds in real pictures its box is as long as the longest distance of two points (0.97 of it,
    deviation 0.12), about the middle of their extent.
    """
    low, high = np.nanmin(points, 1), np.nanmax(points, 1)
    apart = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    return np.concatenate([(low + high) / 2, np.nanmax(apart, (1, 2))[:, None]], 1)


def read_or_label(
    pictures: Sequence[BoxedPicture], stretched: bool, cache: Path, detector: PalmDetector, runtime: Runtime
) -> Iterator[PalmPicture]:
    """Read pictures with their palms; what was found is kept in ``cache``.

    Args:
        pictures: with labelled boxes; none means that there is no label and what is surely a hand is taken.
        stretched: were they stretched from an unknown aspect?
        cache: JSON file, made if it is not there.
        detector: of palms.
        runtime: runs the landmark network.
    """
    known: dict = json.loads(cache.read_text("utf-8")) if cache.is_file() else {}
    fresh = False
    for picture in pictures:
        color, scale = _read(picture.path)
        name = f"{picture.path.parent.name}/{picture.path.name}"
        if name not in known:
            known[name], fresh = _label(color, picture, scale, detector, runtime), True
        rows = known[name]
        points = np.array(rows["points"], float).reshape(-1, POINTS, 2)
        yield PalmPicture(
            color, np.array(rows["boxes"], float).reshape(-1, 4), points,
            np.array(rows["ignored"], float).reshape(-1, 4), stretched,
        )  # fmt: skip
    if fresh:
        write_atomic(cache, json.dumps(known))


def _read(path: Path) -> tuple[np.ndarray, float]:
    """A picture, made smaller, and by how much."""
    color = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if color is None:
        raise HandcamError(f"{path} is no picture.")
    scale = min(1.0, LONGEST_PX / max(color.shape[:2]))
    if scale < 1:
        color = cv2.resize(color, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return color, scale


def _label(
    color: np.ndarray, picture: BoxedPicture, scale: float, detector: PalmDetector, runtime: Runtime
) -> dict[str, list]:
    frame = Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], 1.0), color)
    boxes = (picture.boxes + 0.5) * scale - 0.5
    seen = detector.palms(frame)
    points = np.full((len(boxes), POINTS, 2), np.nan)
    for i, box in enumerate(boxes):
        joints = _joints_in(frame, box, runtime)
        if joints is not None:
            points[i] = joints[_POINTS]
    ignored = []
    for palm in seen:
        centre = (palm.box_px[:2] + palm.box_px[2:]) / 2
        if not any((centre > box[:2]).all() and (centre < box[2:]).all() for box in boxes):
            square = palm.hand_box()
            joints, presence = _joints_of(frame, square, runtime)
            if len(picture.boxes) == 0 and presence > SURE and palm.score > 2 * SUSPECTED:
                boxes = np.concatenate([boxes, [np.concatenate([joints.min(0), joints.max(0)])]])
                points = np.concatenate([points, joints[None, _POINTS]])
            elif not picture.complete or presence > SURE / 2:
                ignored.append(palm.box_px)
    return {"boxes": np.round(boxes, 2).tolist(), "points": np.round(points, 2).tolist(),
            "ignored": np.round(np.array(ignored), 2).tolist()}  # fmt: skip


def _joints_in(frame: Frame, box: np.ndarray, runtime: Runtime) -> Float[np.ndarray, "21 2"] | None:
    """The joints of the hand in a labelled box; None where the landmark network is not sure."""
    centre, edge = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max()) * 1.5
    turns = (HandBox(Side.RIGHT, centre, edge, k * 2 * np.pi / TURNS, 1.0) for k in range(TURNS))
    joints, _ = max((_joints_of(frame, turn, runtime) for turn in turns), key=lambda found: found[1])
    joints, presence = _joints_of(frame, box_around(joints, Side.RIGHT), runtime)
    low, high = joints.min(0), joints.max(0)
    common = (np.minimum(high, box[2:]) - np.maximum(low, box[:2])).clip(0).prod()
    union = (high - low).prod() + (box[2:] - box[:2]).prod() - common
    return joints if presence > SURE and common > FILLS * union else None


def _joints_of(frame: Frame, box: HandBox, runtime: Runtime) -> tuple[Float[np.ndarray, "21 2"], float]:
    """Joints that the landmark network sees in a box, picture pixels, and its presence."""
    crop = cut(frame, box, runtime.card.crop_px)
    assert crop.color is not None
    seen = runtime.encode(CropBatch(np.array([crop.intrinsics.half_tan], np.float32), crop.color[None]))
    return image_from_crop_points(np.asarray(seen.keypoints_px[0], float), crop), float(seen.presence[0])


def rendered_palms(picture: LabelledPicture) -> PalmPicture:
    """A rendered picture; hands that are mostly hidden are neither hands nor background."""
    seen = [hand for hand in picture.hands if hand.seen >= LEAST_SEEN]
    hidden = [hand.seen_box_px for hand in picture.hands if hand.seen < LEAST_SEEN]
    return PalmPicture(
        picture.picture(), np.array([hand.seen_box_px for hand in seen], float).reshape(-1, 4),
        np.array([hand.keypoints_px[_POINTS] for hand in seen], float).reshape(-1, POINTS, 2),
        np.array(hidden, float).reshape(-1, 4),
    )  # fmt: skip


def without_labels(paths: Iterable[Path]) -> list[BoxedPicture]:
    """Pictures of which nothing is known."""
    return [BoxedPicture(path, np.zeros((0, 4)), False) for path in paths]
