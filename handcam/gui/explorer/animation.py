"""Write a path through the latent space as BVH and glTF, as sessions are exported, or as MP4 and GIF, as drawn."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import VideoFrame
from av.error import FFmpegError
from av.filter import Graph
from av.video.format import VideoFormat
from jaxtyping import Float, UInt8
from PySide6.QtGui import QImage, QPainter

from handcam.geometry import project
from handcam.gui.explorer.modality_views import MODALITY_VIEWS, draw_modality
from handcam.gui.scene3d.orbit import Orbit
from handcam.paths import atomic_file
from handcam.session.export import convert
from handcam.types import Frame, HandcamError, HandPose, Intrinsics, Posterior, Result, Side, TrackedHand

__all__ = ["FORMATS", "FRAME_RATES", "draw_film_frame", "write_animation"]

FORMATS = {"bvh": "BVH", "glb": "glTF", "mp4": "MP4", "gif": "GIF"}
"""Formats by the ending of the file."""
FRAME_RATES = {"bvh": 30, "glb": 30, "mp4": 30, "gif": 20}
"""Frames per second of each; GIF counts in hundredths of a second."""
_EDGE_PX = {"mp4": 320, "gif": 192}
"""Edge of a view in films."""
_DISTANCE_M = 0.5
_CAMERA = Intrinsics.from_fov(640, 480, np.pi / 3)


def write_animation(
    out: Path, z: Float[np.ndarray, "n z"], decoded: dict[str, np.ndarray], orbit: Orbit, hand_length_m: float,
) -> Path:  # fmt: skip
    """Write one frame for each latent at the format's :data:`FRAME_RATES`; a file that is there is replaced.

    Args:
        out: its ending chooses the format.
        z: the latents.
        decoded: their decoded values, by modality; ``joints3d`` must be there.
        orbit: viewpoint of skeleton and surface in films.
        hand_length_m: size of the hand in BVH and glTF.

    Raises:
        HandcamError: there is no such format, or it cannot be written.
    """
    kind = out.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise HandcamError(f"An animation ends in {', '.join('.' + name for name in FORMATS)}; {out.name} does not.")
    if kind in ("mp4", "gif"):
        names = [name for name, (modality, _) in MODALITY_VIEWS.items() if modality in decoded]
        size = _EDGE_PX[kind]
        frames = (draw_film_frame(names, {m: a[i] for m, a in decoded.items()}, orbit, size) for i in range(len(z)))
        try:
            _film(out, kind, frames)
        except (OSError, FFmpegError) as error:
            raise HandcamError(f"Cannot write {out}: {error.strerror or error}.") from None
        return out
    return convert(_results(z, decoded["joints3d"], hand_length_m), kind, out, overwrite=True)[0]


def _results(z: np.ndarray, joints: np.ndarray, hand_length_m: float) -> Iterator[Result]:
    """Make results of the poses, from frames without pictures."""
    for i, (latent, shape) in enumerate(zip(z, joints, strict=True)):
        time_ns = round(i * 1e9 / FRAME_RATES["bvh"])
        at = shape.astype(float) * hand_length_m + [0.0, 0.0, _DISTANCE_M]
        pose = HandPose(Side.RIGHT, 1.0, at, False, project(at, _CAMERA), np.zeros(21))
        point = Posterior(latent.astype(np.float32), np.full(len(latent), -12.0, np.float32))
        hand = TrackedHand(0, pose, pose, point, {}, latent.astype(np.float32), np.zeros((0, 21, 3)))
        yield Result(Frame(i, time_ns, _CAMERA), (hand,), {}, time_ns)


def draw_film_frame(
    names: Sequence[str], decoded: dict[str, np.ndarray], orbit: Orbit, size: int
) -> UInt8[np.ndarray, "h w 4"]:
    """Draw the views side by side, BGRX."""
    pixels = np.empty((size, size * len(names), 4), np.uint8)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for k, name in enumerate(names):
            painter.save()
            painter.translate(k * size, 0)
            painter.setClipRect(0, 0, size, size)
            draw_modality(painter, name, decoded, orbit, size, size)
            painter.restore()
    return pixels


def _film(out: Path, kind: str, frames: Iterable[np.ndarray]) -> None:
    """Encode pictures; the file appears when it is complete."""
    first, *rest = frames
    height, width = first.shape[:2]
    with atomic_file(out) as file, av.open(file, "w", format=kind) as container:
        stream = container.add_stream("libx264" if kind == "mp4" else "gif", rate=FRAME_RATES[kind])
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p" if kind == "mp4" else "pal8"
        pictures = (VideoFrame.from_ndarray(pixels[..., :3].copy(), "bgr24") for pixels in (first, *rest))
        for k, picture in enumerate(pictures if kind == "mp4" else _in_256_colours(pictures, stream)):
            picture.pts, picture.time_base = k, Fraction(1, FRAME_RATES[kind])
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _in_256_colours(pictures: Iterable[VideoFrame], stream: av.VideoStream) -> Iterator[VideoFrame]:
    """Reduce all pictures to one palette that suits them."""
    graph = Graph()
    rate = Fraction(1, FRAME_RATES["gif"])
    source = graph.add_buffer(width=stream.width, height=stream.height, format=VideoFormat("bgr24"), time_base=rate)
    split, palette, use = graph.add("split"), graph.add("palettegen", "stats_mode=diff"), graph.add("paletteuse")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for k, picture in enumerate(pictures):
        picture.pts, picture.time_base = k, rate
        source.push(picture)
    source.push(None)
    while True:
        try:
            picture = graph.pull()
            assert isinstance(picture, VideoFrame)
            yield picture
        except (av.EOFError, av.BlockingIOError):
            return
