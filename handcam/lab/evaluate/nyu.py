"""NYU Hand Pose frames through the real pipeline, against the 14 joints that everybody compares there.

NYU's joints are points on a surface model, not ours. Eleven have a counterpart: the five fingertips, what the files
call the fingers' roots (the PIP joints), and the thumb's IP and MCP joints. The two wrist labels lie on either side of
the wrist and are compared with our one; the palm's with the mean of wrist and knuckles. So even a perfect hand would
not come out at 0 mm, and the eleven are given by themselves too.
"""

import re
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from handcam.hand.skeleton import INDEX, KNUCKLES, WRIST
from handcam.lab.data.sets import Sample, tight_box
from handcam.lab.evaluate.pipeline import Predictor, records
from handcam.lab.evaluate.published import CAMERAS, read_uvd, stem
from handcam.lab.evaluate.results import Results, ResultTable
from handcam.pictures import read_picture
from handcam.types import Frame, HandcamError, Intrinsics

__all__ = ["COUNTERPARTS", "depth_counts", "evaluate", "points", "samples"]

_CAMERA = Intrinsics(588.03, 587.07, 320.0, 240.0, 640, 480)
COUNTERPARTS = {
    f"{finger}_{theirs}": INDEX[f"{finger}_{ours}"]
    for finger in ("little", "ring", "middle", "index")
    for theirs, ours in (("tip", "tip"), ("root", "pip"))
} | {"thumb_tip": INDEX["thumb_tip"], "thumb_root_2": INDEX["thumb_ip"], "thumb_root_1": INDEX["thumb_mcp"]}
"""Our joint for each of theirs that has one."""


def points(joints_m: Float[np.ndarray, "21 3"]) -> Float[np.ndarray, "14 3"]:
    """Our joints as theirs, in the order of the label files."""
    palm = joints_m[[WRIST, *KNUCKLES]].mean(0)
    other = {"wrist_1": joints_m[WRIST], "wrist_2": joints_m[WRIST], "palm": palm}
    return np.array([other[n] if n in other else joints_m[COUNTERPARTS[n]] for n in CAMERAS["nyu"].joints])


def depth_counts(picture: np.ndarray) -> np.ndarray:
    """Millimetres (h w) uint16 of one of their PNGs, RGB: green is the high byte, blue the low one; 0 for no reading.

    Raises:
        HandcamError: it has another shape.
    """
    if picture.ndim != 3 or picture.shape[:2] != (480, 640):
        raise HandcamError(f"A depth picture of NYU is 640 x 480 in colour, not {picture.shape[1]} x {len(picture)}.")
    depth = (picture[..., 1].astype(np.uint16) << 8) | picture[..., 2]
    return np.where(depth > 2000, 0, depth).astype(np.uint16)  # 2001 is what they write for nothing


def samples(folder: Path) -> list[Sample]:
    """Read the frames of a folder that have labels; a frame's index is its number from 0, its box the labels'.

    The folder holds depth pictures whose names end in the frame's number from 1 (``depth_1_0000001.png``), and one file
    of labels with ``groundtruth`` in its name, one frame a line (:func:`handcam.lab.evaluate.published.read_uvd`).

    Raises:
        HandcamError: there are none, or a file is not as it should be.
    """
    numbered = {int(found[-1]) - 1: p for p in sorted(folder.glob("*.png")) if (found := re.findall(r"\d+", p.stem))}
    if not numbered:
        raise HandcamError(f"{folder} holds no labels (*groundtruth*.txt) with numbered depth pictures (*.png).")
    labels, uvd = _labels(folder)
    out = []
    for index, path in sorted(numbered.items()):
        if not 0 <= index < len(uvd):
            raise HandcamError(f"{path} is frame {index + 1}, but {labels} has {len(uvd)} frames.")
        depth = depth_counts(read_picture(path, cv2.IMREAD_COLOR_RGB))
        low, high = uvd[index, :, :2].min(0), uvd[index, :, :2].max(0)
        box = tight_box(*low.tolist(), *(high - low).tolist(), side=None)
        out.append(Sample(Frame(index, index, _CAMERA, None, depth, 0.001), path.name, box=box))
    return out


def _labels(folder: Path) -> tuple[Path, Float[np.ndarray, "n 14 3"]]:
    paths = sorted(folder.glob("*groundtruth*.txt*"))
    if not paths:
        raise HandcamError(f"{folder} holds no labels (*groundtruth*.txt) with numbered depth pictures (*.png).")
    return paths[0], read_uvd(paths[0], "nyu")


def _points_m(uvd: Float[np.ndarray, "n 14 3"]) -> Float[np.ndarray, "n 14 3"]:
    """Labels as points in our camera frame (their y axis points up), metres."""
    return CAMERAS["nyu"].points_mm(uvd) * [1.0, -1.0, 1.0] / 1000


def evaluate(folder: Path, predict: Predictor) -> Results:
    """Measure camera-space errors, mm, of a predictor and of every published result in the folder on the same frames.

    Returns:
        Figures ``n``, ``missed``, and by method ``mean_mm`` over the 14 joints, ``counterparts_mm`` over the eleven,
        and ``per_joint_mm``.
    """
    done = list(records(samples(folder), predict))
    seen = [r.sample.frame.index for r in done if r.prediction() is not None]
    ours = [points(p.joints_m) for r in done if (p := r.prediction()) is not None]
    methods: dict[str, dict] = {}
    if seen:
        true = _points_m(_labels(folder)[1][seen])
        methods["handcam"] = _figures(np.array(ours), true)
        for path in sorted(folder.glob("*.txt*")):
            if "groundtruth" not in path.name:
                uvd = read_uvd(path, "nyu")
                if len(uvd) > max(seen):
                    methods[stem(path)] = _figures(_points_m(uvd[seen]), true)
    figures = {"n": len(done), "missed": len(done) - len(seen), "methods": methods}
    rows = [(name, f"{row['mean_mm']:.1f}", f"{row['counterparts_mm']:.1f}") for name, row in methods.items()]
    head = ("method", "14 joints, mm", "11 with a counterpart")
    return Results(figures, (ResultTable(head, rows, f"NYU: {len(done)} frames", f"{figures['missed']} missed"),))


def _figures(predicted: np.ndarray, true: np.ndarray) -> dict:
    names = CAMERAS["nyu"].joints
    off = np.linalg.norm(predicted - true, axis=-1) * 1000
    shared = [i for i, name in enumerate(names) if name in COUNTERPARTS]
    return {
        "mean_mm": float(off.mean()),
        "counterparts_mm": float(off[:, shared].mean()),
        "per_joint_mm": dict(zip(names, off.mean(0).round(2).tolist(), strict=True)),
    }
