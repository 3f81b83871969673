"""How the cost of a frame grows: with the number of hands, with the size of the picture, and without any hand.

Pictures are a grid of two by two views of the demo hand, as many of them shown as there are to be hands, in each
size. What counts is processor time of all threads, searches in the background included, in the steady state.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import process_time, sleep
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from handcam.lab.evaluate.results import ResultTable
from handcam.sources import SourceSettings, open_source
from handcam.types import Array, Controls, Frame, Intrinsics

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["SIZES", "measure", "table"]

SIZES = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
"""Width and height of the pictures."""
FRAMES, WARM_UP = 24, 9
"""Frames that are measured, and those before them."""
_VIEW = (320, 240)


def measure(open_tracker: Callable[[], "Tracker"]) -> list[dict[str, Any]]:
    """Milliseconds of processor time a frame, one row a size and number of hands.

    Args:
        open_tracker: of the live app.
    """
    views = list(_views())
    rows = []
    for width, height in SIZES:
        for hands in range(5):
            frames = [_picture(views, hands, width, height, i) for i in range(3)]
            tracker = open_tracker()
            found, ms = 0, []
            for i in range(WARM_UP + FRAMES):
                frame = replace(frames[i % 3], index=i, time_ns=i * 33_333_333)
                start = process_time()
                found = len(tracker.track(frame, Controls(max_hands=max(hands, 1), filters=())).hands)
                sleep(0.012)  # what was asked for in the background is part of the frame
                ms.append((process_time() - start) * 1e3)
            tracker.close()
            rows.append({"width": width, "height": height, "hands": hands, "found": found,
                         "ms": float(np.median(ms[WARM_UP:]))})  # fmt: skip
    return rows


def _views() -> Iterator[Array]:
    """Small views of demo hands of different people."""
    for seed in range(4):
        source = open_source("demo", SourceSettings(fps=1.0, realtime=False, seed=seed))
        frame = source.read()
        source.close()
        assert frame is not None
        assert frame.color is not None
        yield cv2.resize(frame.color, _VIEW, interpolation=cv2.INTER_AREA)


def _picture(views: list[Array], hands: int, width: int, height: int, shift: int) -> Frame:
    """A grid of views, the first ones with hands, moved by a few pixels."""
    empty = np.zeros_like(views[0]) + views[0][:8, :8].reshape(-1, 3).mean(0).astype(np.uint8)
    cells = [views[k] if k < hands else empty for k in range(4)]
    grid = np.concatenate([np.concatenate(cells[:2], 1), np.concatenate(cells[2:], 1)], 0)
    grid = np.roll(grid, 2 * shift, axis=1)
    color = cv2.resize(grid, (height * 4 // 3, height), interpolation=cv2.INTER_LINEAR)
    out = np.zeros((height, width, 3), np.uint8)
    left = (width - color.shape[1]) // 2
    out[:, left : left + color.shape[1]] = color
    return Frame(0, 0, Intrinsics.from_fov(width, height, np.pi / 3), out)


def table(rows: list[dict[str, Any]]) -> ResultTable:
    """One row a size, one column a number of hands."""
    counts = sorted({row["hands"] for row in rows})
    head = ("picture", *("no hand" if n == 0 else f"{n} hand{'s' if n > 1 else ''}" for n in counts))
    cells = []
    for width, height in SIZES:
        mine = {row["hands"]: row for row in rows if row["width"] == width and row["height"] == height}
        notes = ("" if mine[n]["found"] == n else f" ({mine[n]['found']} found)" for n in counts)
        text = (f"{mine[n]['ms']:.1f}{note}" for n, note in zip(counts, notes, strict=True))
        cells.append((f"{width} x {height}", *text))
    return ResultTable(head, cells, "processor time a frame, ms", "searches in the background included")
