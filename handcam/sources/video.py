"""Video files: ``video:clip.mp4``. Whatever FFmpeg decodes; turned upright as its metadata says."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from handcam.session.mkv import decode_pictures
from handcam.sources import SourceSettings
from handcam.sources._file_reader import FileSource
from handcam.sources._rectifier import Rectifier
from handcam.types import Frame, SourceError

__all__ = ["open"]

INDEXED = ("mp4", "matroska")
"""Containers with an index of their key frames. In others (MPEG-TS and MPEG-PS) a jump goes to a guessed place."""
MARGIN_S = 2.0
"""It goes so much before what is wanted there, and what is decoded first has all it refers to."""
ONE_THREAD_PX = 1280 * 720
"""Pictures up to this are decoded in 3 ms by one thread."""
LARGEST_PX = 7680 * 4320
"""Larger pictures are refused."""


def open(rest: str, settings: SourceSettings) -> FileSource:
    """Open a video file, played at its own pace.

    Raises:
        SourceError: there is no such file, or no picture can be read from it.
    """
    path = Path(rest).expanduser()
    if not rest:
        raise SourceError("Which video? Give a file, as in video:clip.mp4.")
    if path.is_dir():
        raise SourceError(f"{path} is a folder; use images:{path} for a folder of pictures.")
    if not path.is_file():
        raise SourceError(f"There is no video file {path}.")
    if path.stat().st_size == 0:
        raise SourceError(f"The video {path} is empty (0 bytes).")
    reader = VideoFileReader(path, settings)
    return FileSource(f"video:{path.name}", reader.fps, reader, settings)


class VideoFileReader:
    """The pictures of one video stream, numbered in the order in which they are shown."""

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path = path
        self._rectify = Rectifier(settings)
        self._converter = VideoReformatter()  # one for all: a new one for each picture costs more than converting it
        self._open()
        try:
            self._prepare()
        except BaseException:
            self._container.close()
            raise

    def _open(self) -> None:
        try:
            self._container: InputContainer = av.open(str(self._path.resolve()))
        except (FFmpegError, OSError, ValueError) as error:
            if not self._path.exists():
                raise SourceError(f"The video {self._path} is not there any more.") from error
            raise SourceError(
                f"The video {self._path} cannot be read: it is damaged, cut off, or not a video ({first_line(error)})."
            ) from error
        if not self._container.streams.video:
            sound = bool(self._container.streams.audio)
            self._container.close()
            why = "has only sound in it" if sound else "cannot be read: it is damaged, cut off, or not a video"
            raise SourceError(f"The video {self._path} {why}.")
        self._stream = self._container.streams.video[0]
        if not hasattr(self._stream, "width"):  # a codec that nobody knows has no decoder, and its stream no size
            self._container.close()
            raise SourceError(f"The video {self._path} is of a codec that is not known, or it is damaged.")
        # several threads cost a fifth more processor time; only large pictures would hold up their own pace on one
        large = self._stream.width * self._stream.height > ONE_THREAD_PX
        self._stream.thread_type = "AUTO" if large else "NONE"

    def _prepare(self) -> None:
        if self._stream.width * self._stream.height > LARGEST_PX:
            raise SourceError(f"The pictures of {self._path} are too large ({self._stream.width} px wide).")
        # Without good times pictures are counted: raw streams have none, AVI has those of storage, not of display, and
        # files that were joined have each several times.
        self._timed = self._container.format.name != "avi"
        self._indexed = any(name in self._container.format.name for name in INDEXED)
        self._keys: list[int] = []  # times of the key frames
        self._pts = self._scan()
        self.length = len(self._pts)
        self.fps = self._rate()
        self._turns: int | None = None
        self._ahead: tuple[int, VideoFrame | None] | None = None  # decoded already, but later than what was asked for
        self._next = 0  # the frame that the decoder gives next
        self._rewind(0)
        if self.length == 0 or not any(self.frame(n) is not None for n in range(min(self.length, 100))):
            raise SourceError(f"No picture can be decoded from the video {self._path}; it is damaged or cut off.")

    def _scan(self) -> list[int]:
        """Presentation times of all packets, in the stream's units, sorted; a damaged tail ends the list."""
        pts: list[int] = []
        stored = -math.inf
        with suppress(FFmpegError):  # the part before the damage is good
            for packet in self._container.demux(self._stream):
                if packet.size and not packet.is_corrupt and not packet.is_discard:
                    self._timed = self._timed and packet.pts is not None and (packet.dts or stored) >= stored
                    stored = packet.dts or stored
                    pts.append(packet.pts if packet.pts is not None else len(pts))
                    if packet.is_keyframe:
                        self._keys.append(pts[-1])
        self._timed = self._timed and len(set(pts)) == len(pts)
        return sorted(pts) if self._timed else list(range(len(pts)))

    def _rate(self) -> float:
        """Pictures a second: as the file says, else by the median of the first gaps."""
        if self._stream.average_rate:
            return float(self._stream.average_rate)
        gaps = [b - a for a, b in pairwise(self._pts[:300])]
        tick_s = float(self._stream.time_base or 0)
        return 1 / (float(np.median(gaps)) * tick_s) if gaps and self._timed and tick_s else 30.0

    def time_s(self, n: int) -> float:
        return float(self._pts[n] * self._stream.time_base) if self._timed and self._stream.time_base else n / self.fps

    def frame(self, n: int) -> Frame | None:
        if n < self._next or (self._timed and n > self._next + 2 * self.fps):
            self._rewind(n)
        picture = self._decode_until(n)
        if picture is None:
            return None
        color = self._converter.reformat(picture, format="rgb24").to_ndarray()
        if self._turns is None:
            self._turns = round(picture.rotation / 90) % 4
        if self._turns:
            color = np.ascontiguousarray(np.rot90(color, self._turns))
        camera, color = self._rectify(color)
        return Frame(n, 0, camera, color, device_time_ns=round(self.time_s(n) * 1e9))

    def _rewind(self, n: int) -> None:
        """Make the decoder's next picture one at or before ``n``: from the start, or from a jump that proves right."""
        self._next = n
        before = n if self._indexed else max(0, n - round(MARGIN_S * self.fps))
        to = bisect_right(self._keys, self._pts[before]) - 1 if self._timed and n else 0
        for key in (self._keys[to], None) if to > 0 else (None,):
            self._container.close()
            self._open()
            if key is not None:
                with suppress(FFmpegError):  # it is read from its start then
                    self._container.seek(key, stream=self._stream, backward=True)
            self._decoded = numbered_pictures(self._container, self._stream, self._pts if self._timed else None)
            self._ahead = next(self._decoded, None) if key is not None else None
            if key is None or (self._ahead is not None and self._ahead[0] <= n):
                return

    def _decode_until(self, n: int) -> VideoFrame | None:
        """The picture of frame ``n``; None when the decoder passes it by."""
        self._next = n + 1
        with suppress(FFmpegError):  # the end of what can be read
            while True:
                at, picture = self._ahead or next(self._decoded, (self.length, None))
                self._ahead = None
                if at == n:
                    return picture
                if at > n:
                    self._ahead = at, picture
                    return None
        return None

    def close(self) -> None:
        self._container.close()


def numbered_pictures(
    container: InputContainer, stream: VideoStream, pts: list[int] | None
) -> Iterator[tuple[int, VideoFrame]]:
    """Decode from here to the end; number pictures by their place in ``pts``, else count them."""
    count = 0
    for _, picture in decode_pictures(container, [stream]):
        at = bisect_left(pts, picture.pts) if pts is not None and picture.pts is not None else count
        count = at + 1
        yield at, picture


def first_line(error: Exception) -> str:
    """FFmpeg's message without its number and the path."""
    return str(getattr(error, "strerror", None) or error).rstrip(".").lower()
