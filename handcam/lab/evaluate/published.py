"""Scores of published depth methods from the text files that the field exchanges.

One frame a line, ``u v d`` for each joint: pixels and millimetres. Files hold the joints that are compared, in the
community's order; NYU files may also hold all 36, of which 14 count.
"""

import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from handcam.lab.evaluate.metrics import joint_errors, pcf_curve, pck_curve
from handcam.lab.evaluate.results import Results, ResultTable, grid_only
from handcam.types import HandcamError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CAMERAS", "THRESHOLDS_MM", "DepthCamera", "compare", "read_uvd", "stem"]

THRESHOLDS_MM = np.arange(0.0, 81.0)
"""Samples of the curves."""

_NYU_EVALUATED = [0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32]
"""Of the 36 labelled joints those that everybody compares."""
_FINGERS = ("index", "middle", "ring", "little")


@dataclass(frozen=True, slots=True)
class DepthCamera:
    """A benchmark's camera and the joints that it compares."""

    fx: float
    """Focal length along x, px."""
    fy: float
    """Focal length along y, px; negative where the benchmark's y axis points up."""
    cx: float
    """Principal point x, px."""
    cy: float
    """Principal point y, px."""
    joints: tuple[str, ...]
    """Names of the compared joints in the order of the files."""

    def points_mm(self, uvd: Float[np.ndarray, "n j 3"]) -> Float[np.ndarray, "n j 3"]:
        """Pixels and depth to points, millimetres."""
        u, v, d = np.moveaxis(uvd, -1, 0)
        return np.stack([(u - self.cx) * d / self.fx, (v - self.cy) * d / self.fy, d], axis=-1)


CAMERAS = {
    "nyu": DepthCamera(
        588.03, -587.07, 320.0, 240.0,
        ("little_tip", "little_root", "ring_tip", "ring_root", "middle_tip", "middle_root", "index_tip", "index_root",
         "thumb_tip", "thumb_root_2", "thumb_root_1", "wrist_2", "wrist_1", "palm"),
    ),
    "icvl": DepthCamera(
        241.42, 241.42, 160.0, 120.0,
        ("palm", *(f"{f}_{p}" for f in ("thumb", *_FINGERS) for p in ("root", "middle", "tip"))),
    ),
    "msra": DepthCamera(
        241.42, 241.42, 160.0, 120.0,
        ("wrist", *(f"{f}_{p}" for f in (*_FINGERS, "thumb") for p in ("mcp", "pip", "dip", "tip"))),
    ),
}  # fmt: skip
"""By the name of the benchmark."""


def stem(path: Path) -> str:
    """The name of a method: the file's name without ``.gz`` and ``.txt``."""
    return path.name.removesuffix(".gz").removesuffix(".txt")


def read_uvd(path: Path, dataset: str) -> Float[np.ndarray, "n j 3"]:
    """Read a label file, plain or gzipped; blank lines are skipped, commas count as spaces.

    Raises:
        HandcamError: the file is missing, is not numbers, or has another number of joints than the benchmark.
    """
    joints = len(CAMERAS[dataset].joints)
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise HandcamError(f"The label file {path} cannot be read: {error}.") from None
    try:
        rows = np.loadtxt(io.StringIO(text.replace(",", " ")), ndmin=2) if text.strip() else np.empty((0, 0))
    except ValueError as error:
        raise HandcamError(f"The label file {path} is not one line of numbers a frame: {error}.") from None
    if len(rows) == 0:
        raise HandcamError(f"The label file {path} is empty.")
    if dataset == "nyu" and rows.shape[1] == 36 * 3:
        return rows.reshape(-1, 36, 3)[:, _NYU_EVALUATED]
    if rows.shape[1] != joints * 3:
        raise HandcamError(
            f"{path} has {rows.shape[1]} numbers a line where {dataset.upper()} has {joints * 3} "
            f"(u v d of {joints} joints)."
        )
    if not np.isfinite(rows).all():
        raise HandcamError(f"{path} holds numbers that are not finite, first in frame {_first_bad(rows)}.")
    return rows.reshape(-1, joints, 3)


def _first_bad(rows: np.ndarray) -> int:
    return int(np.argmin(np.isfinite(rows).all(axis=1)))


def compare(dataset: str, truth: Path, predictions: Sequence[Path]) -> Results:
    """Score any number of methods against one truth.

    Returns:
        Figures ``dataset``, ``frames``, ``joints``, ``thresholds_mm``, and ``methods``: for each file stem ``mean_mm``
        (over all joints of all frames), ``median_mm``, ``per_joint_mm``, ``pcf`` (frames whose worst joint is within
        each threshold), ``mean_frame`` (frames whose mean error is) and ``pck`` (joints that are).

    Raises:
        HandcamError: a file does not fit; the message says how.
    """
    if dataset not in CAMERAS:
        raise HandcamError(f"There is no benchmark {dataset!r}; choose one of {', '.join(CAMERAS)}.")
    if not predictions:
        raise HandcamError("Name at least one file of predictions after the truth.")
    camera = CAMERAS[dataset]
    true_mm = camera.points_mm(read_uvd(truth, dataset))
    methods: dict[str, dict] = {}
    for path in predictions:
        uvd = read_uvd(path, dataset)
        if len(uvd) != len(true_mm):
            raise HandcamError(f"{path} has {len(uvd)} frames where the truth {truth} has {len(true_mm)}.")
        errors = joint_errors(camera.points_mm(uvd), true_mm)
        name = stem(path)
        while name in methods:
            name = f"{path.parent.name}/{name}"
        methods[name] = {
            "mean_mm": float(errors.mean()),
            "median_mm": float(np.median(errors)),
            "per_joint_mm": dict(zip(camera.joints, errors.mean(axis=0).tolist(), strict=True)),
            "pcf": pcf_curve(errors, THRESHOLDS_MM).tolist(),
            "mean_frame": pck_curve(errors.mean(axis=-1), THRESHOLDS_MM).tolist(),
            "pck": pck_curve(errors, THRESHOLDS_MM).tolist(),
        }
    ranked = sorted(methods.items(), key=lambda item: item[1]["mean_mm"])
    rows = [
        (name, f"{m['mean_mm']:.3f}", f"{m['median_mm']:.3f}", *(f"{m['pcf'][i]:.1%}" for i in (20, 40)))
        for name, m in ranked
    ]
    title, caption = f"{dataset.upper()}: {len(methods)} files", "within: share of frames whose worst joint is"
    table = ResultTable(("method", "mean mm", "median mm", "within 20 mm", "40 mm"), rows, title, caption)
    figures = {
        "dataset": dataset, "frames": len(true_mm), "joints": list(camera.joints),
        "thresholds_mm": THRESHOLDS_MM.tolist(), "methods": methods,
    }  # fmt: skip
    return Results(figures, (table,), draw=lambda figure: _draw(figure, figures), size=(13.0, 5.0))


def _draw(figure: "Figure", scores: dict) -> None:
    """PCF curves on the left, error of each joint on the right."""
    curves, bars = figure.subplots(1, 2, width_ratios=(1, 1.2))
    ranked = sorted(scores["methods"].items(), key=lambda item: item[1]["mean_mm"])
    names = scores["joints"]
    width = 0.8 / len(ranked)
    for i, (name, score) in enumerate(ranked):
        (line,) = curves.plot(scores["thresholds_mm"], score["pcf"], label=f"{name}  {score['mean_mm']:.2f} mm")
        at = np.arange(len(names)) + (i - (len(ranked) - 1) / 2) * width
        bars.bar(at, [score["per_joint_mm"][n] for n in names], width, color=line.get_color())
    curves.set(xlabel="largest joint error in a frame, mm", ylabel="share of frames (PCF)", xlim=(0, 80), ylim=(0, 1))
    curves.legend(loc="lower right", fontsize=8)
    curves.set_title(f"{scores['dataset'].upper()}, {scores['frames']} frames")
    bars.set(ylabel="mean error, mm", xlim=(-0.6, len(names) - 0.4))
    bars.set_xticks(range(len(names)), [n.replace("_", " ") for n in names], rotation=60, ha="right", fontsize=8)
    for axes in (curves, bars):
        grid_only(axes)
