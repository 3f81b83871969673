"""Play a recording made by the RealSense SDK, ``.bag`` or ``.db3``."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyrealsense2 as rs

from handcam.sources import SourceSettings
from handcam.sources.realsense.frames import Aligner, DepthSettings
from handcam.sources.realsense.usage import forget_usage
from handcam.types import Frame, SourceError

__all__ = ["RealSenseFile"]

_WAIT_MS = 200
"""Time limit of one wait for a frame; ``close`` from another thread waits no longer."""


class RealSenseFile:
    """A recording of the SDK: at its own pace (frames that nobody reads in time are lost), or every frame."""

    live = False

    def __init__(self, path: Path, settings: SourceSettings, depth: DepthSettings):
        if not path.is_file():
            raise SourceError(f"The file {path} does not exist.")
        self.name, self._path, self._settings, self._aligner = f"realsense:{path.name}", path, settings, Aligner(depth)
        self._closed, self._lock, self.fps = False, threading.Lock(), 30.0
        self._pipeline: rs.pipeline | None = rs.pipeline()
        self._playback = self._play()
        self.length = max(1, round(self._playback.get_duration().total_seconds() * self.fps) + 1)
        self.position, self._laps = 0, 0
        self._start_ns: int | None = None
        self._held: Frame | None = None
        numbers = [n for n, _ in (self._pair() for _ in range(8)) if n is not None]
        if not numbers:
            self.close()
            raise SourceError(f"{path} holds no frame with depth and colour; record both streams.")
        self._aligner.first = min(numbers)
        self.seek(0)

    @property
    def _player(self) -> "rs.pipeline":
        assert self._pipeline is not None  # nobody calls once closed
        return self._pipeline

    def _play(self) -> "rs.playback":
        """Start (again), every frame from the first on."""
        config = rs.config()
        try:
            config.enable_device_from_file(str(self._path), repeat_playback=False)
            profile = self._player.start(config)
        except RuntimeError as error:
            why = str(error).rpartition("Reason: ")[2].splitlines()[0]
            raise SourceError(f"{self._path} is not a recording that the RealSense SDK can play ({why}).") from error
        if not {rs.stream.depth, rs.stream.color} <= {s.stream_type() for s in profile.get_streams()}:
            self._player.stop()
            raise SourceError(f"{self._path} lacks depth or colour; record both streams.")
        self.fps = float(profile.get_stream(rs.stream.depth).fps())
        playback = profile.get_device().as_playback()
        playback.set_real_time(False)
        playback.seek(timedelta(0))  # it has been running in real time for a moment, and may have lost the first frames
        return playback

    def _pair(self) -> tuple[int | None, "rs.composite_frame | None"]:
        """Depth frame number and frameset, both None where it is not a true pair; a seek mixes old with new."""
        ok, frameset = self._player.try_wait_for_frames(_WAIT_MS)
        depth, color = (frameset.get_depth_frame(), frameset.get_color_frame()) if ok else (None, None)
        if not depth or not color:
            return None, frameset if ok else None
        same_clock = depth.get_frame_timestamp_domain() == color.get_frame_timestamp_domain()
        apart_s = abs(depth.get_timestamp() - color.get_timestamp()) / 1000
        return (None if same_clock and apart_s > 0.6 / self.fps else depth.get_frame_number()), frameset

    def read(self) -> Frame | None:
        while not self._closed:
            with self._lock:
                frame = None if self._closed else self._next()
            if frame is not None:
                self.position = frame.index + 1
                return self._timed(replace(frame, index=frame.index + self._laps * self.length))
            if not self._settings.loop or self._closed:
                return None
            self._laps += 1
            if self._start_ns is not None:  # the next lap follows on
                self._start_ns += round(self.length / self.fps * 1e9)
            self.seek(0)
        return None

    def _next(self) -> Frame | None:
        """The next frame; None at the end."""
        if self._held is not None:
            frame, self._held = self._held, None
            return frame
        while not self._closed:
            number, frameset = self._pair()
            if number is not None and frameset is not None and number - self._aligner.first >= self.position:  # type: ignore[operator]
                return self._aligner.frame(frameset)
            if frameset is None and self._playback.current_status() == rs.playback_status.stopped:
                self.length = max(1, self.position)
                return None
        return None

    def _timed(self, frame: Frame) -> Frame:
        """Read faster than life, times keep the recorded distances, so that filters over time see the true motion."""
        if self._settings.realtime or frame.device_time_ns is None:
            return frame
        if self._start_ns is None:
            self._start_ns = frame.time_ns - frame.device_time_ns
        return replace(frame, time_ns=self._start_ns + frame.device_time_ns)

    def seek(self, index: int) -> None:
        with self._lock:
            if self._closed:
                return
            self._player.stop()
            self._playback = self._play()
            self.position, self._held = min(max(index, 0), self.length - 1), None
            if self.position > self.fps:
                self._playback.seek(timedelta(seconds=(self.position - 3) / self.fps))
            # frames of before the jump still come; one that the camera lost is replaced by the next
            for tries in range(10 * round(self.fps)):
                number, frameset = self._pair()
                ahead = -1 if number is None else number - self._aligner.first - self.position  # type: ignore[operator]
                if frameset is not None and (ahead == 0 or (ahead > 0 and tries > 12)):
                    self._held = self._aligner.frame(frameset)
                    break
                if frameset is None and self._playback.current_status() == rs.playback_status.stopped:
                    break
            self._playback.set_real_time(self._settings.realtime)

    def close(self) -> None:
        self._closed = True
        with self._lock:
            if self._pipeline is not None:
                pipeline, self._pipeline = self._pipeline, None
                pipeline.stop()
                forget_usage()
