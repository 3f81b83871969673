"""Track the hands of videos, folders of pictures, RealSense recordings and sessions, into files."""

import json
from pathlib import Path
from typing import Annotated

from msgspec import Meta
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from tyro.conf import Positional, arg

from handcam.api.clips import RUNTIME
from handcam.batch import Done, JobSettings, jobs_of, run_all
from handcam.cli._options import FilterName, hand_length_m
from handcam.gestures.taught import TaughtGestures
from handcam.plugins import names
from handcam.ranges import FieldOfView, HandLengthCm
from handcam.session.export import ExportSettings, suffix
from handcam.sources import SourceSettings
from handcam.types import Controls, HandcamError, Intrinsics
from handcam.validation import Count, InputFile, one_of

__all__ = ["main"]


def main(
    files: Positional[Annotated[tuple[str, ...], arg(metavar="FILE [FILE ...]")]],
    /,
    *,
    out: Annotated[str | None, arg(metavar="FOLDER")] = None,
    to: Annotated[tuple[str, ...], arg(metavar=f"{{{','.join(names('handcam.session.export'))}}} [...]")] = (
        "csv",
        "sheet",
    ),
    overlay: bool = False,
    smooth: bool = True,
    filters: tuple[FilterName, ...] = Controls().filters,
    hand_length_cm: Annotated[HandLengthCm | None, arg(metavar="CM")] = None,
    hands: Annotated[int, Meta(ge=1, le=4)] = 2,
    fps: Annotated[float, Meta(ge=0.01, le=1000)] = 30.0,
    fov_deg: FieldOfView = 60.0,
    intrinsics: Intrinsics | None = None,
    gestures: Annotated[InputFile | None, arg(metavar="FILE")] = None,
    jobs: Annotated[Count, arg(metavar="N")] = 1,
    ray: Annotated[str | None, arg(metavar="ADDRESS")] = None,
    again: bool = False,
    weights: Annotated[InputFile | None, arg(metavar="FILE")] = None,
    runtime: Annotated[str, one_of("handcam.runtimes", "auto")] = RUNTIME,
    settings: ExportSettings = ExportSettings(),
) -> int:
    """Track the hands of videos, folders of pictures, RealSense recordings and sessions, into files.

    Every frame is tracked, by its own clock, then the whole clip is smoothed. The same file gives the same tables, to
    the byte.

    Args:
        files: videos, folders of videos or of pictures, .bag files, sessions, or URLs that fsspec reads.
        out: folder or URL to write to; by default beside each file.
        to: formats, as of handcam convert; sheet is a picture to check by eye.
        overlay: write the video with the hands drawn in, too.
        smooth: look ahead as well as back, decide sides once a track, fit bones, fill gaps below 0.2 s.
        filters: what is done with the poses, in order; the smoothing takes the place of one_euro, motion
            makes it that of the learnt prior of motion; ik or ik_closed_form then solve rotations and keep bones
            rigid.
        hand_length_cm: the hand, wrist crease to tip of the middle finger; sets the scale where no sensor does.
        hands: most hands to track.
        fps: rate of folders of pictures.
        fov_deg: horizontal field of view of files that know none.
        intrinsics: calibration of the camera, in its place.
        gestures: find the gestures of this file, of handcam gestures train or the window's Teach.
        jobs: local processes.
        ray: address of a Ray cluster, auto, or local to start one here.
        again: do what was done before once more.
        weights: a .safetensors file with its .json beside it; default: those that ship with handcam.
        runtime: engine, NAME or NAME:PRECISION.
        raw: animations and labels: the poses before they are smoothed.
    """
    if not files:
        raise HandcamError("Which files? Give videos, folders or sessions: handcam track clip.mp4.")
    formats: tuple[str, ...] = (*to, "overlay") if overlay and "overlay" not in to else to
    for format in formats:
        suffix(format)  # an unknown one is refused before anything is tracked
    todo = jobs_of(files, out, JobSettings(
        formats, smooth, Controls(filters=filters, hand_length_m=hand_length_m(hand_length_cm), max_hands=hands),
        SourceSettings(fps=fps, fov_deg=fov_deg, intrinsics=intrinsics), settings,
        None if weights is None else str(weights), runtime, again,
        None if gestures is None else TaughtGestures.read(gestures),
    ))  # fmt: skip
    ended = _followed(todo, jobs, ray)
    failed = [done for done in ended if done.status == "failed"]
    if out is not None and "://" not in out:
        text = json.dumps([{name: getattr(done, name) for name in done.__struct_fields__} for done in ended], indent=1)
        (Path(out) / "summary.json").write_text(text + "\n", "utf-8")
    if len(ended) == 1 and not failed:
        print(*ended[0].files, sep="\n")
    else:
        Console().print(_table(ended))
    for done in failed:
        Console(stderr=True).print(f"{done.input}: {done.reason}", markup=False, highlight=False, soft_wrap=True)
    return 1 if failed else 0


def _followed(todo: list, jobs: int, ray: str | None) -> list[Done]:
    """Do it all under a bar with the time left."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task, ended = bar.add_task("files", total=len(todo)), []
        for done in run_all(todo, jobs, ray, lambda share: bar.update(task, completed=len(ended) + share)):
            ended.append(done)
            bar.update(task, completed=len(ended))
            if not console.is_terminal and len(todo) > 1:
                console.print(f"{len(ended)} of {len(todo)}: {done.input} {done.status}", markup=False, highlight=False)
    order = {job.input: i for i, job in enumerate(todo)}
    return sorted(ended, key=lambda done: order[done.input])


def _table(ended: list[Done]) -> Table:
    table = Table("file", "", "frames", "with hands", "clip", "took", "times real time")
    for done in ended:
        speed = f"{done.clip_s / done.took_s:.1f}" if done.took_s and done.status == "done" else ""
        table.add_row(
            done.input.rpartition("/")[2], done.status, str(done.frames), str(done.with_hands), f"{done.clip_s:.1f} s",
            f"{done.took_s:.1f} s", speed,
        )  # fmt: skip
    return table
