"""Contact sheet of an evaluation: the worst, the middling and the best samples, with the hands drawn over them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from handcam.lab.data.sets import Dataset
from handcam.lab.evaluate.metrics import align, joint_errors, procrustes_errors
from handcam.lab.evaluate.pipeline import Record
from handcam.lab.evaluate.results import draw_skeleton, hide_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["sample_page"]

_TRUE, _PAPER = "#ffffff", "#181a1e"


def sample_page(
    dataset: Dataset, records: Sequence[Record], columns: int = 5
) -> tuple["Callable[[Figure], None]", tuple[float, float]]:
    """Make the drawing of the page, and its size in inches.

    A row each for the worst, the middling and the best samples, by root-relative error or, without true joints, by the
    error in the picture; and one each for hands that were missed and for hands without labels. White is the truth,
    colours the prediction; below each picture the skeletons as the camera sees them and from the side, above it the
    errors, root-relative and aligned. A ``side!`` marks a left hand taken for a right one, or the other way round.
    """
    ranked = sorted((r for r in records if _error(r) is not None), key=lambda r: -(_error(r) or 0.0))
    missed = [r for r in records if r.prediction() is None]
    start = max(0, (len(ranked) - columns) // 2)
    unlabelled = [r for r in records if r.prediction() is not None and _error(r) is None]
    every = {
        "worst": ranked, "median": ranked[start:], "best": ranked[::-1], f"missed ({len(missed)})": missed,
        "without labels": unlabelled,
    }  # fmt: skip
    rows = {name: chosen[:columns] for name, chosen in every.items() if chosen}

    def draw(figure: "Figure") -> None:
        if not rows:
            return
        grid = figure.subplots(2 * len(rows), columns, squeeze=False, height_ratios=[2.0, 1.0] * len(rows))
        for axes in grid.flat:
            hide_frame(axes)
        for (name, chosen), pictures, below in zip(rows.items(), grid[::2], grid[1::2], strict=True):
            pictures[0].set_ylabel(name, fontsize=9)
            for record, upper, lower in zip(chosen, pictures, below, strict=False):
                _draw_picture(upper, dataset, record)
                _draw_skeletons(lower, record)
                upper.set_title(_caption(record), fontsize=7)

    return draw, (2.4 * columns, 3.9 * len(rows) + 0.5)


def _error(record: Record) -> float | None:
    """Mean error by which samples are ranked: mm, else px; None for a missed or unlabelled hand."""
    p, true, planar = record.prediction(), record.sample.joints_m, record.sample.picture_joints_px
    if p is None:
        return None
    if true is not None:
        return float(joint_errors(align(p.joints_m, true), true).mean() * 1e3)
    return None if planar is None else float(joint_errors(p.keypoints_px, planar).mean())


def _draw_picture(axes: "Axes", dataset: Dataset, record: Record) -> None:
    frame, p = dataset[record.index].frame, record.prediction()
    picture = frame.depth if frame.color is None else frame.color
    assert picture is not None
    axes.imshow(picture, cmap="gray")
    hands = [(record.sample.picture_joints_px, _TRUE), (None if p is None else p.keypoints_px, None)]
    drawn = [(points, ink) for points, ink in hands if points is not None]
    for points, ink in drawn:
        low, high = drawn[0][0].min(0), drawn[0][0].max(0)
        x, y = ((low + high) / 2).tolist()
        draw_skeleton(axes, points, float((high - low).max()) * 0.75 + 4, (x, y), ink)
    axes.set_facecolor(_PAPER)


def _draw_skeletons(axes: "Axes", record: Record) -> None:
    """Truth and prediction put together at the root, from the front and from the right."""
    axes.set_facecolor(_PAPER)
    p, true = record.prediction(), record.sample.joints_m
    predicted = None if p is None else p.joints_m if true is None else align(p.joints_m, true)
    hands = [(joints, ink) for joints, ink in ((true, _TRUE), (predicted, None)) if joints is not None]
    if not hands:
        return
    centre = hands[0][0].mean(0)
    reach = 1.2 * max(float(np.abs(hands[0][0] - centre).max()), 1e-6)
    for joints, ink in hands:
        for shift, view in ((-reach, [0, 1]), (reach, [2, 1])):
            draw_skeleton(axes, (joints - centre)[:, view] + [shift, 0.0], reach, (0.0, 0.0), ink)
    axes.set(xlim=(-2 * reach, 2 * reach), ylim=(reach, -reach))


def _caption(record: Record) -> str:
    error, p, sample = _error(record), record.prediction(), record.sample
    name = sample.name if len(sample.name) <= 14 else "~" + sample.name[-13:]
    if p is None:
        return f"{name}  missed"
    if sample.joints_m is None:
        return name if error is None else f"{name}  {error:.1f} px"
    aligned = float(procrustes_errors(p.joints_m, sample.joints_m).mean() * 1e3)
    wrong = "  side!" if sample.side not in (None, p.side) else ""
    return f"{name}  {error:.1f} / {aligned:.1f} mm{wrong}"
