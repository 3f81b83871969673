"""The camera that a mouse moves around the hand."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from handcam.geometry import look_at

__all__ = ["FOCAL", "Orbit"]

FOCAL = 1.6
"""Focal length in picture heights: about 35 degrees, near how a hand is seen at arm's length."""
_ONE_HAND_M = 0.15
_HOME = {"azimuth_rad": 0.5, "elevation_rad": 0.32, "distance_m": 0.45}


@dataclass(frozen=True, slots=True)
class Orbit:
    """A view on a target; azimuth and elevation 0 look the way the real camera looks."""

    azimuth_rad: float = _HOME["azimuth_rad"]
    """Turn about the vertical; positive moves the eye to the right of the hand."""
    elevation_rad: float = _HOME["elevation_rad"]
    """Height of the eye over the horizon."""
    distance_m: float = _HOME["distance_m"]
    """From eye to target."""
    target_m: Float[np.ndarray, " 3"] = field(default_factory=lambda: np.array([0.0, 0.0, 0.45]))
    """Point that is looked at, camera frame."""
    zoom: float = 1.0
    """Further away by this factor, because there is more to see than one hand."""

    def dragged(self, dx_px: float, dy_px: float) -> "Orbit":
        """After a mouse drag: half a turn in about 400 px."""
        return replace(
            self,
            azimuth_rad=(self.azimuth_rad - dx_px * 0.008 + np.pi) % (2 * np.pi) - np.pi,
            elevation_rad=float(np.clip(self.elevation_rad + dy_px * 0.008, -1.5, 1.5)),
        )

    def zoomed(self, notches: float) -> "Orbit":
        """After the wheel: one notch is a tenth."""
        return replace(self, distance_m=float(np.clip(self.distance_m * 0.9**notches, 0.12, 3.0)))

    def fixed(self, name: str) -> "Orbit":
        """A fixed view on the same target: ``front`` as the real camera sees it, ``side`` from the right, ``top``."""
        azimuth_rad, elevation_rad = {"front": (0.0, 0.0), "side": (np.pi / 2, 0.0), "top": (0.0, 1.5)}[name]
        return replace(self, azimuth_rad=azimuth_rad, elevation_rad=elevation_rad)

    def reset(self) -> "Orbit":
        """The first view, on the same target."""
        return replace(self, **_HOME)

    def following(
        self, point_m: Float[np.ndarray, " 3"], reach_m: float, rate: float, slack_m: float = 0.025
    ) -> "Orbit":
        """The view drawn after moving hands: not at all within the slack, softly beyond, at once when far.

        Args:
            point_m: middle of the hands, camera frame.
            reach_m: distance of the farthest joint from it; more than one hand needs is looked at from further away.
            rate: share of the way to go now.
            slack_m: how far the middle may move before the view does.
        """
        zoom = self.zoom + rate * (max(1.0, reach_m / _ONE_HAND_M) - self.zoom)
        gap = point_m - self.target_m
        size = float(np.linalg.norm(gap))
        step = 0.0 if size <= slack_m else 1.0 if size > 0.35 else rate * (1 - slack_m / size)
        return replace(self, target_m=self.target_m + gap * step, zoom=zoom)

    @property
    def view_from_scene(self) -> Float[np.ndarray, "4 4"]:
        """Rigid map from the scene (camera axes, target at the origin) to this view, OpenCV axes."""
        cos = np.cos(self.elevation_rad)
        eye = (
            self.distance_m
            * self.zoom
            * np.array([cos * np.sin(self.azimuth_rad), -np.sin(self.elevation_rad), -cos * np.cos(self.azimuth_rad)])
        )
        return look_at(eye, np.zeros(3), np.array([0.0, -1.0, 0.0]))
