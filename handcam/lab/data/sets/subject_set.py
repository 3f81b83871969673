"""Poses sampled on the fly, all of one person's hand: ``subject_set:FILE.npz``, with the bones found in recordings.

The file is that of :meth:`handcam.lab.data.sets.recordings.Recordings.save`. What the encoders learn from it, with the
truth known, is the appearance of this hand when it is foreshortened.
"""

import numpy as np

from handcam.hand.rig import Shape, load_rig
from handcam.lab.data.sets import recordings
from handcam.lab.data.sets.poses import Noise, Poses
from handcam.lab.data.subject import person_of
from handcam.model.features import Batch
from handcam.synth.poses import sample_poses

__all__ = ["Person", "open"]

DOUBT = 0.02
"""Standard deviation of every bone's length about what was found, as a share."""


def open(rest: str, seed: int = 0) -> "Person":
    """The poses of the person in a file of labelled hands.

    Raises:
        HandcamError: the file cannot be read.
    """
    return Person(person_of(recordings.open(rest).arrays["target"]), seed)


class Person:
    """``batch(step, size)`` gives joints3d, keypoints2d and landmarks3d of the same hands."""

    def __init__(self, shape: Shape, seed: int = 0) -> None:
        self.shape, self._seed = shape, seed
        self._poses = Poses(seed, Noise())

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 19))
        drawn = sample_poses(rng, size)
        doubt = np.exp(DOUBT * rng.standard_normal((size, 20))).astype(np.float32)
        one = np.ones(size, np.float32)
        shape = Shape(
            drawn.shape.size, self.shape.lengths * doubt, self.shape.breadth * one, self.shape.thickness * one[:, None]
        )
        hand = load_rig().pose(drawn.angles, shape)[:, :21]
        return self._poses.view(rng, hand @ drawn.rotation.swapaxes(1, 2))
