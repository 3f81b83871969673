"""Measurements over time: angles, pinch, grip, distance, speed, and the ruler, of the hand that is shown.

Of every frame the joints are kept, and measured when somebody looks. A frame without the hand, or with a pose that the
user has set, is a gap: what is plotted or written was measured.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handcam.hand.anatomy import ANGLES, angles_deg, grip, pinch_distance_m
from handcam.hand.skeleton import FINGERS, JOINTS, WRIST
from handcam.types import Result, Side, TrackedHand

__all__ = ["GROUPS", "LEAST_HZ", "MOST_HZ", "RULER", "SERIES", "History", "Measured", "Series", "spectrum"]

MOST = 36_000
"""Frames that are kept: twenty minutes at 30 Hz."""
LEAST_HZ, MOST_HZ = 1.5, 14.0
"""Frequencies of a spectrum; tremor lies between."""
_LEAST_SAMPLES = 8
"""Posterior samples from which a spread is taken."""
_SPREAD_EVERY = 3
"""Every so many frames the spread is taken; it changes slowly."""
_GAP_S = 0.25
"""Between frames further apart there is no speed."""
_TIP = JOINTS.index("index_tip")


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over time."""

    name: str
    """Its name, also of its column."""
    unit: str
    """Unit of its values."""


def _angle_name(name: str) -> str:
    finger, joint, kind = name.split("_")
    return f"{finger} {joint.upper()}{' abduction' if kind == 'abduction' else ''}"


SERIES = (
    *(Series(_angle_name(name), "°") for name in ANGLES), Series("pinch", "mm"), Series("ruler", "mm"),
    Series("grip", "%"), Series("distance", "cm"), Series("wrist speed", "cm/s"), Series("index tip speed", "cm/s"),
)  # fmt: skip
"""All that is measured, in the order of the columns."""
RULER = 21
"""Number of the ruler among the series."""
GROUPS: dict[str, tuple[int, ...]] = {
    **{f"{finger} angles": tuple(range(4 * f, 4 * f + 4)) for f, finger in enumerate(FINGERS)},
    "pinch and ruler": (20, RULER), "grip": (22,), "distance": (23,), "speed": (24, 25),
}  # fmt: skip
"""Series that are plotted together: they share a unit."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements of consecutive frames."""

    time_s: Float[np.ndarray, " n"]
    """Capture times, seconds."""
    frame: Int[np.ndarray, " n"]
    """Numbers of the frames."""
    side: tuple[str, ...]
    """Side of the hand; empty in gaps."""
    values: Float[np.ndarray, "n k"]
    """In the order of :data:`SERIES`; NaN in gaps."""
    ruler_sigma_mm: Float[np.ndarray, " n"]
    """Standard deviation of the ruler's length, where its ends err independently."""
    angle_sigma_deg: Float[np.ndarray, "n 20"]
    """Standard deviation of each angle over posterior samples; NaN without at least eight of them."""


@dataclass(frozen=True, slots=True)
class _Row:
    time_s: float
    frame: int
    side: Side | None = None
    joints: Float[np.ndarray, "21 4"] | None = None
    """Positions and sigma of the joints, metres, float32; a hand would keep its crop in memory."""
    sampled: bool = False
    """Are there posterior samples enough for the spread of the angles?"""
    angle_sigma_deg: Float[np.ndarray, " 20"] | None = None
    """That spread, in every few frames."""

    @classmethod
    def of(cls, key: int, time_s: float, frame: int, hand: TrackedHand | None, gain: float = 1.0) -> "_Row":
        """What is kept of a frame."""
        if hand is None or hand.edited or not np.isfinite(hand.pose.joints_m).all():
            return cls(time_s, frame)
        side, sampled, spread = hand.pose.side, len(hand.samples_m) >= _LEAST_SAMPLES, None
        if sampled and key % _SPREAD_EVERY == 0:
            spread = (gain * angles_deg(hand.samples_m, side).std(0)).astype(np.float32)
        joints = np.column_stack([hand.pose.joints_m, hand.pose.sigma_m]).astype(np.float32)
        return cls(time_s, frame, side, joints, sampled, spread)


class History:
    """The frames of one source. A file's frames replace each other by their number, so that one may go back."""

    def __init__(self) -> None:
        self.ruler: tuple[int, int] | None = None
        """Joints whose distance is measured."""
        self._rows: dict[int, _Row] = {}
        self._count, self._file = 0, False

    def clear(self) -> None:
        """Another source."""
        self._rows.clear()

    def add(self, result: Result, hand: TrackedHand | None, file: bool, gain: float = 1.0) -> None:
        """Keep a frame.

        Args:
            result: of the frame.
            hand: that is shown; None without one.
            file: its frames have numbers that come again.
            gain: factor by which posterior samples must be spread to cover what they claim.
        """
        if file is not self._file:
            self.clear()
            self._file = file
        frame = result.frame
        clock_ns = frame.device_time_ns if file and frame.device_time_ns is not None else frame.time_ns
        self._count += 1
        key = frame.index if file else self._count
        self._rows[key] = _Row.of(key, clock_ns / 1e9, frame.index, hand, gain)
        while len(self._rows) > MOST:
            del self._rows[next(iter(self._rows))]

    def fill(self, frames: Iterable[tuple[int, float, TrackedHand | None]]) -> int:
        """Keep frames of a file that were not seen yet, e.g. all of a recorded session.

        Args:
            frames: number, time (s, by the clock of the file) and hand of each.

        Returns:
            How many are new.
        """
        before = len(self._rows)
        for number, time_s, hand in frames:
            if number not in self._rows and len(self._rows) < MOST:
                self._rows[number] = _Row.of(number, time_s, number, hand)
        self._file = True
        return len(self._rows) - before

    def measure(self, last_s: float | None = None, most: int = MOST) -> Measured:
        """Measure what is kept.

        Args:
            last_s: only so many seconds before the newest; None for all.
            most: every second, third, ... frame, so that there are no more.
        """
        rows = [row for _, row in sorted(self._rows.items())]
        if rows and last_s is not None:
            rows = [row for row in rows if rows[-1].time_s - row.time_s <= last_s]
        rows = rows[:: max(1, -(-len(rows) // most))]
        n = len(rows)
        time_s, sides = (
            np.array([row.time_s for row in rows]),
            tuple("" if row.side is None else row.side.value for row in rows),
        )
        joints, sigma = np.full((n, 21, 3), np.nan), np.full((n, 21), np.nan)
        for k, row in enumerate(rows):
            if row.joints is not None:
                joints[k], sigma[k] = row.joints[:, :3], row.joints[:, 3]
        values = np.full((n, len(SERIES)), np.nan)
        for side in Side:
            mine = np.array([name == side.value for name in sides], bool)
            if mine.any():
                values[mine, :20] = angles_deg(joints[mine], side)
                values[mine, 22] = 100 * grip(joints[mine], side)
        values[:, 20] = 1e3 * pinch_distance_m(joints)
        ruler_sigma_mm = np.full(n, np.nan)
        if self.ruler is not None:
            a, b = self.ruler
            values[:, RULER] = 1e3 * np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)
            ruler_sigma_mm = 1e3 * np.hypot(sigma[:, a], sigma[:, b])
        values[:, 23] = 100 * np.linalg.norm(joints[:, WRIST], axis=-1)
        values[:, 24:26] = 100 * np.stack([_speed(time_s, joints[:, j]) for j in (WRIST, _TIP)], -1)
        frames = np.array([row.frame for row in rows], int)
        return Measured(time_s, frames, sides, values, ruler_sigma_mm, _angle_sigma_deg(rows, time_s))

    def csv(self) -> str:
        """All of it as a table: UTF-8, commas, one header line, ``NaN`` in gaps."""
        found = self.measure()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        units = {"°": "deg", "%": "percent", "cm/s": "cm_per_s"}
        names = [f"{s.name.replace(' ', '_')}_{units.get(s.unit, s.unit)}" for s in SERIES]
        writer.writerow(["time_s", "frame", "side", *names, "ruler_sigma_mm"])
        start = found.time_s[0] if len(found.time_s) else 0.0
        for k, second in enumerate(found.time_s - start):
            numbers = [*found.values[k], found.ruler_sigma_mm[k]]
            cells = ["NaN" if np.isnan(v) else f"{v:.6g}" for v in numbers]
            writer.writerow([f"{second:.6f}", found.frame[k], found.side[k], *cells])
        return out.getvalue()


def _angle_sigma_deg(rows: list[_Row], time_s: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 20"]:
    """Spread of the angles in every frame; between those in which it is taken on a line."""
    found = np.array([np.full(20, np.nan) if r.angle_sigma_deg is None else r.angle_sigma_deg for r in rows])
    found = found.reshape(len(rows), 20)
    known = np.isfinite(found[:, 0])
    if known.sum() < 2:
        return found
    filled = np.stack([np.interp(time_s, time_s[known], found[known, j]) for j in range(20)], -1)
    return np.where(np.array([row.sampled for row in rows])[:, None], filled, np.nan)


def _speed(time_s: Float[np.ndarray, " n"], at_m: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """Speed from frame to frame, m/s; NaN at the first and over gaps."""
    speed = np.full(len(time_s), np.nan)
    if len(time_s) > 1:
        step_s = np.diff(time_s)
        good = (step_s > 1e-4) & (step_s < _GAP_S)
        way = np.linalg.norm(np.diff(at_m, axis=0), axis=1)
        speed[1:][good] = way[good] / step_s[good]
    return speed


def spectrum(
    time_s: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"], least_s: float = 3.0
) -> tuple[Float[np.ndarray, " f"], Float[np.ndarray, " f"]]:
    """Amplitude by frequency of the newest stretch without a gap, for tremor.

    The stretch is freed of its slow motion (a parabola) and windowed (Hann); the transform is taken at the frames' own
    times, which need not be even. A sine of amplitude 1 gives a peak of 1.

    Returns:
        Frequencies (Hz) and amplitudes, in the values' unit; empty for less than ``least_s`` seconds.
    """
    known = np.isfinite(values)
    if known.any():
        last = int(np.flatnonzero(known)[-1])
        gaps = np.flatnonzero(~known[: last + 1])
        first = int(gaps[-1]) + 1 if len(gaps) else 0
        time_s, values = time_s[first : last + 1], values[first : last + 1]
    else:
        time_s, values = time_s[:0], values[:0]
    if len(time_s) < 16 or time_s[-1] - time_s[0] < least_s:
        return np.zeros(0), np.zeros(0)
    since = time_s - time_s[0]
    signal = values - np.polyval(np.polyfit(since, values, 2), since)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * since / since[-1])
    nyquist_hz = 0.5 * (len(since) - 1) / since[-1]
    frequency = np.arange(LEAST_HZ, min(MOST_HZ, nyquist_hz), 0.1)
    waves = np.exp(-2j * np.pi * frequency[:, None] * since)
    return frequency, 2 * np.abs(waves @ (window * signal)) / window.sum()
