"""Pictures on disk: Matroska with H.264 colour and lossless FFV1 depth, one picture per frame and plane.

The file is cut into clusters of half a second that are complete in themselves, so that a file that was never finished
(kill, power cut, full disk) can be read up to its last cluster.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import UInt8, UInt16

from handcam.paths import UnbufferedFile, open_file
from handcam.ranges import LARGEST_EDGE_PX
from handcam.types import Array, RecordingError

__all__ = ["VideoReader", "VideoWriter", "copy_video", "decode_pictures", "key_pictures", "missing_codecs"]

CLUSTER_MS = 400
"""Most that the muxer holds back."""
JUMP_MS = 2000
"""Further ahead than this the reader jumps instead of decoding its way."""
MILLISECOND = Fraction(1, 1000)


def missing_codecs() -> list[str]:
    """Encoders that sessions need and this build of FFmpeg lacks."""
    return [name for name in ("libx264", "ffv1") if name not in av.codecs_available]


class VideoWriter:
    """One Matroska file. All pictures of a plane have one size; the planes are fixed when the file is made."""

    def __init__(self, file: UnbufferedFile, color: tuple[int, ...] | None, depth: tuple[int, ...] | None) -> None:
        """``color`` and ``depth`` are the arrays' shapes, None for a plane that is not there."""
        self.planes = color, depth
        self.last_pts = -1
        options = {"cluster_time_limit": str(CLUSTER_MS), "flush_packets": "1"}
        self._container: Any = av.open(file, "w", format="matroska", container_options=options)
        self._color: Any = None  # PyAV's own types of streams and packets are incomplete
        self._depth: Any = None
        if color is not None:
            fast = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18", "g": "30"}
            self._color = self._stream("libx264", color, "yuv420p" if even(color) else "yuv444p", fast)
            self._color.metadata["title"] = "color"
        if depth is not None:
            lossless = {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}
            self._depth = self._stream("ffv1", depth, "gray16le", lossless)
            self._depth.metadata["title"] = "depth"

    def _stream(self, codec: str, shape: tuple[int, ...], pixels: str, options: dict[str, str]) -> VideoStream:
        stream: VideoStream = self._container.add_stream(codec, rate=30, options=options)
        stream.height, stream.width = shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = stream.time_base = MILLISECOND
        stream.codec_context.framerate = Fraction(0)  # no constant rate: players take each picture's own time
        if codec == "libx264":  # what the conversion from RGB does: BT.601 in video range, of sRGB pictures
            context = cast(Any, stream.codec_context)
            context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 6, 1, 13
        stream.codec_context.thread_count = 1  # the second core belongs to the tracker
        return stream

    def write(self, pts_ms: int, color: UInt8[Array, "h w 3"] | None, depth: UInt16[Array, "h w"] | None) -> None:
        """Encode the planes of one frame; ``pts_ms`` grows from frame to frame."""
        self.last_pts = pts_ms
        for stream, plane, pixels in ((self._color, color, "rgb24"), (self._depth, depth, "gray16le")):
            if stream is None or plane is None:
                continue
            picture = VideoFrame.from_ndarray(np.ascontiguousarray(plane), pixels)
            picture.pts, picture.time_base = pts_ms, MILLISECOND
            self._container.mux(stream.encode(picture))

    def close(self) -> None:
        """Write what the encoders hold and the index.

        Raises:
            OSError, FFmpegError: the disk is full; what was written before stays readable.
        """
        try:
            for stream in (self._color, self._depth):
                self._container.mux(stream.encode(None) if stream is not None else [])
        finally:
            self._container.close()


def even(shape: tuple[int, ...]) -> bool:
    return shape[0] % 2 == 0 and shape[1] % 2 == 0


class VideoReader:
    """Read one Matroska file, whatever its state. Damaged pictures are missing pictures."""

    def __init__(self, path: Path) -> None:
        """Open ``path``.

        Raises:
            RecordingError: it cannot be read at all, or is not of the kind that this program writes.
        """
        self._path = path
        self._open()
        self._decoded: Iterator[tuple[str, VideoFrame]] = decode_pictures(self._container, self.streams.values())
        self._waiting: dict[str, deque[VideoFrame]] = {"h264": deque(), "ffv1": deque()}
        self._reached = -1  # last pts that was asked for

    def _open(self) -> None:
        try:
            open_file(self._path).close()
            self._container: InputContainer = av.open(str(self._path.resolve()), format="matroska")
        except (FFmpegError, OSError, ValueError, MemoryError) as error:
            raise RecordingError(f"{self._path.name} cannot be read; it is damaged or empty.") from error
        self._converter = VideoReformatter()  # one for all: a new one for each picture costs more than converting it
        self.streams: dict[str, VideoStream] = {}
        for stream in self._container.streams:
            name = getattr(stream.codec_context, "name", "")  # a codec that is not known has no context
            known = name in ("h264", "ffv1") and name not in self.streams
            if not (
                isinstance(stream, VideoStream) and known and 0 < max(stream.width, stream.height) <= LARGEST_EDGE_PX
            ):
                self._container.close()
                raise RecordingError(f"{self._path.name} holds something that no session holds; it is damaged.")
            # A picture that changes its size in mid-stream, or does not match its checksum, is damage.
            context = stream.codec_context
            context.options = {"max_pixels": str(stream.width * stream.height + 65536), "err_detect": "explode"}
            context.thread_type, context.thread_count = "SLICE", 2
            self.streams[name] = stream
        if not self.streams:
            self._container.close()
            raise RecordingError(f"{self._path.name} holds no pictures; it is damaged.")

    def times(self) -> dict[str, set[int]]:
        """List the pts of all intact packets by codec, without decoding; what comes after damage is left out."""
        found: dict[str, set[int]] = {"h264": set(), "ffv1": set()}
        for packet in self.packets():
            found[packet.stream.codec_context.name].add(packet.pts)
        self._restart()
        return found

    def packets(self) -> Iterator[Any]:
        """Iterate over the intact packets, not decoded; what comes after damage is left out."""
        with suppress(FFmpegError, OSError, MemoryError):
            for packet in self._container.demux(*self.streams.values()):
                if packet.size and packet.pts is not None and not packet.is_corrupt:
                    yield packet

    def read(self, pts_ms: int, color: bool, depth: bool) -> tuple[Array | None, Array | None]:
        """The wanted planes of the frame at ``pts_ms``; None for a plane that is damaged or missing."""
        if pts_ms <= self._reached or pts_ms > self._reached + JUMP_MS:
            self._jump(pts_ms)
        self._reached = pts_ms
        rgb = self._picture("h264", pts_ms) if color else None
        grey = self._picture("ffv1", pts_ms) if depth else None
        return (
            None if rgb is None else self._converter.reformat(rgb, format="rgb24").to_ndarray(),
            None if grey is None or grey.format.name != "gray16le" else grey.to_ndarray(),
        )

    def _picture(self, codec: str, pts_ms: int) -> VideoFrame | None:
        waiting = self._waiting[codec]
        while codec in self.streams:
            while waiting and cast(int, waiting[0].pts) < pts_ms:
                waiting.popleft()
            if waiting:
                return waiting.popleft() if waiting[0].pts == pts_ms else None
            name, picture = next(self._decoded, ("", None))
            if picture is None:
                return None
            if picture.pts is not None and not picture.is_corrupt:
                self._waiting[name].append(picture)
        return None

    def _jump(self, pts_ms: int) -> None:
        self._restart()
        stream = self.streams.get("h264") or self.streams.get("ffv1")
        if pts_ms > JUMP_MS and stream is not None:
            with suppress(FFmpegError):  # then decode from the start
                self._container.seek(pts_ms, stream=stream, backward=True)

    def _restart(self) -> None:
        self._container.close()
        self._open()
        self._decoded = decode_pictures(self._container, self.streams.values())
        for waiting in self._waiting.values():
            waiting.clear()

    def close(self) -> None:
        self._container.close()


def decode_pictures(container: InputContainer, streams: Iterable[VideoStream]) -> Iterator[tuple[str, VideoFrame]]:
    """Decode from here to the end, past damaged packets; yields codec and picture."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except (FFmpegError, OSError, MemoryError):
            return
        if packet is None:
            return
        try:
            pictures = packet.decode()
        except (FFmpegError, OSError, ValueError, MemoryError):
            continue
        for picture in pictures:
            yield packet.stream.codec_context.name, picture  # type: ignore[misc]


def key_pictures(source: Path) -> set[int]:
    """List the pts (ms) of the pictures that need none before them: colour's, or depth's where there is no colour.

    Raises:
        RecordingError: ``source`` cannot be read at all.
    """
    reader = VideoReader(source)
    stream = reader.streams.get("h264") or reader.streams.get("ffv1")
    try:
        return {packet.pts for packet in reader.packets() if packet.stream is stream and packet.is_keyframe}
    finally:
        reader.close()


def copy_video(source: Path, target: UnbufferedFile, between: tuple[int, int] | None = None) -> None:
    """Copy all intact packets, not decoded, into a new file with an index.

    Args:
        source: the file.
        target: the new one.
        between: pts (ms) of the first and last picture that are copied; None for all.

    Raises:
        RecordingError: ``source`` cannot be read at all.
        OSError, FFmpegError: ``target`` cannot be written.
    """
    reader = VideoReader(source)
    container: Any = av.open(target, "w", format="matroska")
    try:
        streams = reader.streams.values()
        copies: dict[int, VideoStream] = {s.index: container.add_stream_from_template(s) for s in streams}
        last = dict.fromkeys(copies, -1)
        for packet in reader.packets():
            index, pts = packet.stream.index, packet.pts
            wanted = between is None or between[0] <= pts <= between[1]
            if wanted and pts > last[index]:  # packets that go back in time are damage
                last[index] = pts
                packet.stream = copies[index]
                container.mux(packet)
    finally:
        container.close()
        reader.close()
