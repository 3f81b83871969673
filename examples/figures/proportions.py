"""Where MediaPipe's landmarks of real pictures have the finger joints.

    python examples/figures/proportions.py REAL FEATURES

The folders are ``real`` and ``features`` of ``handcam train weights``: what the landmark network sees in real pictures
without labels and in rendered ones. Prints, for each bone of the four fingers from the knuckle out, its mean length in
the real pictures over its mean length in sampled hands, both as shares of the palm; and the breadth of the knuckles,
likewise as a share of the palm, in the real pictures over that in the rendered ones.
"""

import sys

import numpy as np

from handcam.hand.skeleton import bone_lengths
from handcam.lab.data.sets import features, unlabelled
from handcam.synth.poses import sample_poses


def shares(joints: np.ndarray) -> np.ndarray:
    """Geometric mean length of each level of bones, over fingers and hands, as shares of the wrist-to-knuckle ones."""
    levels = np.log(bone_lengths(joints)).mean(0)[4:].reshape(4, 4).mean(0)
    return np.exp(levels[1:] - levels[0])


def breadth(seen: dict) -> float:
    """Median distance of the outer knuckles over that of the wrist from all four, in pictures of hands that face us."""
    joints = seen["landmarks3d"].numpy()
    palm = np.cross(joints[:, 5] - joints[:, 0], joints[:, 17] - joints[:, 0])
    facing = np.abs(palm[:, 2]) > 0.92 * np.linalg.norm(palm, axis=1)
    points = seen["keypoints2d"].numpy()[facing, :42].reshape(-1, 21, 2)
    across = np.linalg.norm(points[:, 5] - points[:, 17], axis=1)
    return float(np.median(across / np.linalg.norm(points[:, 5:21:4] - points[:, :1], axis=2).mean(1)))


if __name__ == "__main__":
    real, rendered = (
        data.take(np.arange(len(data))) for data in (unlabelled.open(sys.argv[1]), features.open(sys.argv[2]))
    )
    ratio = shares(real["landmarks3d"].numpy()) / shares(sample_poses(np.random.default_rng(0), 4000).joints_m)
    print("  ".join(f"{name} {value:.2f}" for name, value in zip(("first", "middle", "last"), ratio, strict=True)))
    print(f"breadth {breadth(real) / breadth(rendered):.2f}")
