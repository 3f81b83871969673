"""The One Euro filter (Casiez, Roussel and Vogel, CHI 2012): a low-pass whose cutoff rises with speed.

``cutoff = min_cutoff_hz + beta * |speed|`` in Hz, with the speed in **metres per second**, so ``beta`` is in 1/m. A
slow hand is held still, a fast one is followed with little lag.
"""

from dataclasses import dataclass, replace

import numpy as np

from handcam.types import Array, HandPose

__all__ = ["OneEuro", "OneEuroFilter", "open"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults for hands in metres at any frame rate."""

    min_cutoff_hz: float = 1.5
    """Cutoff at rest: lower holds stiller."""
    beta_per_m: float = 25.0
    """Rise of the cutoff with speed: higher lags less."""
    speed_cutoff_hz: float = 1.0
    """Cutoff of the speed estimate."""


def open(settings: Settings = Settings()) -> "OneEuro":
    """A filter for one track."""
    return OneEuro(settings)


def _smoothing(cutoff_hz: Array | float, dt_s: float) -> Array | float:
    r = 2 * np.pi * cutoff_hz * dt_s
    return r / (r + 1)


class OneEuroFilter:
    """The filter for an array of any shape, each number on its own as in the paper's reference code.

    With ``joint_speed`` the speed is that of the whole point (last axis), so x, y and z are held equally still.
    """

    def __init__(self, settings: Settings = Settings(), joint_speed: bool = False) -> None:
        self._settings = settings
        self._joint_speed = joint_speed
        self._value: Array | None = None
        self._raw = np.zeros(0)
        self._speed = np.zeros(0)
        self._time_ns = 0

    def __call__(self, value: Array, time_ns: int) -> Array:
        """The filtered value; a time that stands still returns the last one, one that goes back starts anew."""
        if self._value is None or time_ns < self._time_ns:
            self._value, self._raw, self._speed = value, value, np.zeros_like(value)
            self._time_ns = time_ns
            return value
        dt_s = (time_ns - self._time_ns) * 1e-9
        if dt_s == 0:
            return self._value
        s = self._settings
        speed = (value - self._raw) / dt_s
        self._speed = self._speed + _smoothing(s.speed_cutoff_hz, dt_s) * (speed - self._speed)
        size = np.linalg.norm(self._speed, axis=-1, keepdims=True) if self._joint_speed else np.abs(self._speed)
        self._value = self._value + _smoothing(s.min_cutoff_hz + s.beta_per_m * size, dt_s) * (value - self._value)
        self._raw, self._time_ns = value, time_ns
        return self._value  # type: ignore[return-value]


class OneEuro:
    """Filters the joints in the camera frame and, alike, the keypoints in the picture. Sigma stays; what solves
    rotations comes after."""

    def __init__(self, settings: Settings = Settings()) -> None:
        self._joints = OneEuroFilter(settings, joint_speed=True)
        self._keypoints = OneEuroFilter(settings, joint_speed=True)
        self._m_per_px = 0.0

    def apply(self, pose: HandPose, time_ns: int) -> HandPose:
        if not self._m_per_px:  # the settings are in metres; a constant scale, lest its correction move the hand
            hand_m, hand_px = (np.ptp(x[:, :2], axis=0).max() for x in (pose.joints_m, pose.keypoints_px))
            self._m_per_px = float(max(hand_m, 1e-3) / max(hand_px, 1.0))
        keypoints = self._keypoints(pose.keypoints_px * self._m_per_px, time_ns) / self._m_per_px
        return replace(pose, joints_m=self._joints(pose.joints_m, time_ns), keypoints_px=keypoints, rotations=None)
