"""Record a session without a window."""

from typing import Annotated

from tyro.conf import Positional, arg

from handcam.cli._options import Detector, ModelOptions, Seconds
from handcam.cli.run import RunOptions
from handcam.cli.run import main as run
from handcam.sources import SourceSettings
from handcam.validation import Count, OutputFolder

__all__ = ["main"]


def main(
    out: Positional[OutputFolder],
    /,
    *,
    source: Annotated[str | None, arg(metavar="SOURCE")] = None,
    duration: Annotated[Seconds | None, arg(metavar="S")] = None,
    frames: Annotated[Count | None, arg(metavar="N")] = None,
    detector: Detector = "palm",
    source_settings: SourceSettings = SourceSettings(),
    model: ModelOptions = ModelOptions(),
) -> int:
    """Record pictures, depth and hands into a new folder until --duration, --frames, the end of a file or Ctrl+C.

    Args:
        out: the session's folder, new or empty.
        source: webcam, webcam:1, webcam:URL, realsense, video:FILE, images:FOLDER, recording:FOLDER or demo; without
            it the first camera that opens, else demo.
        duration: seconds to record.
        frames: frames to record.
        detector: how hands are found.
    """
    options = RunOptions(headless=True, duration=duration, frames=frames, record=out)
    return run(source=source, detector=detector, run=options, source_settings=source_settings, model=model)
