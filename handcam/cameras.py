"""Cameras: a pinhole, and one of several that look at one scene, in the frames of :mod:`handcam.types`."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.ranges import Column, Edge, Focal, PrincipalPoint

__all__ = ["Array", "Intrinsics", "View"]

Array = np.ndarray[Any, np.dtype[Any]]  # numpy 2.5 turned its NDArray into an alias that jaxtyping cannot read
"""An array of numpy, to be shaped by jaxtyping: ``Float[Array, "21 3"]``. A bare ``np.ndarray`` is of unknown type."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera without distortion: ``u = fx x / z + cx``, ``v = fy y / z + cy``."""

    fx: Focal
    """Focal length along x, px."""
    fy: Focal
    """Focal length along y, px."""
    cx: PrincipalPoint
    """Principal point x, px."""
    cy: PrincipalPoint
    """Principal point y, px."""
    width: Edge
    """Picture width, px."""
    height: Edge
    """Picture height, px."""
    assumed: bool = False
    """True when the numbers come from a default field of view and not from a calibration."""

    @property
    def matrix(self) -> Float[Array, "3 3"]:
        """``K`` with ``pixel ~ K @ point``."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    @property
    def half_tan(self) -> float:
        """Tangent of half the horizontal field of view."""
        return self.width / 2 / self.fx

    @staticmethod
    def from_fov(width: int, height: int, fov_rad: float) -> "Intrinsics":
        """Square pixels, centred axis, and the given field of view along the longer edge; marked as assumed.

        A phone that is held upright sees as far up and down as it sees to the sides when it lies.
        """
        f = max(width, height) / 2 / np.tan(fov_rad / 2)
        return Intrinsics(float(f), float(f), (width - 1) / 2, (height - 1) / 2, width, height, assumed=True)

    def scaled(self, width: int, height: int) -> "Intrinsics":
        """The same camera delivering pictures of another size."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self, fx=self.fx * sx, fy=self.fy * sy, width=width, height=height,
            cx=(self.cx + 0.5) * sx - 0.5, cy=(self.cy + 0.5) * sy - 0.5,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One camera of a frame of several, whose pictures stand side by side in ``Frame.color``."""

    left: Column
    """First column of its picture."""
    intrinsics: Intrinsics
    """The camera, in pixels of its own picture."""
    camera_from_first: Float[Array, "4 4"] | None = None
    """Rigid map from the first camera's frame into this one's, metres; None where it is not known."""
    metric: bool = False
    """True when the distance between the cameras was measured; False when it rests on an assumed hand size."""
    lag_s: float = 0.0
    """Time of this picture after that of the first, seconds; less than 0 for an older one."""
