"""One file to track: read it, track and smooth the clip, write the formats, and mark it done; all or nothing."""

import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from handcam.api.clips import RUNTIME, source_of, track_clip
from handcam.api.parts import open_tracker
from handcam.gestures.recogniser import Recogniser
from handcam.gestures.taught import TaughtGestures
from handcam.installation import needs
from handcam.paths import write_atomic
from handcam.session.export import ExportError, ExportSettings, convert, suffix
from handcam.session.format import encode
from handcam.sources import SourceSettings
from handcam.types import Controls, HandcamError
from handcam.version import __version__

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["Done", "Job", "JobSettings", "is_remote", "run"]

log = logging.getLogger(__name__)
_SAMPLED = 1 << 20
"""Bytes at either end of a file by which it is known again."""


@dataclass(frozen=True)
class JobSettings:
    """What to do with every file."""

    formats: tuple[str, ...] = ("csv", "sheet")
    """What to write."""
    smooth: bool = True
    """Look ahead as well as back (:mod:`handcam.tracking.smooth`)."""
    controls: Controls = field(default_factory=Controls)
    """The user's hand length and number of hands."""
    source: SourceSettings = field(default_factory=SourceSettings)
    """Camera of files that know none, and the rate of pictures."""
    export: ExportSettings = field(default_factory=ExportSettings)
    """Settings of the formats."""
    weights: str | None = None
    """A safetensors file; None for those that ship with the program."""
    runtime: str = RUNTIME
    """How the model is run."""
    again: bool = False
    """Do what is marked as done once more."""
    gestures: TaughtGestures | None = None
    """Gestures to find."""


@dataclass(frozen=True)
class Job:
    """One file."""

    input: str
    """File, folder or URL."""
    out: str
    """Folder or URL of what is written."""
    name: str
    """Name of what is written, without its ending."""
    settings: JobSettings = field(default_factory=JobSettings)
    """What to do with it."""


class Done(msgspec.Struct):
    """What became of a job."""

    input: str
    """File, folder or URL."""
    status: Literal["done", "kept", "failed"]
    """``kept``: it was done before."""
    files: list[str] = []
    """What was written."""
    frames: int = 0
    """Frames tracked."""
    with_hands: int = 0
    """Frames with a hand."""
    clip_s: float = 0.0
    """Length of the clip."""
    took_s: float = 0.0
    """Time it took."""
    key: str = ""
    """What it was made of: the file's contents, the settings, the weights and the version."""
    reason: str = ""
    """Why it failed."""


def is_remote(path: str) -> bool:
    """True for a URL, which fsspec reads and writes."""
    return "://" in path


def run(job: Job, progress: Callable[[float], None] = lambda share: None) -> Done:
    """Do one job; what fails is an error in the returned answer."""
    start = time.monotonic()
    try:
        with _local(job.input) as path:
            key = _key(path, job)
            before = None if job.settings.again else _marked(job)
            if before is not None and before.key == key:
                return msgspec.structs.replace(before, status="kept", input=job.input)
            done = _track(job, path, key, progress)
            done.took_s = round(time.monotonic() - start, 3)
            _put(job, f"{job.name}.done.json", encode(done) + b"\n")
            return done
    except (HandcamError, OSError) as error:
        log.debug("%s", job.input, exc_info=True)
        return Done(job.input, "failed", reason=str(error))


def _track(job: Job, path: Path, key: str, progress: Callable[[float], None]) -> Done:
    settings = job.settings
    tracker = _tracker(settings.weights, settings.runtime)

    def report(done: int, total: int) -> None:
        progress(done / total if total else 0.0)

    clip = track_clip(source_of(path), tracker, settings.controls, settings.source, settings.smooth, report)
    if settings.gestures is not None:
        recogniser = Recogniser(settings.gestures, tracker.card.sha256)
        clip.results = [recogniser.apply(result) for result in clip.results]
    files: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix=f".{job.name}.", dir=_folder_for(job)) as folder:
            for format in settings.formats:
                try:
                    made = convert(
                        clip, format, Path(folder) / f"{job.name}{suffix(format) or '.' + format}", settings.export
                    )
                except ExportError as error:
                    if "no hand" not in str(error):
                        raise
                    made = []  # a clip without a hand has tables and no animation
                files += [_publish(job, file) for file in made]
    finally:
        clip.close()
    last = clip.frames[-1].capture_ns - clip.frames[0].capture_ns
    seen = sum(bool(result.hands) for result in clip.results)
    return Done(job.input, "done", files, len(clip.results), seen, last / 1e9, key=key)


@cache
def _tracker(weights: str | None, runtime: str) -> "Tracker":
    """One tracker for all jobs of a process."""
    return open_tracker(None if weights is None else Path(weights), runtime)


def _key(path: Path, job: Job) -> str:
    """Digest of what the outputs depend on."""
    digest = hashlib.sha256()
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.name} {size}\n".encode())
        with file.open("rb") as opened:
            digest.update(opened.read(_SAMPLED))
            opened.seek(max(0, size - _SAMPLED))
            digest.update(opened.read(_SAMPLED))
    settings = {f.name: getattr(job.settings, f.name) for f in fields(JobSettings) if f.name not in ("again", "export")}
    settings |= {f.name: getattr(job.settings.export, f.name) for f in fields(ExportSettings) if f.name != "progress"}
    card = _tracker(job.settings.weights, job.settings.runtime).card.sha256
    digest.update(repr([settings, card, __version__, job.name]).encode())
    return digest.hexdigest()


# ------------------------------------------------------------------------------------------- local files and URLs
@contextmanager
def _local(path: str) -> Iterator[Path]:
    """The file on this machine, fetched where it is elsewhere."""
    if not is_remote(path):
        yield Path(path).expanduser()
        return
    with tempfile.TemporaryDirectory(prefix="handcam-") as folder:
        system, inside = _filesystem(path)
        target = Path(folder) / path.rstrip("/").rpartition("/")[2]
        system.get(inside, str(target), recursive=system.isdir(inside))
        yield target


def _folder_for(job: Job) -> str | None:
    """Where unfinished files lie: beside the finished ones, so that a rename makes them appear."""
    if is_remote(job.out):
        return None
    Path(job.out).mkdir(parents=True, exist_ok=True)
    return job.out


def _publish(job: Job, made: Path) -> str:
    """Let a finished file or folder appear under its name."""
    if is_remote(job.out):
        system, inside = _filesystem(job.out)
        target = f"{inside.rstrip('/')}/{made.name}"
        system.makedirs(inside, exist_ok=True)
        system.put(str(made), f"{target}.part", recursive=made.is_dir())
        if system.exists(target):
            system.rm(target, recursive=True)
        system.mv(f"{target}.part", target, recursive=made.is_dir())
        return f"{job.out.rstrip('/')}/{made.name}"
    target = Path(job.out) / made.name
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(made, target)
    return str(target)


def _put(job: Job, name: str, data: bytes) -> None:
    if is_remote(job.out):
        system, inside = _filesystem(job.out)
        system.pipe_file(f"{inside.rstrip('/')}/{name}", data)
    else:
        write_atomic(Path(job.out) / name, data.decode())


def _marked(job: Job) -> Done | None:
    """What was said of the job when it was done before, as long as all its files are there."""
    try:
        if is_remote(job.out):
            system, inside = _filesystem(job.out)
            done = msgspec.json.decode(system.cat_file(f"{inside.rstrip('/')}/{job.name}.done.json"), type=Done)
            there = all(_filesystem(file)[0].exists(_filesystem(file)[1]) for file in done.files)
        else:
            done = msgspec.json.decode((Path(job.out) / f"{job.name}.done.json").read_bytes(), type=Done)
            there = all(Path(file).exists() for file in done.files)
    except (OSError, ValueError):
        return None
    return done if there else None


def _filesystem(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise HandcamError(f"The address {url} {needs(error, 'ray')}.") from None
    try:
        return url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise HandcamError(f"The address {url} cannot be opened: {error}.") from None
