"""What calibration asks for step by step: pictures in, progress and one sentence of advice out, a result at the end.

Without Qt, so that the dialog only draws, and the work runs beside the window.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from handcam.calibration.board import BOARD
from handcam.calibration.coverage import Coverage
from handcam.calibration.hand_scale import FlatHands, HandScale, hand_file, write_hand
from handcam.calibration.lens import Lens, solve_lens
from handcam.calibration.rig import Rig, RigCamera, camera_file, write_rig
from handcam.gui.style.language import tr
from handcam.types import Array, HandcamError, Result

__all__ = ["CameraGuide", "Guide", "HandGuide", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """State after a picture."""

    picture: UInt8[Array, "h w 3"]
    """The picture with what was found in it."""
    progress: dict[str, float]
    """Share of each thing wanted, 0 to 1."""
    advice: str
    """What to do next, one sentence."""
    complete: bool
    """Is there enough?"""


@runtime_checkable
class Guide(Protocol):
    """One calibration. ``see`` and ``finish`` run beside the window, one call at a time."""

    def see(self, result: Result) -> Step:
        """Take in a frame and its hands."""
        ...

    def finish(self) -> str:
        """Solve, save, and say what was measured.

        Raises:
            HandcamError: there is too little, or the file cannot be written.
        """
        ...


class CameraGuide:
    """The lens, from pictures of the board as the camera gives them.

    Args:
        camera: name under which the result is kept; asked for when it is.
    """

    def __init__(self, camera: Callable[[], str]) -> None:
        self._camera = camera
        self._covered: Coverage | None = None
        self.lens: Lens | None = None
        """The camera, once solved."""

    def see(self, result: Result) -> Step:
        color = result.frame.color
        if color is None:
            raise HandcamError("This source gives no colour; calibrate a camera that does.")
        height, width = color.shape[:2]
        if self._covered is None or (self._covered.width, self._covered.height) != (width, height):
            self._covered = Coverage(width, height, BOARD)
        covered, view = self._covered, BOARD.find(color)
        if view is not None:
            covered.add(view)
        advice = covered.advice if view is not None or covered.complete else tr("Show the board; it is not seen.")
        return Step(covered.draw(color, view), covered.progress, advice, covered.complete)

    def finish(self) -> str:
        name = self._camera()
        if not name:
            raise HandcamError("Only a camera can be calibrated here; handcam calibrate camera takes files too.")
        if self._covered is None:
            raise HandcamError("No picture has come yet.")
        solved = solve_lens(self._covered.views, self._covered.width, self._covered.height)
        self.lens = solved.lens
        path = camera_file([name], [(self._covered.width, self._covered.height)])
        write_rig(path, Rig((RigCamera(name, solved.lens),)))
        camera = solved.lens.intrinsics
        across_deg = 2 * np.degrees(np.arctan(camera.half_tan))
        return tr(
            "Measured: focal length {0:.0f} ± {1:.1f} px, {2:.1f}° across, reprojection error {3:.2f} px. "
            "It is used from now on.",
            camera.fx,
            solved.lens.focal_sigma_px,
            across_deg,
            solved.lens.rms_px,
        )


class HandGuide:
    """The hand beside a card, a sheet of paper or the board."""

    def __init__(self, beside: Literal["card", "a4", "board"]) -> None:
        self._seen = FlatHands(beside)
        self.hand: HandScale | None = None
        """The hand, once measured."""

    def see(self, result: Result) -> Step:
        frame = result.frame.split()[0]
        missing = self._seen.add(frame, [found.raw for found in result.hands])
        picture = np.zeros((480, 640, 3), np.uint8) if frame.color is None else frame.color.copy()
        if not missing:
            import cv2

            outline = np.round(self._seen.planes[-1].corners_px).astype(np.int32)
            if len(outline) == 4:
                cv2.polylines(picture, [outline], True, (0, 158, 115), 3, cv2.LINE_AA)
        share = len(self._seen.planes) / self._seen.wanted
        return Step(picture, {"pictures": share}, missing or tr("Hold still."), self._seen.complete)

    def finish(self) -> str:
        created = datetime.now(UTC).isoformat(timespec="seconds")
        self.hand = hand = replace(self._seen.measure(), created=created)
        write_hand(hand_file(), hand)
        return tr(
            "Measured: your hand is {0:.1f} ± {1:.1f} cm long; distances rest on {2:.1f} ± {3:.1f} cm from now on.",
            100 * hand.length_m,
            100 * hand.sigma_m,
            100 * hand.model_length_m,
            100 * hand.model_sigma_m,
        )
