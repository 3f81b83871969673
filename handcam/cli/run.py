"""Track hands live, in a window or without one."""

import gc
import logging
import math
import os
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import UseAppendAction, arg

from handcam.cli._cameras import cameras, opener
from handcam.cli._display import window_problem
from handcam.cli._options import Detector, FilterName, ModelOptions, Seconds, WindowOptions, completed, hand_length_m
from handcam.hand.conventions import ConventionName
from handcam.live import Live
from handcam.model.weights import read_card
from handcam.ranges import HandLengthCm
from handcam.sources import SourceSettings
from handcam.types import Controls, HandcamError, Intrinsics, WeightsError, shorten
from handcam.validation import Count, OutputFile, OutputFolder

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["RunOptions", "main"]

log = logging.getLogger(__name__)
MEASURE_AFTER_S = 20.0
"""Time that the first start has for itself before the runtimes are measured beside it."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Length and products of a run."""

    headless: bool = False
    """No window, a status line instead; chosen by itself where there is no display."""
    duration: Annotated[Seconds | None, arg(metavar="S")] = None
    """Stop after this many seconds of frames (without a window)."""
    frames: Annotated[Count | None, arg(metavar="N")] = None
    """Stop after this many tracked frames (without a window)."""
    record: Annotated[OutputFolder | None, arg(metavar="FOLDER")] = None
    """Write a session into this new folder, from the first frame on."""
    report: Annotated[OutputFile | None, arg(metavar="FILE")] = None
    """Write the figures of the run to this JSON file."""


def main(
    *,
    source: Annotated[str | None, arg(metavar="SOURCE")] = None,
    detector: Detector = "palm",
    modality: str = "auto",
    hand_length_cm: Annotated[HandLengthCm | None, arg(metavar="CM")] = None,
    filters: tuple[FilterName, ...] = Controls().filters,
    mirror: bool = False,
    software_3d: bool = False,
    reset_settings: bool = False,
    stream: UseAppendAction[tuple[str, ...]] = (),
    stream_joints: ConventionName = "common21",
    gestures: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
    run: RunOptions = RunOptions(),
    source_settings: SourceSettings = SourceSettings(),
    model: ModelOptions = ModelOptions(),
    window: WindowOptions = WindowOptions(),
) -> int:
    """Track hands live. --verbose says more.

    Args:
        source: webcam, webcam:1, webcam:URL, realsense, video:FILE, images:FOLDER, recording:FOLDER, demo or
            demo:two; without it the first camera that opens, else demo.
        detector: how hands are found.
        modality: input modality that drives the latent: rgb, keypoints2d, ..., fused, or auto for what the weights
            recommend.
        hand_length_cm: your hand, wrist crease to tip of the straight middle finger; sets the scale without a depth
            sensor. Default: as handcam calibrate hand measured it, else what was set last time in the window, else 19.
        filters: what is done with the poses, in order: one_euro smooths them, motion does so by a learnt prior of
            how hands move, ik after it solves rotations and keeps bones rigid, ik_closed_form does so without a net.
        mirror: show the picture mirrored; left and right stay those of the person.
        software_3d: draw the 3D view in software, without Open3D.
        reset_settings: forget what was set last time in the window.
        stream: send every result to osc:HOST:PORT, websocket:PORT, udp:HOST:PORT or zmq:PORT; may be repeated.
        stream_joints: joint convention of streams (docs/conventions.md).
        gestures: recognise the gestures of this file, and teach into it in the window.
    """
    from handcam.api import open_tracker
    from handcam.cli._report import Report, outcome, write
    from handcam.gestures.taught import TaughtGestures
    from handcam.gestures.teacher import Teacher
    from handcam.streams import StreamSettings, open_streams

    settings = completed(source_settings)
    controls = _with_scale(Controls(drive=modality, filters=filters), hand_length_cm)
    prefer = "" if source is not None or run.headless or reset_settings else _last_camera()
    once = replace(settings, loop=False)  # the capture thread loops, and the window may stop it
    open_source = opener(source, once, prefer)
    if modality != "auto":  # before anything is opened for it
        there = ("auto", "fused", *read_card(model.path()).encoders)
        if modality not in there:
            raise HandcamError(f"--modality is {shorten(repr(modality))}; it must be one of {', '.join(there)}.")
    if run.headless and window.screenshot is not None:
        raise HandcamError("--screenshot is a picture of the window; leave out --headless.")
    if stream_joints != "common21" and not stream:
        raise HandcamError("--stream-joints orders the joints of streams; add --stream.")
    headless = run.headless or _without_window(window.screenshot)
    if not headless and (run.duration is not None or run.frames is not None):
        raise HandcamError("--duration and --frames end a run without a window; add --headless.")

    def tracker(runtime: str = model.runtime) -> "Tracker":
        opened = open_tracker(model.weights, runtime, detector, settings.realtime, at_once=not headless)
        gc.freeze()  # the libraries just loaded stay for good: no frame waits while the collector looks through them
        return opened

    if not headless:
        controls = replace(controls, recorded=True)  # a session shows what was recorded, until one asks for more
    sink = Report(run.frames, lambda: live.finish())
    streams = open_streams(stream, StreamSettings(stream_joints))
    live = Live(
        open_source, tracker, controls, sinks=[*streams, *([sink] if headless or run.report is not None else [])],
        record=run.record, lossless=not settings.realtime, loop=settings.loop, stills=not headless,
        settings=asdict(settings),
    )  # fmt: skip
    if gestures is not None:
        known = TaughtGestures.read(gestures) if gestures.exists() else TaughtGestures()
        if headless and not known.examples:
            raise HandcamError(f"{gestures} holds no gestures; teach them in the window, or by handcam gestures train.")
        live.recogniser = Teacher(known, read_card(model.path()).sha256)
    try:
        if headless:
            from handcam.cli._headless import run_headless

            return run_headless(live, sink, run.duration, run.report)
        kept = _settings_file(reset_settings) if window.screenshot is None else None  # a screenshot shows defaults
        sized = hand_length_cm is not None or controls.hand_sigma_m is not None
        overridden = {"mirror": mirror, "hand_length_cm": sized,
                      "smooth": filters != Controls().filters, "drive": modality != "auto"}  # fmt: skip
        given = frozenset(name for name, was_given in overridden.items() if was_given)
        view: dict[str, Any] = {
            "source": source or "", "mirror": mirror, "reduced_3d": software_3d, "settings_file": kept,
            "overridden": given, "gestures": gestures,
        }  # fmt: skip
        code = _run_window(live, settings, model, tracker, window, **view)
        live.stop()
        failures = outcome(replace(live.status(), failure=None), live.recorded)  # what failed was seen in the window
        for failure in failures:
            log.error("%s", failure)
        if run.report is not None:
            write(run.report, sink.summary(live.status(), live.recorded))
        return code or int(bool(failures))
    finally:
        live.stop()
        for each in streams:
            each.close()


def _with_scale(controls: Controls, hand_length_cm: float | None) -> Controls:
    """The hand's length as it is stated, else as ``handcam calibrate hand`` measured it, else nominal."""
    from handcam.calibration.hand_scale import hand_file, read_hand

    hand = read_hand(hand_file()) if hand_length_cm is None else None
    if hand is None:
        return replace(controls, hand_length_m=hand_length_m(hand_length_cm))
    log.info(
        "Scale: your hand as it was measured beside the %s, %.1f ± %.1f cm.", hand.reference,
        100 * hand.model_length_m, 100 * hand.model_sigma_m,
    )  # fmt: skip
    return replace(controls, hand_length_m=hand.model_length_m, hand_sigma_m=hand.model_sigma_m)


def _run_window(
    live: Live,
    settings: SourceSettings,
    model: ModelOptions,
    open_tracker: "Callable[[str], Tracker]",
    window: WindowOptions,
    **options: Any,
) -> int:
    """Show the window until it is closed, with what changes source and engine while it runs."""
    from handcam.api import runtimes_here
    from handcam.gui.application import show
    from handcam.gui.sources.source_control import RuntimeChoice
    from handcam.gui.window import CameraOptions
    from handcam.paths import shipped
    from handcam.runtimes import measure_beside

    try:
        card = read_card(model.path())
    except WeightsError:
        card = None  # the window says so when the model is opened

    present = [options["source"]]

    def change_source(source: str) -> None:
        live.restart(opener(source, replace(settings, loop=False)))
        present[0] = source

    def open_raw(raw: bool) -> None:
        plain = Intrinsics.from_fov(settings.width, settings.height, math.radians(settings.fov_deg))
        uncalibrated = replace(settings, intrinsics=plain, distortion=(), calibration=None)
        live.restart(opener(present[0] or None, replace(uncalibrated if raw else settings, loop=False)))

    def change_runtime(name: str) -> None:
        try:
            live.swap_tracker(lambda: open_tracker(name)).result()
        except CancelledError:
            raise HandcamError("The model was closed before another runtime had opened.") from None

    runtimes = RuntimeChoice(runtimes_here(), model.runtime, change_runtime)
    camera = CameraOptions(cameras, change_source, open_raw, runtimes=runtimes, **options)
    if model.runtime == "auto" and window.screenshot is None:
        later = Timer(MEASURE_AFTER_S, measure_beside, [[model.path(), shipped("weights/palm.safetensors")]])
        later.daemon = True
        later.start()
    return show(live, camera, card, model.weights, screenshot=window.screenshot, after_s=window.after,
                size=window.window)  # fmt: skip


def _last_camera() -> str:
    """The camera that was picked last in the window."""
    from handcam.gui.settings.store import kept_settings
    from handcam.paths import settings_file

    return kept_settings(settings_file()).camera


def _settings_file(reset: bool) -> Path:
    """The file of the window's settings; with ``reset`` it is deleted."""
    from handcam.paths import settings_file

    path = settings_file()
    if reset:
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
