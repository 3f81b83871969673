"""Record a session without a window."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from handcam.cli.run import main as run

__all__ = ["main"]


def main(
    out: Positional[Path],
    /,
    *,
    source: Annotated[str | None, arg(metavar="SOURCE")] = None,
    duration: Annotated[float | None, arg(metavar="S")] = None,
    frames: Annotated[int | None, arg(metavar="N")] = None,
    width: int = 640,
    height: int = 480,
    fps: float = 30.0,
    weights: Path | None = None,
    runtime: str = "auto",
    detector: str = "mediapipe",
) -> int:
    """Record pictures, depth and hands into a new folder until --duration, --frames, the end of a file or Ctrl+C.

    Args:
        out: the session's folder, new or empty.
        source: webcam, webcam:1, webcam:URL, realsense, video:FILE, images:FOLDER, recording:FOLDER or demo; without
            it the first camera that opens, else demo.
        duration: seconds to record.
        frames: frames to record.
        width: wanted picture width, px.
        height: wanted picture height, px.
        fps: wanted frame rate, Hz.
        weights: the weights to use, a safetensors file.
        runtime: what runs them.
        detector: what finds the hands.
    """
    return run(
        source=source, headless=True, record=out, duration=duration, frames=frames, width=width, height=height, fps=fps,
        weights=weights, runtime=runtime, detector=detector,
    )  # fmt: skip
