"""Compare the video encoders of PyAV's wheel at the recorder's task: 640x480 at 60 Hz on one thread, as pictures come.

Usage: ``python examples/figures/codecs.py [SOURCE] [FRAMES]``. Encoders take turns on the same frames, so that a busy
machine is busy for all of them. Printed are milliseconds of processor time for each picture, its share of a core at
60 Hz, megabits a second at 60 Hz, and the peak signal-to-noise ratio of what is read back.
"""

import sys
from dataclasses import dataclass
from fractions import Fraction
from time import process_time
from typing import Any

import av
import numpy as np
from av import VideoFrame

from handcam.sources import SourceSettings, open_source
from handcam.types import Array

RATE_HZ = 60
CONTESTANTS = {
    "libx264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "18", "g": "30"}),
    "libvpx-vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "18", "b": "0", "g": "30",
                                  "lag-in-frames": "0"}),
    "libsvtav1": ("libsvtav1", {"preset": "13", "crf": "22", "g": "30", "svtav1-params": "pred-struct=1:lp=1"}),
    "mjpeg": ("mjpeg", {"q:v": "3"}),
    "mpeg4": ("mpeg4", {"g": "30", "q:v": "2"}),
    "ffv1": ("ffv1", {"level": "3", "slices": "4", "g": "1"}),
}  # fmt: skip


@dataclass(slots=True)
class Run:
    """One encoder at work."""

    encoder: Any
    """Its context."""
    packets: list[Any]
    """What it has written."""
    busy_s: float = 0.0
    """Processor time."""


def start(codec: str, options: dict[str, str], size: tuple[int, int]) -> Run:
    """Open an encoder of one thread."""
    context: Any = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = *size, "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base, context.framerate, context.thread_count = Fraction(1, RATE_HZ), Fraction(RATE_HZ), 1
    if "q:v" in options:
        context.qmin = context.qmax = int(options["q:v"])
    context.options = {key: value for key, value in options.items() if key != "q:v"}
    context.open()
    return Run(context, [])


def psnr(run: Run, codec: str, frames: list[Array]) -> float:
    """Decode everything again and compare, dB."""
    decoder: Any = av.CodecContext.create(
        {"libx264": "h264", "libvpx-vp9": "vp9", "libsvtav1": "libdav1d"}.get(codec, codec), "r"
    )
    if run.encoder.extradata and codec in ("mpeg4", "ffv1"):
        decoder.extradata = run.encoder.extradata
    if codec == "ffv1":
        decoder.width, decoder.height = run.encoder.width, run.encoder.height
    decoded = [picture for packet in [*run.packets, None] for picture in decoder.decode(packet)]
    squares = [np.mean((picture.to_ndarray(format="rgb24").astype(float) - frame) ** 2)
               for picture, frame in zip(decoded, frames, strict=False)]  # fmt: skip
    return float(10 * np.log10(255**2 / np.mean(squares)))


def main(source: str = "demo", count: str = "120") -> None:
    opened = open_source(source, SourceSettings(fps=RATE_HZ, realtime=False))
    read = (opened.read() for _ in range(int(count)))
    frames = [frame.color for frame in read if frame is not None and frame.color is not None]
    opened.close()
    noise = np.random.default_rng(0)
    if source.startswith("demo"):  # a sensor's noise, which a rendered picture does not have
        frames = [np.clip(f + noise.normal(0, 2.0, f.shape), 0, 255).astype(np.uint8) for f in frames]
    height, width = frames[0].shape[:2]
    runs = {name: start(codec, options, (width, height)) for name, (codec, options) in CONTESTANTS.items()}
    for n, frame in enumerate(frames):
        for run in runs.values():
            begun = process_time()
            picture = VideoFrame.from_ndarray(frame, "rgb24")
            picture.pts, picture.time_base = n, Fraction(1, RATE_HZ)
            run.packets += run.encoder.encode(picture.reformat(format=run.encoder.pix_fmt))
            run.busy_s += process_time() - begun
    print(f"{len(frames)} pictures of {source}, {width}x{height}, {av.__version__=}")
    print(f"{'encoder':<12}{'ms a picture':>14}{'core at 60 Hz':>15}{'against x264':>14}{'Mbit/s':>9}{'PSNR dB':>9}")
    for name, run in runs.items():
        begun = process_time()
        run.packets += run.encoder.encode(None)
        run.busy_s += process_time() - begun
        each_s = run.busy_s / len(frames)
        rate = sum(packet.size for packet in run.packets) * 8 / len(frames) * RATE_HZ / 1e6
        ratio = run.busy_s / runs["libx264"].busy_s
        quality = psnr(run, CONTESTANTS[name][0], frames)
        print(f"{name:<12}{each_s * 1e3:>14.2f}{each_s * RATE_HZ:>15.0%}{ratio:>14.2f}{rate:>9.1f}{quality:>9.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
