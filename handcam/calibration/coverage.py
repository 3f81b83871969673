"""Choose which views of the board to keep, and say what is still missing.

Views are described by where the board stands, how large it is and how much it is tilted, as ROS' camera_calibration
does; a view is kept where it differs from all before.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.calibration.board import Board, BoardView
from handcam.types import Array

__all__ = ["Coverage"]

NEW = 0.2
"""Sum of differences from which a view is another one."""
WANTED = {"left and right": 0.6, "top and bottom": 0.6, "near and far": 0.3, "tilted": 0.4}
"""Range that each description must span."""
ENOUGH, MOST = 15, 40
"""Views that are needed, and that are kept."""
CELLS = 8
"""Cells along the picture's longer edge in which corners are counted."""


@dataclass(slots=True)
class Coverage:
    """Views of the board kept so far, of one camera."""

    width: int
    """Picture width, px."""
    height: int
    """Picture height, px."""
    board: Board
    """The board that is shown."""
    views: list[BoardView] = field(default_factory=list[BoardView])
    """The views kept."""
    _known: list[Array] = field(default_factory=list[Array])

    def add(self, view: BoardView) -> bool:
        """Keep a view if it shows the board as no other has; True if it was kept."""
        about = self._describe(view)
        if self.complete or any(np.abs(about - known).sum() < NEW for known in self._known):
            return False
        self.views.append(view)
        self._known.append(about)
        return True

    @property
    def progress(self) -> dict[str, float]:
        """How much of each wanted range has been shown, 0 to 1."""
        if not self._known:
            return dict.fromkeys(WANTED, 0.0)
        spans = np.ptp(self._known, axis=0)
        spans[3] = np.max(self._known, axis=0)[3]  # a board that is shown straight on is not tilted to all sides
        return {name: float(min(span / want, 1.0)) for (name, want), span in zip(WANTED.items(), spans, strict=True)}

    @property
    def complete(self) -> bool:
        """Is there enough to solve for the camera?"""
        enough = len(self.views) >= ENOUGH and min(self.progress.values()) >= 1.0
        return enough or len(self.views) >= MOST

    @property
    def advice(self) -> str:
        """What to do next, in a sentence."""
        if self.complete:
            return "Enough has been seen."
        hints = {
            "left and right": "Show the board at the left and right edges.",
            "top and bottom": "Show the board at the top and bottom edges.",
            "near and far": "Show the board nearer, and farther away.", "tilted": "Tilt the board more, to all sides.",
        }  # fmt: skip
        name, share = min(self.progress.items(), key=lambda item: item[1])
        return hints[name] if share < 1 else "Show the board in some more places."

    def counts(self) -> Float[Array, "r c"]:
        """Corners seen in each cell of the picture."""
        cell = max(self.width, self.height) / CELLS
        out = np.zeros((int(np.ceil(self.height / cell)), int(np.ceil(self.width / cell))))
        for view in self.views:
            at = np.clip(view.corners_px, 0, [self.width - 1, self.height - 1]) / cell
            np.add.at(out, (at[:, 1].astype(int), at[:, 0].astype(int)), 1.0)
        return out

    def draw(self, picture: UInt8[Array, "h w 3"], seen: BoardView | None = None) -> UInt8[Array, "h w 3"]:
        """Draw what is covered over a copy of a picture: green cells, kept corners, and those of the present view."""
        out = np.ascontiguousarray(picture).copy()
        counts = self.counts()
        share = np.clip(counts / 12, 0, 0.45)
        tint = cv2.resize(share.astype(np.float32), (self.width, self.height), interpolation=cv2.INTER_NEAREST)[
            ..., None
        ]
        out = (out * (1 - tint) + np.array([0, 158, 115]) * tint).astype(np.uint8)
        for view in self.views:
            for x, y in np.round(view.corners_px).astype(int):
                cv2.circle(out, (int(x), int(y)), 2, (0, 114, 178), -1, cv2.LINE_AA)
        for x, y in [] if seen is None else np.round(seen.corners_px).astype(int):
            cv2.circle(out, (int(x), int(y)), 4, (230, 159, 0), 1, cv2.LINE_AA)
        return out

    def _describe(self, view: BoardView) -> Float[Array, " 4"]:
        """Place, size and tilt, as shares of the picture; of the whole board, also where a part of it is seen."""
        w, h = self.board.columns * self.board.square_m, self.board.rows * self.board.square_m
        outline = np.array([[0, 0], [w, 0], [w, h], [0, h]])
        found = cv2.findHomography(view.points_m[:, :2], view.corners_px)[0]
        at = np.c_[outline, np.ones(4)] @ np.asarray(found if found is not None else np.eye(3)).T
        quad = at[:, :2] / at[:, 2:]
        across, down = np.diff(quad, axis=0)[[0, 1]]
        area = 0.5 * abs(np.cross(np.append(quad[2] - quad[0], 0), np.append(quad[3] - quad[1], 0))[2])
        angle = np.arccos(np.clip(across @ down / (np.linalg.norm(across) * np.linalg.norm(down) + 1e-9), -1, 1))
        sides = np.linalg.norm(np.roll(quad, -1, 0) - quad, axis=1)
        taper = abs(np.log(sides[0] / sides[2])) + abs(np.log(sides[1] / sides[3]))  # perspective
        x, y = np.clip(view.corners_px.mean(0) / [self.width, self.height], 0, 1)
        size = np.sqrt(area / (self.width * self.height))
        return np.array([x, y, min(size, 1.0), min(abs(np.pi / 2 - angle) + 2 * taper, 1.0)])
