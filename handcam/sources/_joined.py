"""Several cameras of one scene as one source: ``webcam:0+webcam:1``, ``video:left.mp4+video:right.mp4``.

The first camera sets the pace. To each of its pictures comes that of every other camera which is nearest in time, by
their clocks and the offset that calibration found; what is left is noted as the view's lag. The pictures stand side by
side in one frame, so that everything after a source shows, records and replays them as one.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from threading import Condition, Thread

import numpy as np

from handcam.calibration.rig import Rig, read_rig, saved_rig
from handcam.calibration.triangulation import inverse_pose
from handcam.sources import Seekable, Source, SourceSettings, open_source
from handcam.types import Array, Frame, HandcamError, SourceError, View

__all__ = ["JoinedCameras", "JoinedFiles", "open_joined"]

log = logging.getLogger(__name__)
STALE_S = 0.15
"""A picture that is farther off in time is left black: that camera shows nothing."""
FIRST_S = 5.0
"""Longest wait for the first picture of every camera."""
KEPT = 8
"""Pictures of a camera that are kept to choose from."""
CALIBRATE = "handcam calibrate rig finds out how the cameras stand to each other"


def open_joined(parts: Sequence[str], settings: SourceSettings) -> "JoinedCameras | JoinedFiles":
    """Open several sources as cameras of one scene.

    Raises:
        SourceError: one of them cannot be opened, or the calibration is of other cameras.
    """
    rig: Rig | None = None
    if settings.calibration is not None:
        try:
            rig = read_rig(settings.calibration)
        except HandcamError as error:
            raise SourceError(str(error)) from None
        if len(rig.cameras) != len(parts):
            raise SourceError(f"{settings.calibration} holds {len(rig.cameras)} cameras, and {len(parts)} are joined.")
    opened: list[Source] = []
    try:
        for k, part in enumerate(parts):
            own = replace(settings, calibration=None, realtime=settings.realtime and (k == 0 or opened[0].live))
            if rig is not None:
                lens = rig.cameras[k].lens
                own = replace(own, intrinsics=lens.intrinsics, distortion=lens.distortion)
            opened.append(open_source(part, own if k == 0 else replace(own, loop=False)))
    except BaseException:
        for source in opened:
            source.close()
        raise
    joined = _Joiner(opened, rig)
    return JoinedFiles(joined) if isinstance(opened[0], Seekable) else JoinedCameras(joined)


class JoinedCameras:
    """Cameras, the first of which sets the pace."""

    def __init__(self, joiner: "_Joiner") -> None:
        self._joiner = joiner
        self.name, self.fps, self.live = joiner.name, joiner.sources[0].fps, joiner.sources[0].live

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names under which the cameras' calibration is kept; empty for files."""
        return self._joiner.cameras

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing, in sentences."""
        return self._joiner.notes

    def read(self) -> Frame | None:
        """The next frame of all cameras."""
        return self._joiner.read()

    def close(self) -> None:
        """Close all cameras."""
        self._joiner.close()


class JoinedFiles:
    """Files of several cameras; position, speed and loop are the first one's."""

    live = False

    def __init__(self, joiner: "_Joiner") -> None:
        first = joiner.sources[0]
        assert isinstance(first, Seekable)
        self._joiner, self._first = joiner, first
        self.name, self.fps, self.length = joiner.name, joiner.sources[0].fps, first.length

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing, in sentences."""
        return self._joiner.notes

    @property
    def position(self) -> int:
        """Index of the next frame to be read."""
        return self._first.position

    @property
    def speed(self) -> float:
        """Factor by which frames come faster than recorded."""
        return float(getattr(self._first, "speed", 1.0))

    @speed.setter
    def speed(self, value: float) -> None:
        if hasattr(self._first, "speed"):
            self._first.speed = value  # pyright: ignore[reportAttributeAccessIssue]

    def seek(self, index: int) -> None:
        """The next ``read`` returns frame ``index`` of the first file (clamped)."""
        self._first.seek(index)

    def read(self) -> Frame | None:
        """The next frame of all files."""
        return self._joiner.read()

    def close(self) -> None:
        """Close all files."""
        self._joiner.close()


class _Joiner:
    """Puts the pictures of several sources side by side."""

    def __init__(self, sources: Sequence[Source], rig: Rig | None) -> None:
        self.sources = sources
        self.name = "+".join(source.name for source in sources)
        named = tuple(str(getattr(source, "camera", "")) for source in sources)
        self.cameras = named if all(named) else ()
        self.notes: tuple[str, ...] = ()
        self._rig, self._resolved = rig, False
        live = sources[0].live
        self._others = [_Reader(source) if live or source.live else _Follower(source) for source in sources[1:]]
        self._layout: tuple[View, ...] = ()
        self._offsets = [0.0] * len(sources)

    def read(self) -> Frame | None:
        first = self.sources[0].read()
        if first is None:
            return None
        if not self._resolved:
            others = [other.first() for other in self._others]
            self._resolve([first, *(frame for frame in others if frame is not None)])
        time_s = _time_s(first)
        shown: list[tuple[Frame | None, float]] = [(first, 0.0)]
        for other, offset in zip(self._others, self._offsets[1:], strict=True):
            frame = other.nearest(time_s - offset)
            lag = 0.0 if frame is None else _time_s(frame) + offset - time_s
            shown.append((frame, lag) if abs(lag) <= STALE_S else (None, 0.0))
        return self._side_by_side(first, shown)

    def close(self) -> None:
        for source in self.sources:
            source.close()
        for other in self._others:
            other.close()

    def _resolve(self, frames: Sequence[Frame]) -> None:
        """Lay out the pictures, and find out how the cameras stand."""
        if len(frames) < len(self.sources):
            raise SourceError(f"One of the cameras of {self.name} gives no picture.")
        if any(frame.color is None for frame in frames):
            raise SourceError(f"One of the cameras of {self.name} gives no colour.")
        self._resolved = True
        cameras = [frame.intrinsics for frame in frames]
        if self._rig is None and self.cameras:
            self._rig = saved_rig(self.cameras, [(camera.width, camera.height) for camera in cameras])
            if self._rig is not None and [one.lens.intrinsics for one in self._rig.cameras] != cameras:
                self._rig, self.notes = None, (f"A camera was calibrated anew: {CALIBRATE} again.",)
        poses: list[Array | None] = [None] * len(cameras)
        metric = False
        if self._rig is not None:
            poses = [one.camera_from_first for one in self._rig.cameras]
            metric, self._offsets = self._rig.metric, [one.offset_s for one in self._rig.cameras]
        elif all(hasattr(source, "camera_from_scene") for source in self.sources):  # rendered: nothing to measure
            placed: list[Array] = [getattr(source, "camera_from_scene") for source in self.sources]  # noqa: B009
            poses, metric = list[Array | None](pose @ inverse_pose(placed[0]) for pose in placed), True
        elif not self.notes:
            self.notes = (f"Only the first camera is used: {CALIBRATE}.",)
        lefts = np.cumsum([0, *(camera.width for camera in cameras)]).tolist()
        self._layout = tuple(
            View(left, camera, pose, metric) for left, camera, pose in zip(lefts, cameras, poses, strict=False)
        )

    def _side_by_side(self, first: Frame, shown: Sequence[tuple[Frame | None, float]]) -> Frame:
        height = max(view.intrinsics.height for view in self._layout)
        width = self._layout[-1].left + self._layout[-1].intrinsics.width
        color = np.zeros((height, width, 3), np.uint8)
        for view, (frame, _) in zip(self._layout, shown, strict=True):
            camera = view.intrinsics
            if frame is not None and frame.color is not None and frame.color.shape[:2] == (camera.height, camera.width):
                color[: camera.height, view.left : view.left + camera.width] = frame.color
        views = tuple(replace(view, lag_s=lag) for view, (_, lag) in zip(self._layout, shown, strict=True))
        whole = replace(self._layout[0].intrinsics, width=width, height=height)
        return Frame(
            first.index, first.time_ns, whole, color, device_time_ns=first.device_time_ns, truth=first.truth,
            picture=first.picture, views=views,
        )  # fmt: skip


def _time_s(frame: Frame) -> float:
    """When a picture was taken: by the clock of its file, else when it came."""
    return (frame.time_ns if frame.device_time_ns is None else frame.device_time_ns) / 1e9


class _Reader:
    """Reads a camera on a thread of its own and keeps its last pictures."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._arrived = Condition()
        self._ended = False
        self._failure: Exception | None = None
        Thread(target=self._run, name=f"read {source.name}", daemon=True).start()

    def _run(self) -> None:
        try:
            while (frame := self._source.read()) is not None:
                with self._arrived:
                    self._frames.append(frame)
                    self._arrived.notify_all()
        except Exception as error:  # raised by whoever asks for the next picture
            self._failure = error
        finally:
            with self._arrived:
                self._ended = True
                self._arrived.notify_all()

    def first(self) -> Frame | None:
        """The first picture, waiting for it."""
        with self._arrived:
            self._arrived.wait_for(lambda: bool(self._frames) or self._ended, FIRST_S)
        return self.nearest(float("inf"))

    def nearest(self, time_s: float) -> Frame | None:
        """The picture nearest to a time by this camera's clock; None where there is none.

        Raises:
            SourceError: the camera failed.
        """
        if self._failure is not None:
            raise self._failure
        with self._arrived:
            frames = list(self._frames)
        if time_s == float("inf"):
            return frames[-1] if frames else None
        return min(frames, key=lambda frame: abs(_time_s(frame) - time_s), default=None)

    def close(self) -> None:
        """Nothing but the source is held, and that ends its ``read``."""


class _Follower:
    """Reads a file as far as a time, and jumps where that goes back or far ahead."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._before: Frame | None = None
        self._after: Frame | None = None

    def first(self) -> Frame | None:
        """The first picture."""
        if self._after is None:
            self._after = self._source.read()
        return self._after

    def nearest(self, time_s: float) -> Frame | None:
        """The picture nearest to a time by this file's clock; its last one after its end."""
        known = self._before if self._before is not None else self._after
        jumped = known is not None and not -1.0 < time_s - _time_s(known) < 3.0
        if jumped and isinstance(self._source, Seekable):
            at = max(round(time_s * self._source.fps) - 2, 0)
            if at < self._source.length:
                self._source.seek(at)
                self._before = self._after = None
        while self._after is None or _time_s(self._after) <= time_s:
            following = self._source.read()
            if following is None:
                break
            self._before, self._after = self._after, following
        there = [frame for frame in (self._before, self._after) if frame is not None]
        return min(there, key=lambda frame: abs(_time_s(frame) - time_s), default=None)

    def close(self) -> None:
        """Nothing but the source is held."""
