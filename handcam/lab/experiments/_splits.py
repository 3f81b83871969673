"""Fixed splits of data sets for experiments: the same hands to train on and to measure on, whoever runs them.

================================  ====================================================================================
``poses``                         sampled hands before a virtual camera, without pictures; seeds 81 and 82
``rendered``                      crops rendered in colour and depth; chunk ``k`` of 250 has the seed (81, k) or (82, k)
``crops:FOLDER``                  crops that ``handcam synthesize`` wrote; files 19, 39, 59 ... are measured on
``features:FOLDER[,FOLDER]``      features made for ``handcam train weights``; shards 19, 39, ... are measured on
``msra:FILE``                     labels in the community's text format; the last ninth of the frames is measured on
``rhd:PATH`` and other readers    the makers' own split of RHD, FreiHAND and STB, else every fifth sample
================================  ====================================================================================
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from zlib import crc32

import numpy as np
from rich.console import Console
from rich.progress import track

from handcam.crop import box_around, view
from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.sets import Dataset, open_dataset
from handcam.lab.data.sets.crops import CropDataset
from handcam.lab.data.sets.crops import open as open_crops
from handcam.lab.data.sets.features import open as open_features
from handcam.lab.data.sets.poses import crop_views
from handcam.lab.data.shards import join_shards, make_shards, read_shards
from handcam.lab.data.tables import InMemoryDataset, Split
from handcam.lab.data.views import View, dataset_of, rows_of, view_of_render, view_of_sample
from handcam.lab.evaluate.published import CAMERAS, read_uvd
from handcam.model.nets.hand_landmark import INPUT_PX
from handcam.plugins import names
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.synth.scenes import PictureSettings, crops
from handcam.types import HandcamError, Intrinsics, Side

__all__ = ["SplitSettings", "open_split"]

SEEDS = (81, 82)
"""Of the rendered hands to train on and to measure on."""
_CHUNK = 250
_PICTURES = PictureSettings(size=144, poses=PoseSettings(bones=0.06, off_axis=0.2))
"""Smaller than the landmark network's input: hands in webcam pictures are."""
_MSRA = Intrinsics(CAMERAS["msra"].fx, CAMERAS["msra"].fy, CAMERAS["msra"].cx, CAMERAS["msra"].cy, 320, 240)
_MSRA_ORDER = [0, *range(17, 21), *range(1, 17)]
"""Their place of each of our joints: the thumb comes last there."""
_STB_TRAIN = [f"B{i}{kind}" for i in range(2, 7) for kind in ("Counting", "Random")]
_PARTS = {
    "rhd": ({"split": "training"}, {"split": "evaluation"}),
    "freihand": ({"split": "training"}, {"split": "evaluation"}),
    "stb": ({"sequences": _STB_TRAIN}, {}),
}
"""Settings of the reader for either part, where the makers of the data set have split it."""
_RENAMED = {"sights": "features"}
"""Names of version 0.1."""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """Sizes of a split, and the form of its pictures."""

    cache: Path
    """Folder in which rows are kept."""
    poses: int
    """Hands to train on where they are sampled without pictures."""
    pictures: int
    """Hands to train on where there are pictures."""
    test: int
    """Hands to measure on."""
    picture_px: int = 64
    """Edge of pictures that are decoded, and of those that are encoded where ``pixels`` is set."""
    pixels: bool = False
    """Pictures themselves instead of their features."""

    def cached(
        self, name: str, known_side: bool, count: int, make: Callable[[int, int], list[View]], what: str
    ) -> InMemoryDataset:
        """Rows ``0`` to ``count`` of views, made 250 at a time by ``make(first, last)`` and kept."""
        kind = f"planes{self.picture_px}" if self.pixels else f"features{self.picture_px}"
        folder = self.cache / f"{name}-{kind}{'' if known_side else '-both-sides'}"
        starts = range(0, count, _CHUNK)  # the last file holds fewer rows, and is made again when more are asked for
        files = [f"{first:07d}-{min(first + _CHUNK, count) - first}" for first in starts]

        def rows(k: int) -> dict[str, np.ndarray]:
            views = make(starts[k], min(starts[k] + _CHUNK, count))
            return rows_of(views, not self.pixels, self.picture_px)

        missing = sum(not (folder / f"{file}.npz").is_file() for file in files)
        made = make_shards(folder, files, rows)
        for _ in track(made, what, total=missing, console=Console(stderr=True), transient=True, disable=not missing):
            pass
        return dataset_of(join_shards(list(read_shards([folder / f"{file}.npz" for file in files]))))


def open_split(data: str, settings: SplitSettings, known_side: bool = True) -> Split:
    """Open a data set for experiments.

    Args:
        data: ``NAME`` or ``NAME:REST``.
        settings: how much of it.
        known_side: H of the paper, left hands are mirrored; False leaves them as they are, and makes every second
            rendered hand a left one.

    Raises:
        HandcamError: there is no such data set, or it lacks what is asked for.
    """
    name, _, rest = data.partition(":")
    name = _RENAMED.get(name, name)
    own = {"poses": _poses, "rendered": _rendered, "crops": _crops, "features": _features, "msra": _msra}
    if name in own:
        train, test, description = own[name](rest, settings, known_side)
    elif name in ("nyu", "icvl"):
        raise HandcamError(
            f"{name.upper()} labels other joints than the model's 21, so no model can be trained on it; "
            f"the experiment pcf compares files of predictions: --data {name}:FOLDER."
        )
    elif name in names("handcam.lab.data.sets"):
        train, test, description = _labelled(data, settings, known_side)
    else:
        there = ", ".join(sorted({*own, "rhd:PATH", "stb:PATH", "freihand:PATH", "folder:PATH"}))
        raise HandcamError(f"There is no data set {data!r} for experiments; take one of {there}.")
    counts = f"{len(train)} hands to train on, {len(test)} to measure on"
    return Split(name, train, test, f"{name}: {description}; {counts}", known_side)


Parts = tuple[InMemoryDataset, InMemoryDataset, str]
"""Hands to train on, hands to measure on, and which are which."""


def _poses(rest: str, settings: SplitSettings, known_side: bool) -> Parts:
    parts = []
    for seed, count in zip(SEEDS, (settings.poses, settings.test), strict=True):
        rng = np.random.default_rng(seed)
        joints, keypoints, half_tan = crop_views(sample_poses(rng, count).joints_m, rng)
        if not known_side:
            joints[1::2, :, 0] *= -1
            keypoints[1::2, :, 0] *= -1
        parts.append(_bare(joints, np.concatenate([keypoints.reshape(count, 42), half_tan[:, None]], 1)))
    return parts[0], parts[1], "sampled hands, seeds 81 and 82"


def _rendered(rest: str, settings: SplitSettings, known_side: bool) -> Parts:
    def part(seed: int, count: int) -> InMemoryDataset:
        def make(first: int, last: int) -> list[View]:
            rng, noise = (np.random.default_rng((seed, first // _CHUNK, k)) for k in range(2))
            pictures = enumerate(islice(crops(rng, _PICTURES), last - first))
            # what is compared without H is colour
            return [
                view_of_render(p, not known_side and i % 2 == 1, noise if known_side else None) for i, p in pictures
            ]

        return settings.cached(f"rendered-{seed}", known_side, count, make, f"render {count} hands")

    return part(SEEDS[0], settings.pictures), part(SEEDS[1], settings.test), "rendered hands, seeds 81 and 82"


def _crops(rest: str, settings: SplitSettings, known_side: bool) -> Parts:
    if not rest:
        raise HandcamError("Name the folder, as in crops:FOLDER; rendered makes its own.")

    def part(split: str, count: int) -> InMemoryDataset:
        table: CropDataset = open_crops(rest, split=split)
        count = min(count, len(table))

        def make(first: int, last: int) -> list[View]:
            rows = {k: v.numpy() for k, v in table.take(np.arange(first, last)).items()}
            if "joints3d" not in rows:
                raise HandcamError("These crops have no labels, which experiments need.")
            return [_view_of_crop(rows, i, not known_side and i % 2 == 1) for i in range(last - first)]

        return settings.cached(
            f"crops-{split}-{_short(rest)}-{count}", known_side, count, make, "compute features of crops"
        )

    return part("train", settings.pictures), part("test", settings.test), "files 19, 39, ... to measure on"


def _view_of_crop(rows: dict[str, np.ndarray], i: int, flip: bool) -> View:
    """Depth is left out: it was kept relative to the hand, at another size."""
    x = np.array([-1.0 if flip else 1.0, 1.0, 1.0])
    color = np.ascontiguousarray(rows["rgb"][i][:, ::-1] if flip else rows["rgb"][i])
    joints = rows["joints3d"][i] * float(rows["hand_length_m"][i]) * x
    keypoints = rows["keypoints2d"][i, :42].reshape(21, 2) * x[:2]
    return View(color, None, joints, keypoints, float(rows["keypoints2d"][i, 42]), 0.0)


def _features(rest: str, settings: SplitSettings, known_side: bool) -> Parts:
    if not known_side or settings.pixels:
        raise HandcamError(
            "features:FOLDER holds features of right hands, and no pictures; without H, and for --pixels, take "
            "rendered or crops:FOLDER."
        )
    parts = []
    for split, count in (("train", settings.pictures), ("test", settings.test)):
        table = open_features(rest, split=split)
        part = table.part(np.linspace(0, len(table) - 1, min(count, len(table))).round().astype(int))
        arrays = {**part.arrays, "keypoints2d": part.arrays["target.keypoints2d"]}  # the true ones, as in other splits
        parts.append(InMemoryDataset(arrays, part.features))
    return parts[0], parts[1], "shards 19, 39, ... to measure on"


def _msra(rest: str, settings: SplitSettings, known_side: bool) -> Parts:
    """Frames of a person follow each other: nobody in the last ninth is trained on. All are right hands."""
    uvd = read_uvd(Path(rest), "msra")[:, _MSRA_ORDER]
    points = CAMERAS["msra"].points_mm(uvd) / 1000.0
    first = len(uvd) * 8 // 9
    if first < 1:
        raise HandcamError(f"{rest} holds too few frames to be split.")
    parts = []
    for low, high, count in ((0, first, settings.poses), (first, len(uvd), settings.test)):
        chosen = np.linspace(low, high - 1, min(count, high - low)).round().astype(int)
        joints, seen = [], []
        for i in chosen:
            crop = view(box_around(uvd[i, :, :2], Side.RIGHT), _MSRA, INPUT_PX)
            joints.append(points[i] @ crop.crop_from_camera.T)
            half_tan = crop.intrinsics.half_tan
            seen.append(np.append(joints[-1][:, :2] / joints[-1][:, 2:] / half_tan, half_tan))
        parts.append(_bare(np.stack(joints), np.stack(seen)))
    return parts[0], parts[1], "the last ninth of the frames to measure on"


def _labelled(data: str, settings: SplitSettings, known_side: bool) -> Parts:
    name = data.partition(":")[0]
    if name in _PARTS:
        sets = [open_dataset(data, **how) for how in _PARTS[name]]
        numbers = [np.arange(len(s)) for s in sets]
        description = "the makers' own parts"
    else:
        sets = [open_dataset(data)] * 2
        every = np.arange(len(sets[0]))
        numbers = [every[every % 5 != 4], every[every % 5 == 4]]
        description = "every fifth sample to measure on"

    def part(split: str, dataset: Dataset, there: np.ndarray, count: int) -> InMemoryDataset:
        if len(there) == 0:
            raise HandcamError(f"{data} holds too few samples to be split.")
        chosen = there[np.linspace(0, len(there) - 1, min(count, len(there))).round().astype(int)]

        def make(first: int, last: int) -> list[View]:
            views = [view_of_sample(dataset, int(i), known_side) for i in chosen[first:last]]
            known = [view for view in views if view is not None]
            if len(known) < len(views):
                raise HandcamError(
                    f"The data set {dataset.name} has samples without 3D joints, which experiments need."
                )
            return known

        folder = f"{name}-{split}-{len(chosen)}-{_short(data)}"
        return settings.cached(folder, known_side, len(chosen), make, f"compute features of {len(chosen)} pictures")

    train = part("train", sets[0], numbers[0], settings.pictures)
    return train, part("test", sets[1], numbers[1], settings.test), description


def _bare(joints_m: np.ndarray, keypoints: np.ndarray) -> InMemoryDataset:
    """Hands without pictures."""
    arrays = {"joints3d": normalise(joints_m).astype(np.float32), "keypoints2d": keypoints.astype(np.float32)}
    return InMemoryDataset({**arrays, "hand_length_m": hand_length(joints_m).astype(float)})


def _short(name: str) -> str:
    """A folder's name as a few letters."""
    return f"{crc32(name.encode()):08x}"
