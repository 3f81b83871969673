"""How the figures of experiments look, and skeletons in them."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from handcam.hand.skeleton import BONES, FINGER_OF_JOINT

__all__ = ["INKS", "blank", "new", "plain", "skeleton"]

INKS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
"""Colours that colour-blind people can tell apart, in the order of curves."""
_FINGERS = ("#e69f00", "#56b4e9", "#009e73", "#c8b400", "#d55e00")
"""Thumb to little finger."""


def new(width: float, height: float) -> Figure:
    """An empty figure, inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def plain(axes: Axes) -> None:
    """A light grid behind the curves, no box around them."""
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def blank(axes: Axes, title: str = "") -> None:
    """No frame at all, for pictures."""
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(title, fontsize=8)


def skeleton(axes: Axes, points: Float[np.ndarray, "21 2"], reach: float, centre: tuple[float, float]) -> None:
    """Bones of one hand in the colours of its fingers, y down, in a square of half edge ``reach``."""
    for a, b in BONES:
        ink = _FINGERS[FINGER_OF_JOINT[b]]
        axes.plot(*points[[a, b]].T, color=ink, linewidth=1.8, solid_capstyle="round")
    axes.set(
        xlim=(centre[0] - reach, centre[0] + reach), ylim=(centre[1] + reach, centre[1] - reach), facecolor="none"
    )  # fmt: skip
