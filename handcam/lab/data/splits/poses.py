"""``poses``: sampled hands before a virtual camera, without pictures; seed 81 to train on, 82 to measure on."""

import numpy as np

from handcam.hand.skeleton import hand_length, normalise
from handcam.lab.data.in_memory import Hands, Split
from handcam.lab.data.sets.poses import crop_views
from handcam.lab.data.splits import SplitSettings, split_of
from handcam.synth.poses import sample_poses

__all__ = ["SEEDS", "open"]

SEEDS = (81, 82)
"""Of the hands to train on and to measure on."""


def open(rest: str, settings: SplitSettings, told: bool) -> Split:
    """The split; ``rest`` is not used."""
    parts = []
    for seed, count in zip(SEEDS, (settings.poses, settings.test), strict=True):
        rng = np.random.default_rng(seed)
        joints, keypoints, half_tan = crop_views(sample_poses(rng, count).joints_m, rng)
        if not told:
            joints[1::2, :, 0] *= -1
            keypoints[1::2, :, 0] *= -1
        seen = np.concatenate([keypoints.reshape(count, 42), half_tan[:, None]], 1).astype(np.float32)
        arrays = {"joints3d": normalise(joints).astype(np.float32), "keypoints2d": seen}
        parts.append(Hands(arrays, hand_length(joints).astype(float) * 1000.0))
    return split_of("poses", parts[0], parts[1], "sampled hands, seeds 81 and 82", told)
