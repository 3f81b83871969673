"""The live app: a hand in front of a camera becomes a 3D skeleton, in a window or without one."""

import gc
import logging
import os
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import UseAppendAction, arg

from handcam.cli._choose import cameras, opener, read_intrinsics
from handcam.cli._display import window_problem
from handcam.live import Live
from handcam.model.weights import default_weights, read_card
from handcam.sources import SourceSettings
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, HandcamError, WeightsError

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["main"]

log = logging.getLogger(__name__)


def main(
    *,
    source: Annotated[str | None, arg(metavar="SOURCE")] = None,
    headless: bool = False,
    duration: Annotated[float | None, arg(metavar="S")] = None,
    frames: Annotated[int | None, arg(metavar="N")] = None,
    record: Annotated[Path | None, arg(metavar="FOLDER")] = None,
    report: Annotated[Path | None, arg(metavar="FILE")] = None,
    weights: Annotated[Path | None, arg(metavar="FILE")] = None,
    runtime: str = "auto",
    detector: str = "mediapipe",
    drive: str = "auto",
    hand_length_cm: float | None = None,
    fov: float = 60.0,
    intrinsics: Annotated[str | None, arg(metavar="FX,FY,CX,CY|FILE")] = None,
    width: int = 640,
    height: int = 480,
    fps: float = 30.0,
    seed: int = 0,
    mirror: bool = False,
    fresh: bool = False,
    window: tuple[int, int] = (1280, 800),
    painted: bool = False,
    stream: UseAppendAction[tuple[str, ...]] = (),
    stream_joints: str = "common21",
    loop: bool = False,
    realtime: bool = True,
    screenshot: Annotated[Path | None, arg(metavar="FILE")] = None,
    after: Annotated[float, arg(metavar="S")] = 5.0,
) -> int:
    """Track hands live. --verbose says more.

    Args:
        source: webcam, webcam:1, webcam:URL, realsense, video:FILE, images:FOLDER, recording:FOLDER, demo or
            demo:two; without it the first camera that opens, else demo.
        headless: no window, a status line instead; chosen by itself where there is no display.
        duration: stop after this many seconds of frames (without a window).
        frames: stop after this many tracked frames (without a window).
        record: write a session into this new folder, from the first frame on.
        report: write the figures of the run to this JSON file.
        weights: a .safetensors file with its .json beside it; default: those that ship with handcam.
        runtime: how the model is run; auto takes the fastest that opens.
        detector: how hands are found.
        drive: modality that drives the latent: rgb, keypoints2d, ..., fused, or auto for what the weights recommend.
        hand_length_cm: your hand, wrist crease to tip of the straight middle finger; sets the scale without a depth
            sensor. Default: what was set last time in the window, else 19.
        fov: horizontal field of view of the camera in degrees, where no calibration is known.
        intrinsics: the camera's calibration in pixels of --width x --height pictures, or a JSON file with fx, fy, cx,
            cy, width and height.
        width: wanted picture width.
        height: wanted picture height.
        fps: wanted frame rate.
        seed: which demo hand and motion.
        mirror: show the picture mirrored; left and right stay those of the person.
        fresh: forget what was set last time in the window.
        window: width and height of the window.
        painted: draw the 3D view without Open3D.
        stream: send every result to osc:HOST:PORT, websocket:PORT, udp:HOST:PORT or zmq:PORT; may be repeated.
        stream_joints: joint order of streams, common21 or openxr26.
        loop: play a file again when it ends.
        realtime: play files at their own pace; --no-realtime tracks every frame of a file as fast as it goes.
        screenshot: save a picture of the window and quit.
        after: seconds before the screenshot is taken.
    """
    from handcam.api import open_tracker
    from handcam.cli._report import Report, check_writable, write
    from handcam.streams import StreamSettings, open_streams

    if min(width, height) < 16 or max(width, height) > 8192 or not 0 < fps <= 1000:
        raise HandcamError("--width and --height go from 16 to 8192, --fps up to 1000.")
    hand_cm = hand_length_cm or 100 * NOMINAL_HAND_LENGTH_M
    if not 5 <= hand_cm <= 40 or not 5 <= fov <= 170:
        raise HandcamError("--hand-length-cm goes from 5 to 40, --fov from 5 to 170.")
    if (duration is not None and duration <= 0) or (frames is not None and frames <= 0):
        raise HandcamError("--duration and --frames must be above 0.")
    camera = read_intrinsics(intrinsics, width, height) if intrinsics is not None else None
    settings = SourceSettings(width, height, fps, fov, camera, realtime, seed=seed)
    open_source = opener(source, settings)
    if report is not None:
        check_writable(report)
    if weights is not None and not weights.is_file():
        raise HandcamError(f"There is no weights file {weights}.")
    headless = headless or _without_window(screenshot)
    if not headless and (duration is not None or frames is not None):
        raise HandcamError("--duration and --frames end a run without a window; add --headless.")

    def tracker(runtime: str = runtime) -> "Tracker":
        opened = open_tracker(weights, runtime, detector, realtime)
        gc.freeze()  # the libraries just loaded stay for good: no frame waits while the collector looks through them
        return opened

    sink = Report(frames, lambda: live.finish())
    streams = open_streams(stream, StreamSettings(stream_joints))
    live = Live(
        open_source, tracker, Controls(drive=drive, hand_length_m=hand_cm / 100),
        sinks=[*streams, *([sink] if headless or report is not None else [])],
        record=record, lossless=not realtime, loop=loop, settings=asdict(settings),
    )  # fmt: skip
    try:
        if headless:
            from handcam.cli._headless import run_headless

            return run_headless(live, sink, duration, report)
        remember = _remember(fresh) if screenshot is None else None  # a screenshot is of the defaults
        said = frozenset((["mirror"] if mirror else []) + (["hand_length_cm"] if hand_length_cm is not None else []))
        view: dict[str, Any] = {"mirror": mirror, "reduced_3d": painted, "size": window, "after_s": after}
        view |= {"screenshot": screenshot, "remember": remember, "said": said}
        code = _run_window(live, settings, weights, (runtime, tracker), **view)
        if report is not None:
            live.stop()
            write(report, sink.summary(live.status(), live.recorded))
        return code
    finally:
        live.stop()
        for each in streams:
            each.close()


def _run_window(
    live: Live,
    settings: SourceSettings,
    weights: Path | None,
    runtime: "tuple[str, Callable[[str], Tracker]]",
    **options: Any,
) -> int:
    from handcam.api import runtimes_here
    from handcam.gui.application import show
    from handcam.gui.runtime_menu import Runtimes

    try:
        card = read_card(weights or default_weights())
    except WeightsError:
        card = None  # told in the window, by whoever opens them

    def change_source(source: str) -> None:
        live.restart(opener(source, settings))

    def change_runtime(name: str) -> None:
        try:
            live.exchange(lambda: runtime[1](name)).result()
        except CancelledError:
            raise HandcamError("The model was closed before another runtime had opened.") from None

    runtimes = Runtimes(runtimes_here(), runtime[0], change_runtime)
    return show(live, cameras, change_source, card, weights=weights, runtimes=runtimes, **options)


def _remember(fresh: bool) -> Path:
    """Where the window's settings are kept; with ``fresh`` there are none any more."""
    from handcam.gui.settings import settings_file

    path = settings_file()
    if fresh:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise HandcamError(f"The settings {path} cannot be forgotten ({error.strerror or error}).") from None
    return path


def _without_window(screenshot: Path | None) -> bool:
    """True where no window can be opened, and says why. A screenshot needs no display, only Qt."""
    problem = window_problem()
    if problem is None:
        return False
    if screenshot is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return False
    log.info("No window: %s. Running without one; Ctrl-C ends it.", problem)
    return True
