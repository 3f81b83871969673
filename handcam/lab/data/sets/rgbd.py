"""Rendered hands as depth cameras see them: whole pictures in colour and depth, with every camera's errors and holes.

``rgbd`` are everyday poses of all kinds of people, 0.2 to 1.5 m away, some with sleeves or something in the hand, seen
by stereo, structured-light and time-of-flight cameras; every second one has more holes. Rendered when they are read;
the same seed gives the same ones.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import cv2
import numpy as np

from handcam.lab.data.sets import Sample
from handcam.synth.camera_effects import CameraEffects
from handcam.synth.poses import PoseSettings
from handcam.synth.scenes import PictureSettings, scenes
from handcam.synth.sensor import STEREO, STRUCTURED, TOF, degrade
from handcam.types import Frame

__all__ = ["MOST_HOLES", "RgbdDataset", "open"]

MOST_HOLES = 0.6
"""Largest share of readings that are taken away on top."""
_BLOCK = 4
_POSES = PoseSettings(
    independent=0.1, synergy=0.3, gesture=0.4, grasp=0.2, size=0.07, bones=0.05, uniform_views=0.1, off_axis=0.05,
    near_m=0.2, far_m=1.5, width=1.0, jitter_deg=6.0,
)  # fmt: skip
_MILD = CameraEffects(defocus=0.15, motion=0.1, low_resolution=0.1, noise=0.6, colour=0.7)
_PICTURES = PictureSettings(
    poses=_POSES,
    camera_effects=_MILD,
    fov_deg=(54.0, 70.0),
    sleeve=0.5,
    held=0.25,
    second=0.0,
    occluder=0.0,
    even_light=0.7,
)


def open(rest: str = "", count: int = 240, seed: int = 1_000_033) -> "RgbdDataset":
    """Open ``rgbd``; ``rest`` is ignored."""
    return RgbdDataset(count, seed)


@dataclass(frozen=True)
class RgbdDataset:
    """The pictures."""

    count: int
    """Number of pictures."""
    seed: int
    """Of everything."""
    name: str = "rgbd"
    """For reports."""

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(index)
        picture = _block(self.seed, index // _BLOCK)[index % _BLOCK]
        rng = np.random.default_rng([self.seed, index, 5])
        sensor = (STEREO, STRUCTURED, TOF)[index % 3]
        depth_m = degrade(picture.depth_m, picture.intrinsics.fx, rng, sensor)
        if index % 2:
            depth_m = np.where(_blots(rng, depth_m.shape, rng.uniform(0.0, MOST_HOLES)), 0, depth_m)
        counts = np.round(depth_m / sensor.unit_m).clip(0, 65535).astype(np.uint16)
        frame = Frame(index, 0, picture.intrinsics, picture.color, counts, sensor.unit_m)
        return Sample(
            frame, f"{sensor.name}-{index:05d}", picture.side, picture.joints_m.astype(float),
            picture.keypoints_px.astype(float),
        )  # fmt: skip


def _blots(rng: np.random.Generator, shape: tuple[int, ...], share: float) -> np.ndarray:
    """Round patches of 5 to 20 px that cover this share of the picture."""
    noise = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), float(rng.uniform(2.0, 8.0)))
    return noise > np.quantile(noise, 1.0 - share)


@lru_cache(maxsize=2)
def _block(seed: int, number: int) -> list:
    def whole(picture) -> bool:  # nearly all of the hand is in the picture
        px = picture.keypoints_px
        return bool(((px > 0) & (px < [picture.intrinsics.width, picture.intrinsics.height])).all(-1).mean() > 0.9)

    return list(islice(filter(whole, scenes(np.random.default_rng([seed, number]), _PICTURES)), _BLOCK))
