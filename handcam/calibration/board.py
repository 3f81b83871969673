"""The ChArUco board: its page, and its corners in a picture.

A chessboard whose white squares hold markers (Garrido-Jurado et al. 2014), so that corners have numbers and a part of
the board is enough. On a page of A4 a square has 36 mm; on a screen its size does not matter for the intrinsics.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.pictures import write_pages
from handcam.types import Array

__all__ = ["BOARD", "Board", "BoardView"]

_aruco: Any = cv2.aruco  # its types differ from release to release
A4_M = (0.297, 0.210)
"""Width and height of a page."""
DPI = 300
"""Resolution of the page."""
LEAST_CORNERS = 6
"""Fewer corners than this are no view of the board."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """Corners of the board in one picture."""

    ids: Array
    """Number of each corner, row by row."""
    corners_px: Float[Array, "n 2"]
    """Where they are seen, pixels."""
    points_m: Float[Array, "n 3"]
    """Where they lie on the board, metres; z = 0."""


@dataclass(frozen=True)
class Board:
    """A ChArUco board of ``columns`` by ``rows`` squares."""

    columns: int = 7
    """Squares along x."""
    rows: int = 5
    """Squares along y."""
    square_m: float = 0.036
    """Edge of a square, metres."""

    @cached_property
    def _board(self) -> Any:
        dictionary = _aruco.getPredefinedDictionary(_aruco.DICT_4X4_50)
        return _aruco.CharucoBoard((self.columns, self.rows), self.square_m, 0.75 * self.square_m, dictionary)

    @cached_property
    def _detector(self) -> Any:
        found = _aruco.DetectorParameters()
        found.cornerRefinementMethod = (
            _aruco.CORNER_REFINE_NONE
        )  # the chessboard's corners are refined, not the markers
        return _aruco.CharucoDetector(self._board, _aruco.CharucoParameters(), found)

    @property
    def corners_m(self) -> Float[Array, "n 3"]:
        """All inner corners, metres; x along the columns, y along the rows, z into the board."""
        return np.asarray(self._board.getChessboardCorners(), float)

    def picture(self, square_px: int = 80) -> UInt8[Array, "h w"]:
        """Draw the board without a margin; ``square_px`` is a multiple of 8, so that every edge is a pixel's."""
        return self._board.generateImage((self.columns * square_px, self.rows * square_px))

    def page(self) -> UInt8[Array, "h w"]:
        """Draw the board in the middle of a landscape page of A4."""
        width, height = (round(edge / 0.0254 * DPI) for edge in A4_M)
        edge = round(self.square_m / 0.0254 * DPI)
        board = cv2.resize(
            self.picture(80), (self.columns * edge, self.rows * edge), interpolation=cv2.INTER_NEAREST
        )  # fmt: skip
        page = np.full((height, width), 255, np.uint8)
        top, left = ((page.shape[k] - board.shape[k]) // 2 for k in (0, 1))
        page[top : top + board.shape[0], left : left + board.shape[1]] = board
        text = (
            f"handcam board {self.columns} x {self.rows}: print at 100 %, so that a square has "
            f"{self.square_m * 1000:g} mm; or show it full-screen"
        )
        cv2.putText(page, text, (left, height - 60), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 0, 3, cv2.LINE_AA)
        return page

    def write(self, path: Path) -> None:
        """Write the page as a PDF, to scale.

        Raises:
            OSError: it cannot be written.
        """
        write_pages(path, [self.page()], DPI)

    def find(self, picture: UInt8[Array, "h w *c"]) -> BoardView | None:
        """Find the board in a picture, grey or RGB; None where fewer than six corners are seen."""
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
        corners, ids = self._detector.detectBoard(np.ascontiguousarray(grey))[:2]
        if ids is None or len(ids) < LEAST_CORNERS:
            return None
        ids = np.asarray(ids).reshape(-1)
        if bool(self._board.checkCharucoCornersCollinear(ids)):
            return None
        return BoardView(ids, np.asarray(corners, float).reshape(-1, 2), self.corners_m[ids])


BOARD = Board()
"""The board that the program makes."""
