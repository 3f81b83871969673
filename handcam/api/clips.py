"""Track whole clips: every frame by its own clock, then smoothed with what comes before and after."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from handcam import types
from handcam.api.parts import open_tracker
from handcam.api.results import Result
from handcam.filters import Filter, smoothing
from handcam.plugins import load
from handcam.session import FrameEntry, open_session
from handcam.session.export import unix_start_ns
from handcam.session.format import HEADER_FILE, anonymous_source
from handcam.session.parse import with_capture_times
from handcam.session.reader import median_fps
from handcam.sources import Seekable, Source, SourceSettings, open_source
from handcam.tracking.smooth import smooth_clip
from handcam.types import Array, Controls, HandcamError, HandCrop, Intrinsics

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["RUNTIME", "Clip", "Kept", "source_of", "track_clip", "track_file"]

RUNTIME = "openvino:int8"
"""Runtime of whole clips: named, not measured, so that the same clip gives the same numbers."""
_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}


def source_of(path: Path) -> str:
    """Name the source that reads a file or folder: a session, pictures, a RealSense recording or a video.

    Raises:
        HandcamError: there is nothing.
    """
    if not path.exists():
        raise HandcamError(f"There is no file or folder {path}.")
    if path.is_dir():
        return f"{'recording' if (path / HEADER_FILE).is_file() else 'images'}:{path}"
    suffix = path.suffix.lower()
    return f"{'realsense' if suffix in ('.bag', '.db3') else 'images' if suffix in _PICTURES else 'video'}:{path}"


def track_file(
    path: str | Path,
    *,
    smooth: bool = True,
    controls: Controls = Controls(),
    weights: str | Path | None = None,
    runtime: str = RUNTIME,
    intrinsics: Intrinsics | None = None,
    fov_deg: float = 60.0,
) -> Iterator[Result]:
    """Track the hands of a video, a folder of pictures, a RealSense recording or a session, frame by frame.

    Times are the file's own, and the same file gives the same numbers.

    Args:
        path: the file or folder.
        smooth: look ahead as well as back: the whole clip is read before the first result comes, and results then hold
            no pictures. Without it results come as the file is read.
        controls: the user's hand length and everything else that can be set.
        weights: a safetensors file; None for those that ship with the program.
        runtime: how the model is run.
        intrinsics: camera of files that know none; scaled to their size.
        fov_deg: horizontal field of view to assume where no intrinsics are given.

    Raises:
        HandcamError: the file cannot be read, or something cannot be loaded.
    """
    source = source_of(Path(path).expanduser())
    settings = SourceSettings(fov_deg=fov_deg, intrinsics=intrinsics)
    tracker = open_tracker(None if weights is None else Path(weights), runtime)
    try:
        if smooth:
            yield from map(Result.of, track_clip(source, tracker, controls, settings).results)
            return
        opened = open_source(source, replace(settings, realtime=False))
        try:
            yield from (Result.of(result) for _, result in _tracked(opened, tracker, controls))
        finally:
            opened.close()
    finally:
        tracker.close()


def _tracked(opened: Source, tracker: "Tracker", controls: Controls) -> Iterator[tuple[int, types.Result]]:
    """Every frame's place in the file and result; its times, also ``time_ns``, are the file's own."""
    tracker.reset()
    for n in itertools.count():
        frame = opened.read()
        if frame is None:
            return
        time_ns = frame.index if frame.device_time_ns is None else frame.device_time_ns
        place = opened.position - 1 if isinstance(opened, Seekable) else n
        yield place, tracker.track(replace(frame, time_ns=time_ns), controls)


class Kept(NamedTuple):
    """What is known of the pictures of a frame that does not hold them."""

    place: int
    """Where it stands in the file."""
    color: bool
    """There is a colour picture."""
    depth: bool
    """There is a depth picture."""


class Clip:
    """A tracked clip: a :class:`~handcam.session.export.Recording`, whose pictures are read again when asked for."""

    def __init__(
        self, results: list[types.Result], kept: list["Kept"], open: Callable[[], Source], header: Mapping[str, Any]
    ) -> None:
        """
        Args:
            results: of every frame, without pictures.
            kept: what is known of each frame's pictures.
            open: opens the file.
            header: where the clip comes from.
        """
        self.results, self.header = results, header
        self.events: tuple[dict[str, Any], ...] = ()
        self.frames = with_capture_times([
            replace(FrameEntry.of(result.frame, n), has_color=one.color, has_depth=one.depth)
            for n, (result, one) in enumerate(zip(results, kept, strict=True))
        ])  # fmt: skip
        self.fps = median_fps(self.frames)
        self._places, self._open = [one.place for one in kept], open
        self._source: Source | None = None

    def result(self, n: int) -> types.Result:
        return self.results[n]

    def pictures(self, n: int) -> tuple[Array | None, Array | None]:
        """Colour and depth of frame ``n``; going forward is fast."""
        if self._source is None:
            self._source = self._open()
        if isinstance(self._source, Seekable) and self._source.position != self._places[n]:
            self._source.seek(self._places[n])
        frame = self._source.read()
        return (None, None) if frame is None else (frame.color, frame.depth)

    def close(self) -> None:
        """Close the file."""
        if self._source is not None:
            self._source.close()


def track_clip(
    source: str,
    tracker: "Tracker",
    controls: Controls = Controls(),
    settings: SourceSettings = SourceSettings(),
    smooth: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Clip:
    """Track every frame of a file and smooth the whole (:mod:`handcam.tracking.smooth`).

    The same file gives the same numbers, however fast it is read.

    Args:
        source: ``scheme:rest``, e.g. of :func:`source_of`.
        tracker: is reset first.
        controls: settings of the user; with ``smooth``, which takes the place of ``one_euro`` and looks ahead by the
            prior of ``motion`` where that is chosen, the other filters come after it.
        settings: camera of files that know none, and the rate of pictures.
        smooth: look ahead as well as back, decide sides once a track, fit bones, fill short gaps.
        progress: called with (frames done, frames in all, or 0 where nobody knows).

    Raises:
        HandcamError: the file cannot be read, or shows no frame.
    """
    prior, rest = "motion" in controls.filters, smoothing(controls.filters, False) if smooth else ()
    controls = replace(controls, filters=()) if smooth else controls
    settings = replace(settings, realtime=False, loop=False)
    results: list[types.Result] = []
    kept: list[Kept] = []
    opened = open_source(source, settings)
    try:
        total = opened.length if isinstance(opened, Seekable) else 0
        for place, result in _tracked(opened, tracker, controls):
            kept.append(Kept(place, result.frame.color is not None, result.frame.depth is not None))
            results.append(_without_pictures(result))
            progress(len(results), total)
    finally:
        opened.close()
    if not results:
        raise HandcamError(f"{anonymous_source(source)} holds no frame that can be read.")
    clip = Clip(results, kept, partial(open_source, source, settings), _header(source, tracker))
    times_ns = np.array([entry.capture_ns for entry in clip.frames])
    if smooth and (np.diff(times_ns) > 0).all():
        clip.results = smooth_clip(results, (times_ns - times_ns[0]) / 1e9, prior)
    clip.results = _filtered(clip.results, times_ns, rest)
    return clip


def _filtered(results: list[types.Result], times_ns: Array, filters: tuple[str, ...]) -> list[types.Result]:
    """Apply filters to the poses of every track in turn."""
    opened: dict[tuple[int, str], Filter] = {}
    out: list[types.Result] = []
    for result, time_ns in zip(results, times_ns.tolist(), strict=True):
        hands: list[types.TrackedHand] = []
        for hand in result.hands:
            pose = hand.pose
            for name in filters:
                if (hand.track, name) not in opened:
                    opened[hand.track, name] = load("handcam.filters", name).open()
                pose = opened[hand.track, name].apply(pose, time_ns)
            hands.append(replace(hand, pose=pose))
        out.append(replace(result, hands=tuple(hands)))
    return out


def _header(source: str, tracker: "Tracker") -> dict[str, Any]:
    card = tracker.card
    head: dict[str, Any] = {
        "source": anonymous_source(source), "weights": {"name": card.name, "sha256": card.sha256},
    }  # fmt: skip
    if source.startswith("recording:"):
        with open_session(source.partition(":")[2]) as session:
            start = datetime.fromtimestamp(unix_start_ns(session) / 1e9, UTC).isoformat(timespec="milliseconds")
            head |= {"created": start, "time_ns": session.frames[0].capture_ns}
    return head


def _without_pictures(result: types.Result) -> types.Result:
    """What is kept of a frame in a long clip; nothing that depends on the machine's speed."""
    hands = tuple(
        replace(hand, crop=None if hand.crop is None else _bare(hand.crop), posteriors={}) for hand in result.hands
    )
    frame = replace(result.frame, color=None, depth=None)
    return replace(result, frame=frame, hands=hands, times_ms={}, time_ns=frame.time_ns)


def _bare(crop: HandCrop) -> HandCrop:
    return replace(crop, color=None, depth_m=None)
