"""Calibrate a camera with a printed or shown board, several cameras to each other, or measure the hand's size."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from tyro.conf import arg

from handcam.calibration.board import BOARD, Board
from handcam.calibration.coverage import Coverage
from handcam.calibration.extrinsics import SharedBoards, SharedHands, SolvedRig
from handcam.calibration.hand_scale import FlatHands, hand_file, read_hand, write_hand
from handcam.calibration.lens import Lens, solve_lens
from handcam.calibration.rig import Rig, RigCamera, camera_file, read_rig, saved_lens, write_rig
from handcam.cli._calibration import frames_of, show_hand, show_lens, show_rig
from handcam.cli._options import ModelOptions, Seconds, completed
from handcam.pictures import write_picture
from handcam.ranges import HandLengthCm
from handcam.sources import SourceSettings, open_source, split_sources
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, Frame, HandcamError, Intrinsics, View
from handcam.validation import OutputFile

__all__ = ["KINDS"]

log = logging.getLogger(__name__)
_Source = Annotated[str, arg(metavar="SOURCE")]
_File = Annotated[OutputFile | None, arg(metavar="FILE")]
SquareMm = Annotated[float, Meta(gt=1, le=500), arg(metavar="MM")]
"""Edge of a square of the board."""
EVERY_S = 0.15
"""Least time between two looks for the board: views that follow each other at once are alike."""
MOST_BOARDS = 15
"""Places of the board that are enough for several cameras."""
RULER_SIGMA_M = 0.01
"""Standard deviation of a hand's length that somebody states: ends are as labels put them."""
TELL_S = 3.0
"""Interval at which it is said what is missing."""


def board(
    *, out: Annotated[OutputFile, arg(metavar="FILE")] = Path("handcam-board.pdf"), picture: _File = None
) -> None:
    """Write the board: print it, or show it full-screen on a phone or tablet.

    handcam calibrate board --out board.pdf

    Args:
        out: PDF of one page of A4, to scale.
        picture: the board alone as a picture, for a screen.
    """
    try:
        BOARD.write(out)
        if picture is not None:
            write_picture(picture, np.pad(BOARD.picture(160), 80, constant_values=255))
    except OSError as error:
        raise HandcamError(f"The board cannot be written ({error.strerror or error}).") from None
    print(f"Board: {out}. Printed at 100 % a square has {BOARD.square_m * 1000:g} mm; measure one and say --square-mm.")


def camera(
    *,
    source: _Source = "webcam",
    out: _File = None,
    picture: _File = None,
    duration: Annotated[Seconds, arg(metavar="S")] = 120.0,
    settings: SourceSettings = SourceSettings(),
) -> None:
    """Measure a camera's focal length and lens distortion with the board; its size does not matter.

    handcam calibrate camera --source webcam:0

    Show the board from all sides, near and far, and in every corner of the picture. What is found is saved for this
    camera at this resolution, and used from then on.

    Args:
        source: a camera, or a video or folder of pictures of the board.
        out: file to write instead of the one among the user's settings; needed for files.
        picture: picture of what was covered.
        duration: longest time to look, seconds.
    """
    asked = completed(settings)
    plain = Intrinsics.from_fov(
        asked.width, asked.height, np.radians(asked.fov_deg)
    )  # the camera's pictures as they are
    opened = open_source(source, replace(asked, intrinsics=plain, distortion=(), calibration=None))
    covered: Coverage | None = None
    last: Frame | None = None
    with closing(opened):
        said = 0.0
        for frame in frames_of(opened, duration, EVERY_S):
            if frame.color is None:
                raise HandcamError(f"{opened.name} gives no colour; calibrate a camera that does.")
            last = frame
            covered = covered or Coverage(frame.intrinsics.width, frame.intrinsics.height, BOARD)
            view = BOARD.find(frame.color)
            if view is not None:
                covered.add(view)
            if covered.complete:
                break
            if opened.live and time.monotonic() - said > TELL_S:
                said = time.monotonic()
                log.info("%d views. %s", len(covered.views), covered.advice if view else "The board is not seen.")
    if covered is None or last is None or last.color is None:
        raise HandcamError(f"{opened.name} gave no picture.")
    solved = solve_lens(covered.views, covered.width, covered.height)
    if not covered.complete:
        log.warning("Not all was covered: %s The error bars below count on what was seen.", covered.advice)
    if picture is not None:
        write_picture(picture, covered.draw(last.color)[..., ::-1])
    name = getattr(opened, "camera", "")
    if out is None and not name:
        raise HandcamError(f"{opened.name} is no camera of this machine; say where to write with --out FILE.")
    path = out or camera_file([name], [(covered.width, covered.height)])
    write_rig(path, Rig((RigCamera(name or opened.name, solved.lens),)))
    show_lens(solved, path, used_by_itself=out is None)


def hand(
    *,
    source: _Source = "webcam",
    beside: Literal["card", "a4", "board"] = "card",
    square_mm: SquareMm = 1000 * BOARD.square_m,
    out: _File = None,
    duration: Annotated[Seconds, arg(metavar="S")] = 30.0,
    settings: SourceSettings = SourceSettings(),
    model: ModelOptions = ModelOptions(),
) -> None:
    """Measure your hand beside a bank card, a sheet of A4 or the board: its length and bones, with an error bar.

    handcam calibrate hand --source webcam:0 --beside card

    Lay the open hand and the card flat on a table, and look at both from above for a second or two. What is found is
    saved, and sets the scale of handcam run from then on.

    Args:
        source: a camera, or a video or folder of pictures.
        beside: what lies beside the hand.
        square_mm: edge of a square of the board as you measured it, for --beside board.
        out: file to write instead of the one among the user's settings.
        duration: longest time to look, seconds.
    """
    from handcam.api import open_tracker

    opened = open_source(source, completed(settings))
    seen = FlatHands(beside, Board(square_m=square_mm / 1000))
    assumed = False
    with closing(opened), closing(open_tracker(model.weights, model.runtime)) as tracker:
        said, missing = 0.0, ""
        for frame in frames_of(opened, duration):
            result = tracker.track(frame, Controls(filters=()))
            missing, assumed = seen.add(frame, [found.raw for found in result.hands]), frame.intrinsics.assumed
            if seen.complete:
                break
            if missing and opened.live and time.monotonic() - said > TELL_S:
                said = time.monotonic()
                log.info("%d of %d pictures. %s", len(seen.planes), seen.wanted, missing)
    found = replace(seen.measure(), created=datetime.now(UTC).isoformat(timespec="seconds"))
    path = out or hand_file()
    write_hand(path, found)
    show_hand(found, path)
    if assumed:
        log.warning("The camera is not calibrated: handcam calibrate camera makes this surer where it looks aslant.")


def rig(
    *,
    source: _Source,
    by: Literal["hand", "board"] = "hand",
    hand_length_cm: Annotated[HandLengthCm | None, arg(metavar="CM")] = None,
    square_mm: SquareMm = 1000 * BOARD.square_m,
    out: _File = None,
    duration: Annotated[Seconds, arg(metavar="S")] = 20.0,
    settings: SourceSettings = SourceSettings(),
    model: ModelOptions = ModelOptions(),
) -> None:
    """Find out how several cameras stand to each other, by one hand that moves before all of them, or by the board.

    handcam calibrate rig --source webcam:0+webcam:1

    Move one open hand slowly through the space that all cameras see, and turn it. With --by board, hold the board in at
    least three places where two cameras see it. What is found is saved for these cameras, and used from then on.

    Args:
        source: cameras, or files, joined by a plus.
        by: what is shown.
        hand_length_cm: the hand's length, which sets the scale; default: as handcam calibrate hand measured it, else
            19, which then counts as assumed.
        square_mm: edge of a square of the board as you measured it.
        out: file to write instead of the one among the user's settings; needed for files.
        duration: longest time to look, seconds.
    """
    if len(split_sources(source)) < 2:
        raise HandcamError(f"{source} is one camera; join several by a plus, as in webcam:0+webcam:1.")
    asked = completed(settings)
    known = None if asked.calibration is None else read_rig(asked.calibration)
    opened = open_source(source, asked)
    with closing(opened):
        cameras: tuple[str, ...] = getattr(opened, "cameras", ())
        if out is None and not cameras:
            raise HandcamError(f"{opened.name} are no cameras of this machine; say where to write with --out FILE.")
        frames = frames_of(opened, duration, EVERY_S if by == "board" else 0.0)
        views, solve = (_shared_boards if by == "board" else _shared_hands)(frames, square_mm, hand_length_cm, model)
    if not views:
        raise HandcamError(f"{opened.name} gave no picture.")
    sizes = [(view.intrinsics.width, view.intrinsics.height) for view in views]
    names = cameras or tuple(opened.name.split("+"))
    if known is not None:
        lenses = [one.lens for one in known.cameras]
    else:
        saved = [saved_lens(name, *size) if cameras else None for name, size in zip(names, sizes, strict=True)]
        lenses = [lens or Lens(view.intrinsics) for lens, view in zip(saved, views, strict=True)]
    solved = solve(names, lenses)
    path = out or camera_file(cameras, sizes)
    write_rig(path, solved.rig)
    show_rig(solved, path, used_by_itself=out is None)


def _shared_hands(
    frames: Iterator[Frame], square_mm: float, hand_length_cm: float | None, model: ModelOptions
) -> tuple[tuple[View, ...], Callable[[Sequence[str], Sequence[Lens]], SolvedRig]]:
    """Track one hand in every camera by itself."""
    from handcam.api import open_tracker

    measured = read_hand(hand_file()) if hand_length_cm is None else None
    length_m, sigma_m = NOMINAL_HAND_LENGTH_M, None
    if hand_length_cm is not None:
        length_m, sigma_m = hand_length_cm / 100, RULER_SIGMA_M
    elif measured is not None:
        length_m, sigma_m = measured.length_m, measured.sigma_m
    views: tuple[View, ...] = ()
    shared: SharedHands | None = None
    with closing(open_tracker(model.weights, model.runtime)) as tracker:
        trackers = [tracker]
        for frame in frames:
            views = frame.views
            trackers += [tracker.for_another_camera() for _ in views[len(trackers) :]]
            shared = shared or SharedHands(len(views))
            controls = Controls(filters=(), max_hands=1)
            seen = [each.track(part, controls).hands for each, part in zip(trackers, frame.split(), strict=True)]
            shared.add(frame, [[hand.raw for hand in hands] for hands in seen])
        for other in trackers[1:]:
            other.close()

    def solve(names: Sequence[str], lenses: Sequence[Lens]) -> SolvedRig:
        assert shared is not None
        return shared.solve(names, lenses, length_m, sigma_m)

    return views, solve


def _shared_boards(
    frames: Iterator[Frame], square_mm: float, hand_length_cm: float | None, model: ModelOptions
) -> tuple[tuple[View, ...], Callable[[Sequence[str], Sequence[Lens]], SolvedRig]]:
    """Look for the board in every camera."""
    views: tuple[View, ...] = ()
    shared: SharedBoards | None = None
    for frame in frames:
        views = frame.views
        shared = shared or SharedBoards(len(views), Board(square_m=square_mm / 1000))
        shared.add(frame)
        if shared.shared >= MOST_BOARDS:
            break

    def solve(names: Sequence[str], lenses: Sequence[Lens]) -> SolvedRig:
        assert shared is not None
        return shared.solve(names, lenses)

    return views, solve


KINDS = {"board": board, "camera": camera, "hand": hand, "rig": rig}
"""What can be calibrated."""
