"""Explore the space of hand poses without a camera: sliders, interpolation, neighbours, presets, the map."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from handcam.cli._cameras import NoCamera
from handcam.cli._display import window_problem
from handcam.cli._options import ModelOptions, WindowOptions, hand_length_m
from handcam.live import Live
from handcam.model.weights import read_card
from handcam.ranges import HandLengthCm
from handcam.types import Controls, HandcamError
from handcam.validation import OutputFile

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["main", "open_live"]


def main(
    *,
    hand_length_cm: Annotated[HandLengthCm | None, arg(metavar="CM")] = None,
    presets: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
    page: str = "explorer",
    model: ModelOptions = ModelOptions(),
    window: WindowOptions = WindowOptions(),
) -> int:
    """Explore the space of hand poses without a camera.

    Args:
        hand_length_cm: of the hand in animations, wrist crease to tip of the straight middle finger; default 19.
        presets: the file of kept poses; default: handcam/presets.json among your data.
        page: what to begin with, explorer or map.
    """
    weights = model.path()
    card = read_card(weights)
    if "joints3d" not in card.decoders:
        raise HandcamError(f"{weights.name} cannot decode joints, so there is nothing to explore.")
    controls = Controls(hand_length_m=hand_length_m(hand_length_cm))
    problem = window_problem()
    if problem is not None:
        if window.screenshot is None:
            raise HandcamError(f"The Explorer needs a window, and none can be opened: {problem}.")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from handcam.gui.pages import page_names  # loads Qt

    there = page_names()
    if page not in there:
        raise HandcamError(f"There is no page {page!r}; use one of {', '.join(there)}.")
    if presets is not None:
        os.environ["HANDCAM_PRESETS"] = str(presets)

    from handcam.gui.application import show_explorer

    live = open_live(weights, model.runtime, controls)
    try:
        return show_explorer(live, weights, card, there.index(page), window.screenshot, window.after, window.window)
    finally:
        live.stop()


def open_live(weights: Path, runtime: str = "auto", controls: Controls = Controls()) -> Live:
    """Open a pipeline that only decodes: no camera, no detector."""

    def tracker() -> "Tracker":
        from handcam.api import open_tracker

        return open_tracker(weights, runtime, None)

    return Live(NoCamera, tracker, controls)
