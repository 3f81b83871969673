"""Pictures with boxes around the hands: folders with ``boxes.json``, or with YOLO's ``images`` and ``labels``."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from handcam.types import HandcamError

__all__ = ["SUFFIXES", "BoxedPicture", "picture_files", "read_boxed"]

SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """A picture file and the hands that are labelled in it."""

    path: Path
    """The file."""
    boxes: Float[np.ndarray, "n 4"]
    """Left, top, right and bottom of each hand, pixels."""
    complete: bool = True
    """False where other hands may be in view."""


def picture_files(folder: Path) -> list[Path]:
    """All pictures below a folder, in order.

    Raises:
        HandcamError: there are none.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise HandcamError(f"There are no pictures below {folder}.")
    return paths


def read_boxed(folder: Path) -> list[BoxedPicture]:
    """Read the labels of a folder.

    ``boxes.json`` gives ``[x, y, width, height]`` in pixels by file name, and ``incomplete.json`` names pictures in
    which a hand may have no box. YOLO's ``labels/NAME.txt`` beside ``images/NAME.jpg`` has a line for each hand: class,
    then centre and size or, for oriented boxes, four corners, in shares of the picture.

    Raises:
        HandcamError: there are no labels, or they are not of these forms.
    """
    try:
        found = list(_from_json(folder) if (folder / "boxes.json").is_file() else _from_yolo(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HandcamError(f"The boxes of {folder} cannot be read ({error}).") from None
    if not found:
        raise HandcamError(f"There are no boxes of hands below {folder}: boxes.json, or YOLO's images and labels.")
    return found


def _from_json(folder: Path) -> Iterator[BoxedPicture]:
    boxes = json.loads((folder / "boxes.json").read_text("utf-8"))
    gaps = folder / "incomplete.json"
    incomplete = set(json.loads(gaps.read_text("utf-8"))) if gaps.is_file() else set()
    for name, rows in sorted(boxes.items()):
        corners = np.array(rows, float).reshape(-1, 4)
        corners[:, 2:] += corners[:, :2]
        yield BoxedPicture(folder / name, corners - 0.5, name not in incomplete)


def _from_yolo(folder: Path) -> Iterator[BoxedPicture]:
    for path in sorted(folder.rglob("labels/*.txt")):
        pictures = [p for s in SUFFIXES if (p := path.parents[1] / "images" / f"{path.stem}{s}").is_file()]
        if not pictures:
            continue
        picture = cv2.imread(str(pictures[0]))
        if picture is None:
            raise HandcamError(f"{pictures[0]} is no picture.")
        height, width = picture.shape[:2]
        rows = [np.array([float(x) for x in line.split()[1:]]) for line in path.read_text("utf-8").splitlines() if line]
        corners = []
        for row in rows:
            at = row.reshape(-1, 2)
            low, high = (at.min(0), at.max(0)) if len(at) == 4 else (at[0] - at[1] / 2, at[0] + at[1] / 2)
            corners.append(np.concatenate([low, high]) * [width, height, width, height] - 0.5)
        yield BoxedPicture(pictures[0], np.array(corners).reshape(-1, 4))
