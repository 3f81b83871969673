"""The video with the hands drawn in: MP4, H.264, each picture at its own time. Frames without a picture are left out.

A hand that was put into a gap is drawn in grey.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from handcam.hand.drawing import draw_skeleton
from handcam.session.export import ExportSettings, Recording, frame_results
from handcam.types import Array, Result

__all__ = ["SUFFIX", "draw_hands", "export", "write_video"]

SUFFIX = ".mp4"
ANY_JOINTS = True
"""It shows the hand as it is drawn everywhere."""
_TIME_BASE = Fraction(1, 90_000)
_GREY = "#9aa0a8"


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the video; nothing where there is no colour picture."""
    start_ns = recording.frames[0].capture_ns

    def drawn() -> Iterator[tuple[float, Array]]:
        for entry, result in frame_results(recording, settings):
            color, _ = recording.pictures(entry.n)
            if color is not None:
                yield (entry.capture_ns - start_ns) / 1e9, draw_hands(color, result)

    write_video(out, drawn(), recording.fps)


def write_video(out: Path, pictures: Iterable[tuple[float, Array]], fps: float) -> tuple[int, int] | None:
    """Write RGB pictures, each at its time in seconds, as MP4 (H.264); those of another size than the first are left
    out.

    Returns:
        Height and width, even numbers; None where there is no picture, and no file.
    """
    options = {"crf": "20", "preset": "veryfast", "tune": "zerolatency"}
    container: Any = None
    stream: Any = None
    last = -1
    try:
        for time_s, picture in pictures:
            picture = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
            if stream is None:
                container = av.open(str(out), "w", format="mp4")
                stream = container.add_stream("libx264", rate=max(1, round(fps)), options=options)
                stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], "yuv420p"
                context = stream.codec_context
                context.thread_count, context.time_base = 1, _TIME_BASE
                context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 6, 1, 13
            if picture.shape[:2] != (stream.height, stream.width):
                continue
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            last = frame.pts = max(last + 1, round(time_s / _TIME_BASE))
            frame.time_base = _TIME_BASE
            container.mux(stream.encode(frame))
        if stream is None:
            return None
        container.mux(stream.encode(None))
        return stream.height, stream.width
    finally:
        if container is not None:
            container.close()


def draw_hands(color: Array, result: Result | None) -> Array:
    """A copy of the picture with the hands drawn in."""
    drawn = np.ascontiguousarray(color).copy()
    for hand in result.hands if result is not None else ():
        draw_skeleton(drawn, hand.pose.keypoints_px, colour=_GREY if hand.filled else None)
    return drawn
