"""Explore the space of hand poses without a camera: sliders, walks, neighbours, presets, the map."""

import os
import time
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import numpy as np
from tyro.conf import arg

from handcam.cli._display import window_problem
from handcam.live import Live
from handcam.model.weights import default_weights, read_card
from handcam.plugins import names
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, Frame, HandcamError, Intrinsics

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["main", "open_live"]


def main(
    *,
    weights: Annotated[Path | None, arg(metavar="FILE")] = None,
    runtime: str = "auto",
    hand_length_cm: float = 100 * NOMINAL_HAND_LENGTH_M,
    presets: Annotated[Path | None, arg(metavar="FILE")] = None,
    page: str = "explorer",
    window: tuple[int, int] = (1280, 800),
    screenshot: Annotated[Path | None, arg(metavar="FILE")] = None,
    after: Annotated[float, arg(metavar="S")] = 5.0,
) -> int:
    """Explore the space of hand poses without a camera.

    Args:
        weights: a .safetensors file with its .json beside it; default: those that ship with handcam.
        runtime: how the model is run; auto takes the fastest that opens.
        hand_length_cm: of the hand in animations, wrist crease to tip of the straight middle finger.
        presets: the file of kept poses; default: handcam/presets.json among your data.
        page: what to begin with, explorer or map.
        window: width and height of the window.
        screenshot: save a picture of the window and quit.
        after: seconds before the screenshot is taken.
    """
    path = weights or default_weights()
    card = read_card(path)
    if "joints3d" not in card.decoders:
        raise HandcamError(f"{path.name} cannot decode joints, so there is nothing to explore.")
    if not 5 <= hand_length_cm <= 40:
        raise HandcamError("--hand-length-cm goes from 5 to 40.")
    problem = window_problem()
    if problem is not None:
        if screenshot is None:
            raise HandcamError(f"The Explorer needs a window, and none can be opened: {problem}.")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    there = names("handcam.gui.pages")  # loads Qt
    if page not in there:
        raise HandcamError(f"There is no page {page!r}; use one of {', '.join(there)}.")
    if presets is not None:
        os.environ["HANDCAM_PRESETS"] = str(presets)

    from handcam.gui.application import show_explorer

    live = open_live(path, runtime, Controls(hand_length_m=hand_length_cm / 100))
    try:
        return show_explorer(live, path, card, there.index(page), screenshot, after, window)
    finally:
        live.stop()


def open_live(weights: Path, runtime: str = "auto", controls: Controls = Controls()) -> Live:
    """A pipeline that only decodes: no camera, no detector."""

    def tracker() -> "Tracker":
        from handcam.api import open_tracker

        return open_tracker(weights, runtime, None)

    return Live(_NoCamera, tracker, controls)


class _NoCamera:
    """A source of one grey frame: there is no picture, but there is a moment at which sliders are looked at."""

    name, fps, live = "no camera", 30.0, False

    def __init__(self) -> None:
        self._closed, self._given = Event(), False

    def read(self) -> Frame | None:
        if self._given:
            self._closed.wait()
            return None
        self._given = True
        camera = Intrinsics.from_fov(64, 48, np.pi / 3)
        return Frame(0, time.perf_counter_ns(), camera, np.full((48, 64, 3), 40, np.uint8))

    def close(self) -> None:
        self._closed.set()
