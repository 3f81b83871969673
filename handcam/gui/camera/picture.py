"""Frames as images for Qt: colour, depth as colours, or both mixed."""

from enum import Enum

import cv2
import numpy as np
from jaxtyping import UInt8, UInt32
from PySide6.QtGui import QImage

from handcam.types import Frame

__all__ = ["DepthRange", "DepthScale", "Picture", "Plane"]


class Plane(Enum):
    """Image of a frame that is shown."""

    COLOUR = "Colour"
    DEPTH = "Depth"
    BLEND = "Blend"


class DepthRange(Enum):
    """Distances that the colours of depth span."""

    HAND = "around the hand"
    SCENE = "whole scene"
    FIXED = "0.2 to 1.2 m"


AROUND_M = 0.10
"""Distance before and behind the hand that its colours span."""


def _ramp() -> UInt8[np.ndarray, "256 4"]:
    """Viridis as BGRX, bright for near: even steps to every eye."""
    steps = np.arange(255, -1, -1, dtype=np.uint8)[:, None]
    return cv2.cvtColor(cv2.applyColorMap(steps, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2BGRA).reshape(256, 4)


class DepthScale:
    """Colours of distances. The range moves in steps of 10 cm and only when it must, so nothing flickers."""

    ramp: UInt8[np.ndarray, "256 4"] = _ramp()
    """From nearest to farthest, BGRX."""

    def __init__(self) -> None:
        self.near_m, self.far_m = 0.2, 1.2
        self.range = DepthRange.HAND
        """What the colours span; around the hand while there is one, else the scene."""
        self._unit_m = 0.0
        self._table = np.zeros(65536, np.uint32)

    def fit(self, depth: np.ndarray, unit_m: float, hand_m: float | None = None) -> None:
        """Widen or narrow the range to what is in the picture.

        Args:
            depth: the picture.
            unit_m: metres per count.
            hand_m: distance of the hand; None without one.
        """
        if self.range is DepthRange.FIXED:
            self._set(0.2, 1.2)
        elif self.range is DepthRange.HAND and hand_m is not None:
            if (
                abs(hand_m - (self.near_m + self.far_m) / 2) > 0.3 * AROUND_M
                or self.far_m - self.near_m > 2.5 * AROUND_M
            ):
                middle = round(hand_m * 20) / 20  # in steps of 5 cm, so that nothing flickers
                self._set(middle - AROUND_M, middle + AROUND_M)
        else:
            self._fit_scene(depth, unit_m)
        if self._unit_m != unit_m:
            self._unit_m = unit_m
            metres = np.arange(65536) * unit_m
            at = np.clip((metres - self.near_m) / (self.far_m - self.near_m) * 255, 0, 255).astype(np.uint8)
            self._table = np.ascontiguousarray(self.ramp).view(np.uint32)[at, 0]
            self._table[0] = 0x000E1014  # no reading: as dark as the view

    def _set(self, near_m: float, far_m: float) -> None:
        if (near_m, far_m) != (self.near_m, self.far_m):
            self.near_m, self.far_m, self._unit_m = near_m, far_m, 0.0

    def _fit_scene(self, depth: np.ndarray, unit_m: float) -> None:
        samples = depth[::8, ::8]
        samples = samples[samples > 0]
        if samples.size < 50:
            near, far = self.near_m, self.far_m
        else:
            low, high = np.percentile(samples, (2, 98)) * unit_m
            near, far = np.floor(low * 10) / 10, np.ceil(high * 10) / 10
            near, far = max(0.0, float(near)), max(min(float(far), near + 4.0), near + 0.2)
        moved = max(abs(near - self.near_m), abs(far - self.far_m))
        if moved > 0.25 or (near < self.near_m - 1e-6 and moved > 0.15):
            self._set(near, far)

    def colours(self, depth: np.ndarray) -> UInt32[np.ndarray, "h w"]:
        """One BGRX word per pixel."""
        return self._table.take(depth)


class Picture:
    """The newest frame in Qt's own pixel format: converted once, and painted from there however often."""

    def __init__(self) -> None:
        self.scale = DepthScale()
        self._pixels: UInt8[np.ndarray, "h w 4"] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px; (0, 0) before the first frame."""
        return (0, 0) if self._pixels is None else (self._pixels.shape[1], self._pixels.shape[0])

    def convert(self, frame: Frame, plane: Plane, mirror: bool, hand_m: float | None = None) -> None:
        """Convert a frame; mirroring happens here and touches nothing but these pixels.

        Args:
            frame: with colour, depth or both.
            plane: which of them is wanted.
            mirror: flip the picture.
            hand_m: distance of the hand, for the colours of depth.
        """
        color, depth = frame.color, frame.depth
        if color is not None and (plane is Plane.COLOUR or depth is None):
            pixels = cv2.cvtColor(color, cv2.COLOR_RGB2BGRA, dst=self._buffer(color))
        else:
            assert depth is not None  # a frame has at least one plane
            self.scale.fit(depth, frame.depth_unit_m, hand_m)
            colours = self.scale.colours(depth)
            pixels = colours.view(np.uint8).reshape(*colours.shape, 4)
            if plane is Plane.BLEND and color is not None:
                pixels = cv2.addWeighted(cv2.cvtColor(color, cv2.COLOR_RGB2BGRA), 0.55, pixels, 0.45, 0)
        self._pixels = cv2.flip(pixels, 1) if mirror else pixels

    def _buffer(self, color: np.ndarray) -> np.ndarray | None:
        """Memory of the last frame, when it fits."""
        return self._pixels if self._pixels is not None and self._pixels.shape[:2] == color.shape[:2] else None

    def image(self) -> QImage | None:
        """A view of the pixels, valid until the next :meth:`convert`."""
        if self._pixels is None:
            return None
        height, width = self._pixels.shape[:2]
        return QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
