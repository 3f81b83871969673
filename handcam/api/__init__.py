"""The library's front door: the tracker, whole clips, and the only place where parts are chosen and joined."""

import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

import numpy as np
from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

from handcam.api.clips import track_file
from handcam.api.contact import Penetration, penetration
from handcam.api.parts import open_runtime, open_tracker, runtimes_here
from handcam.api.results import Hand, Result
from handcam.pictures import to_rgb
from handcam.plugins import names
from handcam.ranges import FieldOfView, Name
from handcam.types import Array, Controls, Frame, HandcamError, InputError, Intrinsics
from handcam.validation import check, check_frame

__all__ = [
    "Hand", "HandTracker", "Penetration", "Result", "open_runtime", "open_tracker", "penetration", "runtimes_here",
    "track_file",
]  # fmt: skip

LIKELY_LENGTHS_M = 0.1, 0.3
"""Hands of the library's users; what is outside was meant in another unit."""
FLOAT_DEPTH_UNIT_M = 0.0001
"""Metres per count of a depth picture that came in floats."""


class HandTracker:
    """Hands in pictures, one call per picture::

        from handcam import HandTracker

        with HandTracker() as tracker:
            for picture in pictures:                      # uint8 RGB (h w 3)
                for hand in tracker.track(picture).hands:
                    print(hand.pose.side.value, hand.pose.joints_m[8])  # index fingertip, metres, camera frame

    Hands are tracked from call to call, so give it the pictures of one camera in their order, from one thread; call
    :meth:`reset` between unrelated pictures.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        runtime: str = "auto",
        detector: str = "palm",
        intrinsics: Intrinsics | None = None,
        fov_deg: float = 60.0,
    ) -> None:
        """
        Args:
            weights: a safetensors file; None for those that ship with the program.
            runtime: how the model is run, ``auto`` for the fastest way there is.
            detector: how hands are found.
            intrinsics: the camera of plain pictures; scaled to their size.
            fov_deg: field of view along the longer edge, to assume where no intrinsics are given.

        Raises:
            HandcamError: something cannot be loaded, or is no such thing; the message says what to do.
        """
        for name, value, kind in (
            ("weights", weights, str | Path | None), ("runtime", runtime, Name), ("detector", detector, Name),
            ("intrinsics", intrinsics, Intrinsics | None), ("fov_deg", fov_deg, FieldOfView),
        ):  # fmt: skip
            check(value, kind, name)
        self._tracker = open_tracker(None if weights is None else Path(weights), runtime, detector)
        self._finalise = weakref.finalize(self, self._tracker.close)  # whoever drops a tracker need not close it
        self._finalise.atexit = False
        self._controls: Controls | None = None
        self._intrinsics, self._fov_rad = intrinsics, float(np.radians(fov_deg))
        self._index = 0
        self._time_s: float | None = None
        self._pools: Any = None  # the package states no types

    def track(
        self,
        picture: Any,
        controls: Controls = Controls(),
        *,
        time_s: float | None = None,
        depth: Array | None = None,
        depth_unit_m: float = 0.001,
        intrinsics: Intrinsics | None = None,
        color: Literal["rgb", "bgr"] = "rgb",
        value_range: tuple[float, float] | None = None,
    ) -> Result:
        """Find or follow the hands of the next picture.

        The work is done in this thread alone, and with ``time_s`` the same calls give the same joints, however fast
        they come.

        Args:
            picture: an array of uint8, first axis downwards: RGB (or BGR, see ``color``), RGBA or grey; of floats with
                ``value_range``; a picture of PIL; a file's path; or a :class:`~handcam.types.Frame`.
            controls: the user's hand length and everything else that can be set.
            time_s: when the picture was taken, seconds, rising from call to call; None for now, by the clock.
            depth: distances along z aligned to the picture: uint16 in counts of ``depth_unit_m``, 0 where there is
                none, or floats in metres.
            depth_unit_m: metres per count of ``depth``.
            intrinsics: camera of this picture, in place of the tracker's.
            color: order of an array's channels; OpenCV reads pictures as ``bgr``.
            value_range: values of black and white in a picture of floats, such as ``(0, 1)``.

        Raises:
            InputError: the picture or a setting is not what it must be; the next good call goes on as if nothing had
                been.
            HandcamError: the tracker is closed.
        """
        self._demand_open()
        if controls is not self._controls:
            self._check_controls(controls)
            self._controls = controls
        if isinstance(picture, Frame):
            if time_s is not None or depth is not None or intrinsics is not None:
                raise InputError("A Frame has its own time, depth and intrinsics; give these with plain pictures only.")
            frame = picture
        else:
            plane = None if depth is None else _depth_counts(depth)
            unit_m = FLOAT_DEPTH_UNIT_M if plane is not depth else depth_unit_m
            frame = self._frame(to_rgb(picture, color, value_range), time_s, plane, unit_m, intrinsics)
        check_frame(frame)
        if self._pools is None:  # helper threads spin between the small products of a frame, a whole core for nothing
            controller: Any = ThreadpoolController()
            self._pools = controller.select(user_api="blas")
        with self._pools.limit(limits=1):
            return Result.of(self._tracker.track(frame, controls))

    def reset(self) -> None:
        """Forget the hands: the next picture has nothing to do with the last.

        Raises:
            HandcamError: the tracker is closed.
        """
        self._demand_open()
        self._tracker.reset()
        self._time_s = None

    def close(self) -> None:
        """Free the model; a second call changes nothing."""
        self._finalise()

    def _demand_open(self) -> None:
        if not self._finalise.alive:
            raise HandcamError("This HandTracker is closed; open another one.")

    def _check_controls(self, controls: Controls) -> None:
        length = controls.hand_length_m if isinstance(cast(object, controls), Controls) else None
        if isinstance(length, float | int) and not LIKELY_LENGTHS_M[0] <= length <= LIKELY_LENGTHS_M[1]:
            unit = next(
                (u for u, per_m in (("centimetres", 100), ("millimetres", 1000)) if 0.1 <= length / per_m <= 0.3), ""
            )
            hint = f"; is it in {unit}?" if unit else "."
            raise InputError(f"controls.hand_length_m is {length:g}; hands are from 0.1 to 0.3 metres long{hint}")
        check(controls, Controls, "controls")
        size, there = self._tracker.latent, names("handcam.filters")
        for name, value in (("latent", controls.latent), ("offset", controls.offset)):
            if value is not None and len(value) != size:
                raise InputError(f"controls.{name} has {len(value)} numbers; these weights have a latent of {size}.")
        for name in controls.filters:
            if name not in there:
                raise InputError(f"There is no filter {name!r}; use one of {', '.join(there)}.")

    def _frame(
        self, color: Array, time_s: float | None, depth: Array | None, unit_m: float, intrinsics: Intrinsics | None
    ) -> Frame:
        height, width = color.shape[:2]
        check(intrinsics, Intrinsics | None, "intrinsics")
        check(time_s, float | None, "time_s")
        if time_s is not None and self._time_s is not None and time_s <= self._time_s:
            raise InputError(f"time_s is {time_s:g} after {self._time_s:g}; it must rise. reset() begins anew.")
        intrinsics = intrinsics or self._intrinsics
        if intrinsics is not None:
            camera = intrinsics.scaled(width, height)
        else:
            camera = Intrinsics.from_fov(width, height, self._fov_rad)
        device_ns = None if time_s is None else round(time_s * 1e9)
        frame = Frame(self._index, time.perf_counter_ns(), camera, color, depth, unit_m, device_ns)
        check_frame(frame)
        self._index, self._time_s = self._index + 1, time_s
        return frame

    def __enter__(self) -> "HandTracker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _depth_counts(depth: Any) -> Any:
    """Depth as it stands in a frame: floats in metres become counts of :data:`FLOAT_DEPTH_UNIT_M`, 0 if not finite."""
    if not isinstance(depth, np.ndarray) or cast(Array, depth).dtype.kind != "f":
        return cast(object, depth)
    counts = np.nan_to_num(np.asarray(cast(Array, depth), float) / FLOAT_DEPTH_UNIT_M, nan=0.0, posinf=0.0, neginf=0.0)
    return np.where((counts > 0) & (counts < 65535.5), np.round(counts), 0).astype(np.uint16)
