"""Rendered pictures on disk: numbered tar files in the layout that WebDataset reads, one sample after the other.

A sample ``N`` of eight digits is five files:

``N.rgb.jpg``      the picture
``N.depth.png``    exact depth, 16 bit, counts of ``depth_unit_m``; 0 where the view is open
``N.sensor.png``   the same as a depth camera would give it, where one was asked for
``N.seg.png``      segmentation, numbers of ``segments`` in ``dataset.json``
``N.json``         labels, see :func:`labels`

In a world of photographs (:mod:`handcam.synth.world`) depth and segments of a crop are half as large, a crop without a
hand has ``presence`` false and no labels of joints, and a scene has its picture and the labels of all its hands alone.

Every tar file is a pure function of the settings in ``dataset.json`` and its own number, so a run that was stopped goes
on with the next missing one, and a longer run of the same settings keeps what is there.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handcam.errors import DAMAGE
from handcam.paths import atomic_file, write_atomic
from handcam.synth.render import SEGMENTS
from handcam.synth.scenes import PictureSettings, RenderedImage, crops, scenes
from handcam.synth.sensor import SENSORS, random_sensor, sense
from handcam.synth.world import RenderedScene, WorldSettings
from handcam.types import Array, HandcamError, Intrinsics, Side

__all__ = [
    "DEPTH_UNIT_M",
    "SHARD",
    "ShardJob",
    "camera_from_labels",
    "labels",
    "prepare_folder",
    "read_shard",
    "scene_labels",
    "shard_path",
    "write_samples",
    "write_shard",
]

DEPTH_UNIT_M = 0.0001
"""Metres per count of ``depth.png``; what is farther than 6.5 m is 0."""
SHARD = 500
"""Samples in a tar file."""
_FORMAT = 1
_OLD_NAMES = {
    "lens": "camera_effects", "anywhere": "uniform_views", "coarse": "low_resolution", "cover": "occluder"
}  # fmt: skip
"""Settings as version 0.1 wrote them, and their names now."""


@dataclass(frozen=True, slots=True)
class ShardJob:
    """Settings that all tar files of a folder share."""

    kind: str
    """``crop`` or ``scene``."""
    settings: PictureSettings | WorldSettings
    """Contents of the pictures."""
    seed: int
    """Seed of all randomness."""
    sensor: str
    """Depth camera: ``none``, ``stereo``, ``structured``, ``tof``, or ``random``."""
    quality: int
    """JPEG quality."""

    def describe(self) -> dict:
        """The contents of ``dataset.json``."""
        free = isinstance(self.settings, PictureSettings) and self.settings.backgrounds is None
        return {
            "format": _FORMAT, "kind": self.kind, "seed": self.seed, "sensor": self.sensor, "quality": self.quality,
            "shard": SHARD, "depth_unit_m": DEPTH_UNIT_M, "segments": list(SEGMENTS),
            "licence": "CC0-1.0" if free else "that of the photographs",
            "settings": json.loads(json.dumps(asdict(self.settings), default=str)),
        }  # fmt: skip


def shard_path(folder: Path, number: int) -> Path:
    """Path of tar file ``number``, once it is complete."""
    return folder / f"{number:06d}.tar"


def prepare_folder(folder: Path, job: ShardJob) -> None:
    """Make the folder and its ``dataset.json``, or check that they belong to the same job.

    Raises:
        HandcamError: the folder cannot be written, or holds pictures made with other settings.
    """
    card = folder / "dataset.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if card.is_file():
            there, asked = json.loads(card.read_text("utf-8"), object_hook=_renamed), job.describe()
            other = [key for key in asked if there.get(key) != asked[key]]
            if other:
                raise HandcamError(
                    f"{folder} holds pictures made with a different {' and '.join(other)}; "
                    "use the same options to go on, or another folder."
                )
            return
        write_atomic(card, json.dumps(job.describe(), indent=1))
    except ValueError:
        raise HandcamError(f"{card} is damaged; use another folder, or delete this one.") from None
    except OSError as error:
        raise HandcamError(f"{folder} cannot be written: {error.strerror}.") from None


def _renamed(settings: dict[str, Any]) -> dict[str, Any]:
    return {_OLD_NAMES.get(name, name): value for name, value in settings.items()}


def write_shard(folder: Path, number: int, count: int, job: ShardJob) -> Path:
    """Render and write one tar file; it appears under its name only once it is complete.

    Args:
        folder: where it goes.
        number: which one.
        count: samples in it.
        job: what to render.

    Raises:
        HandcamError: the disk is full or the folder is gone.
    """
    rng = np.random.default_rng([job.seed, number])
    if isinstance(job.settings, PictureSettings):
        stream = (crops if job.kind == "crop" else scenes)(rng, job.settings)
        return write_samples(folder, number, (_files(picture, job, rng) for picture in islice(stream, count)))
    from handcam.synth.world.crops import world_crops  # these need numba
    from handcam.synth.world.scenes import world_scenes

    if job.kind == "crop":
        stream = world_crops(rng, job.settings)
        return write_samples(folder, number, (_files(p, job, rng, 2) for p in islice(stream, count)))
    whole = world_scenes(rng, job.settings)
    return write_samples(folder, number, (_scene_files(scene, job.quality) for scene in islice(whole, count)))


def write_samples(folder: Path, number: int, samples: Iterable[Iterable[tuple[str, bytes]]]) -> Path:
    """Write one tar file of samples, each its files by ending; it appears under its name only once it is complete.

    Raises:
        HandcamError: the disk is full or the folder is gone.
    """
    path = shard_path(folder, number)
    try:
        with atomic_file(path) as out, tarfile.open(fileobj=out, mode="w") as tar:
            for i, files in enumerate(samples):
                for ending, data in files:
                    entry = tarfile.TarInfo(f"{number * SHARD + i:08d}.{ending}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
    except OSError as error:
        raise HandcamError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def labels(picture: RenderedImage) -> dict:
    """Labels as plain values: metres, pixels ((0, 0) is the centre of the first), radians, camera frame."""
    c = picture.intrinsics
    out = {
        "side": picture.side.value, "width": c.width, "height": c.height,
        "intrinsics": [round(v, 4) for v in (c.fx, c.fy, c.cx, c.cy)],
    }  # fmt: skip
    if not picture.presence:
        return out | {"presence": False}
    if picture.in_view is not None:
        out["in_view"] = picture.in_view.astype(int).tolist()
    return out | {
        "joints_m": picture.joints_m.astype(float).round(6).tolist(),
        "keypoints_px": picture.keypoints_px.astype(float).round(3).tolist(),
        "visible": picture.visible.astype(int).tolist(), "angles_rad": picture.angles.astype(float).round(5).tolist(),
        "shape": picture.shape.astype(float).round(5).tolist(),
        "rotation": picture.rotation.astype(float).round(6).tolist(),
    }  # fmt: skip


def scene_labels(scene: RenderedScene) -> dict:
    """Labels of a whole picture: per hand side, joints, keypoints, visibility, boxes (left, top, right, bottom, px)."""
    c = scene.intrinsics
    return {
        "width": c.width, "height": c.height, "intrinsics": [round(v, 4) for v in (c.fx, c.fy, c.cx, c.cy)],
        "hands": [{
            "side": hand.side.value, "joints_m": hand.joints_m.astype(float).round(5).tolist(),
            "keypoints_px": hand.keypoints_px.astype(float).round(2).tolist(),
            "visible": hand.visible.astype(int).tolist(), "box_px": hand.box.astype(float).round(1).tolist(),
            "seen_box_px": hand.seen_box.astype(float).round(1).tolist(), "seen": round(hand.seen, 3),
        } for hand in scene.hands],
    }  # fmt: skip


def _scene_files(scene: RenderedScene, quality: int) -> Iterator[tuple[str, bytes]]:
    rgb = cv2.cvtColor(scene.color, cv2.COLOR_RGB2BGR)
    yield "rgb.jpg", _encoded(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
    yield "json", json.dumps(scene_labels(scene), separators=(",", ":")).encode()


def read_shard(path: Path) -> Iterator[tuple[str, dict, dict[str, bytes]]]:
    """Name, labels and the other files' bytes (by ending) of each sample of a tar file.

    Raises:
        HandcamError: the file is missing or damaged.
    """
    try:
        with tarfile.open(path) as tar:
            name, files = "", {}
            for entry in tar:
                stem, _, ending = entry.name.partition(".")
                if stem != name and files:
                    yield name, json.loads(files.pop("json")), files
                    files = {}
                name = stem
                files[ending] = tar.extractfile(entry).read()  # type: ignore[union-attr]  (only files are written)
            if files:
                yield name, json.loads(files.pop("json")), files
    except (OSError, EOFError, tarfile.TarError, AttributeError, *DAMAGE) as error:
        raise HandcamError(f"{path} cannot be read: {(str(error).splitlines() or ['it is damaged'])[0]}.") from None


def _files(
    picture: RenderedImage, job: ShardJob, rng: np.random.Generator, coarser: int = 1
) -> Iterator[tuple[str, bytes]]:
    """Files of a crop, its depth and segments ``coarser`` times smaller."""
    depth, segments = (x[coarser // 2 :: coarser, coarser // 2 :: coarser] for x in (picture.depth_m, picture.segments))
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    rgb = cv2.cvtColor(picture.color, cv2.COLOR_RGB2BGR)
    counts = np.round(depth * np.float32(1 / DEPTH_UNIT_M))
    yield "rgb.jpg", _encoded(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, job.quality])
    yield "depth.png", _encoded(".png", np.where(counts > 65535, 0, counts).astype(np.uint16), fast)
    label = labels(picture)
    label["depth_unit_m"] = DEPTH_UNIT_M
    if job.sensor != "none":
        sensor = random_sensor(rng) if job.sensor == "random" else SENSORS[job.sensor]
        yield "sensor.png", _encoded(".png", sense(depth, picture.intrinsics.fx / coarser, rng, sensor), fast)
        label |= {"sensor": sensor.name, "sensor_unit_m": sensor.unit_m}
    yield "seg.png", _encoded(".png", segments, fast)
    yield "json", json.dumps(label, separators=(",", ":")).encode()


def _encoded(ending: str, picture: Array, options: list[int]) -> bytes:
    return cv2.imencode(ending, picture, options)[1].tobytes()


def camera_from_labels(label: dict) -> tuple[Intrinsics, Side]:
    """Camera and side of a sample's labels."""
    fx, fy, cx, cy = label["intrinsics"]
    return Intrinsics(fx, fy, cx, cy, label["width"], label["height"]), Side(label["side"])
