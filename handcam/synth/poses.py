"""Hands in every pose a camera may see: random joint angles, shapes and viewpoints, many at a time.

The mixture: joint angles drawn one by one over their whole ranges; fingers that close together with a shared curl
(synergies); named gestures; grasps around round things of any size; and blends between two of these. Fingers that run
into each other are drawn again. Everything is batched, so that a small net can be trained straight from here.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from handcam.hand.anatomy import limits_deg
from handcam.hand.rig import DOF_INDEX, DOFS, Shape, load_rig
from handcam.synth.gestures import gesture_angles
from handcam.types import NOMINAL_HAND_LENGTH_M, Array

__all__ = [
    "PoseBatch",
    "PoseSettings",
    "collides",
    "sample_angles",
    "sample_poses",
    "sample_shape",
    "sample_viewpoints",
]


@dataclass(frozen=True, slots=True)
class PoseSettings:
    """Widths of the distribution. Shares need not add up to one."""

    independent: float = 0.4
    """Share of poses whose joints are drawn one by one."""
    synergy: float = 0.25
    """Share of poses whose fingers curl together."""
    gesture: float = 0.25
    """Share of named gestures."""
    grasp: float = 0.1
    """Share of grasps around spheres and cylinders."""
    blend: float = 0.4
    """Share of all poses that are mixed with another one."""
    width: float = 1.6
    """Factor on the joint ranges about their middle, for the independent poses."""
    jitter_deg: float = 12.0
    """Standard deviation added to every angle."""
    size: float = 0.09
    """Standard deviation of the overall size, as a share."""
    bones: float = 0.08
    """Standard deviation of each bone's length, as a share."""
    build: float = 0.08
    """Standard deviation of palm breadth and finger thickness, as a share."""
    uniform_views: float = 0.25
    """Share of viewpoints spread evenly over the sphere; the others face the palm, the back or the edge."""
    tilt_deg: float = 32.0
    """Standard deviation of the view's turn away from those three, per axis."""
    roll_deg: float = 35.0
    """Standard deviation of the turn in the picture's plane; 180 means any."""
    near_m: float = 0.25
    """Nearest distance of the hand."""
    far_m: float = 1.2
    """Farthest distance of the hand."""
    off_axis: float = 0.03
    """Standard deviation of the palm's offset from the camera's axis, per unit of distance."""


@dataclass(frozen=True, slots=True)
class PoseBatch:
    """Right hands before cameras."""

    angles: Float[Array, "n 24"]
    """Joint angles, radians, order of ``rig.DOFS``."""
    shape: Shape
    """Proportions."""
    rotation: Float[Array, "n 3 3"]
    """Camera from hand frame."""
    translation_m: Float[Array, "n 3"]
    """The wrist in the camera frame."""
    joints_m: Float[Array, "n 21 3"]
    """Joints in the camera frame."""

    def __getitem__(self, index: Any) -> "PoseBatch":
        """Some of the hands, by a slice or an array of numbers."""
        return PoseBatch(
            self.angles[index], self.shape[index], self.rotation[index], self.translation_m[index], self.joints_m[index]
        )


def sample_poses(rng: np.random.Generator, n: int, settings: PoseSettings = PoseSettings()) -> PoseBatch:
    """Draw ``n`` hands; the palm lies near the camera's axis, as in a crop around the hand."""
    angles, shape = sample_angles(rng, n, settings), sample_shape(rng, n, settings)
    hand = load_rig().pose(angles, shape)
    bad = np.flatnonzero(collides(hand))
    for _ in range(2):
        if not len(bad):
            break
        angles[bad] = sample_angles(rng, len(bad), settings)
        hand[bad] = load_rig().pose(angles[bad], shape[bad])
        bad = bad[collides(hand[bad])]
    rotation = sample_viewpoints(rng, n, settings)
    turned = hand[:, :21] @ rotation.swapaxes(1, 2)
    distance = np.exp(rng.uniform(np.log(settings.near_m), np.log(settings.far_m), (n, 1))).astype(np.float32)
    at = np.ones((n, 3), np.float32)
    at[:, :2] = settings.off_axis * rng.standard_normal((n, 2), np.float32)
    translation = at * distance - turned.mean(1)
    return PoseBatch(angles, shape, rotation, translation, turned + translation[:, None])


def sample_angles(rng: np.random.Generator, n: int, settings: PoseSettings = PoseSettings()) -> Float[Array, "n 24"]:
    """Draw joint angles of the mixture, radians; some of them may collide."""
    angles = _unblended(rng, n, settings)
    k = int(rng.binomial(n, settings.blend))
    t = rng.random((k, 1), np.float32)
    angles[:k] += t * (_unblended(rng, k, settings) - angles[:k])
    angles += np.radians(settings.jitter_deg).astype(np.float32) * rng.standard_normal((n, 24), np.float32)
    # neighbours cross little: the knuckles' flexions follow each other, and so do their sideways angles
    side = angles[:, 7:22:4] * np.array([1, 1, -1, -1], np.float32)
    for a, b in ((0, 1), (1, 2), (2, 3)):
        over = np.maximum(side[:, b] - side[:, a] - np.float32(0.12), 0.0) / 2
        side[:, a] += over
        side[:, b] -= over
    angles[:, 7:22:4] = side * np.array([1, 1, -1, -1], np.float32)
    np.clip(angles, _LOW, _HIGH, out=angles)
    return rng.permutation(angles) if k else angles


def _unblended(rng: np.random.Generator, n: int, settings: PoseSettings) -> Array:
    shares = np.array([settings.independent, settings.synergy, settings.gesture, settings.grasp])
    counts = rng.multinomial(n, shares / shares.sum()).tolist()
    table = gesture_angles()
    parts = [
        _independent(rng, counts[0], settings.width), _synergy(rng, counts[1]),
        table[rng.integers(0, len(table), counts[2])], _grasp(rng, counts[3]),
    ]  # fmt: skip
    out = np.concatenate(parts).astype(np.float32)
    return out[rng.permutation(n)]


def _independent(rng: np.random.Generator, n: int, width: float) -> Array:
    u = (rng.random((n, 24), np.float32) - 0.5) * np.float32(width) + 0.5
    angles = _COMMON_LOW + u * (_COMMON_HIGH - _COMMON_LOW)
    # the last joint mostly follows the middle one, loosely: they share a tendon
    follow = rng.random((n, 4), np.float32) < 0.75
    angles[:, 9:22:4] = np.where(follow, _dip_flexion(rng, angles[:, 8:22:4]), angles[:, 9:22:4])
    return angles


def _synergy(rng: np.random.Generator, n: int) -> Array:
    """Fingers with a shared curl, spread and share of knuckle in the curl; a thumb of its own."""
    angles = _independent(rng, n, 0.9)
    curl = rng.random((n, 1), np.float32) + 0.16 * rng.standard_normal((n, 4), np.float32)
    curl += 0.12 * rng.standard_normal((n, 1), np.float32) * np.linspace(-1, 1, 4, dtype=np.float32)
    knuckle = np.clip(rng.normal(0.85, 0.35, (n, 1)), 0.0, 1.5).astype(np.float32)
    middle = np.clip(rng.normal(1.0, 0.3, (n, 1)), 0.0, 1.5).astype(np.float32)
    spread = rng.normal(0.08, 0.15, (n, 1)).astype(np.float32) * (1.1 - np.clip(curl, 0, 1))
    angles[:, 6:22:4] = 1.5 * curl * knuckle - 0.15 * (1 - curl)
    angles[:, 7:22:4] = spread * np.array([1.0, 0.1, 0.8, 1.4], np.float32)
    angles[:, 8:22:4] = 1.75 * curl * middle
    angles[:, 9:22:4] = _dip_flexion(rng, angles[:, 8:22:4])
    angles[:, 22:] = np.array([0.08, 0.2], np.float32) * curl[:, 2:]
    return angles


def _dip_flexion(rng: np.random.Generator, middle: Array) -> Array:
    """Flexion of last joints for that of the middle ones; how tight the tendon is differs from hand to hand."""
    n = len(middle)
    share = 0.2 + 0.5 * rng.random((n, 1), np.float32)
    return share * middle + 0.14 * rng.standard_normal(middle.shape, np.float32)


def _grasp(rng: np.random.Generator, n: int) -> Array:
    """Fingers wrapped evenly around something round, the thumb opposed; from a pen to a melon."""
    angles = np.zeros((n, 24), np.float32)
    tight = rng.random((n, 1), np.float32)
    each = np.clip(tight + 0.06 * rng.standard_normal((n, 4), np.float32), 0, 1)
    ball = rng.random((n, 1)) < 0.5
    angles[:, 6:22:4] = np.where(ball, 0.15, 0.5) + each * 0.75
    angles[:, 8:22:4] = 0.35 + each * 1.1
    angles[:, 9:22:4] = 0.1 + each * (0.3 + 0.5 * rng.random((n, 1), np.float32))
    angles[:, 7:22:4] = np.where(ball, 0.22, 0.02) * (1 - 0.7 * each) * np.array([1, 0, 0.7, 1.3], np.float32)
    thumb = rng.random((n, 6), np.float32)
    low, high = np.radians([[-5, 8, 5, 0, -6, 0], [30, 45, 40, 45, 6, 50]]).astype(np.float32)
    angles[:, :6] = low + (high - low) * (0.6 * thumb + 0.4 * tight)
    angles[:, 22:] = np.array([0.1, 0.22], np.float32) * each[:, 2:]
    return angles


def sample_shape(rng: np.random.Generator, n: int, settings: PoseSettings = PoseSettings()) -> Shape:
    """Draw proportions of ``n`` different hands, from a child's to a large man's."""
    normal = rng.standard_normal((n, 28), np.float32)
    size = np.exp(settings.size * normal[:, 0] - 0.02)
    lengths = np.exp(settings.bones * normal[:, 1:21])
    breadth = np.exp(_BROADER + settings.build * normal[:, 21])
    thickness = np.exp(settings.build * (0.85 * normal[:, 22:23] + 0.5 * normal[:, 23:28]))
    return Shape(size, lengths, breadth, thickness)


def sample_viewpoints(
    rng: np.random.Generator, n: int, settings: PoseSettings = PoseSettings()
) -> Float[Array, "n 3 3"]:
    """Draw camera-from-hand rotations: mostly fingers up, with the palm, the back or an edge to the camera."""
    facing = rng.choice(np.array([0.0, np.pi, np.pi / 2, -np.pi / 2]), n, p=[0.38, 0.38, 0.12, 0.12])
    tilt = np.radians(settings.tilt_deg) * rng.standard_normal((n, 2))
    roll = np.radians(settings.roll_deg) * rng.standard_normal(n)
    if settings.roll_deg >= 180:
        roll = rng.uniform(-np.pi, np.pi, n)
    upright = Rotation.from_rotvec([0.0, 0.0, np.pi])  # y up, the palm seen
    about_hand = Rotation.from_euler("y", (facing + tilt[:, 1])[:, None])
    turned = Rotation.from_euler("xz", np.stack([tilt[:, 0], roll], 1)) * upright * about_hand
    out = turned.as_matrix().astype(np.float32)
    free = rng.random(n) < settings.uniform_views
    if free.any():
        w, x, y, z = rng.standard_normal((int(free.sum()), 4)).T
        out[free] = Rotation.from_quat(np.stack([x, y, z, w], 1)).as_matrix()
    return out


def collides(joints_m: Float[Array, "n c 3"], size_m: float = NOMINAL_HAND_LENGTH_M) -> Bool[Array, " n"]:
    """Tell whether two fingers, or a fingertip and the palm, share a place, judged by distances between joints."""
    scale = np.linalg.norm(joints_m[:, 9] - joints_m[:, 0], axis=1) / (0.535 * size_m)
    j = joints_m[:, 1:21].reshape(-1, 5, 4, 3)
    points = np.concatenate([j[:, :, 1:], (j[:, :, 1:3] + j[:, :, 2:]) / 2], 2).reshape(-1, 25, 3)
    palm = (joints_m[:, [5, 9, 13, 17]] * 2 + joints_m[:, :1]) / 3
    points = np.concatenate([points, palm, (palm + joints_m[:, :1]) / 2], 1)
    points = np.ascontiguousarray((points / scale[:, None, None]).astype(np.float32).transpose(2, 1, 0))
    out = np.empty(len(joints_m), bool)
    for start in range(0, len(out), 128):  # small enough for the cache, batch last: several times faster
        part = points[:, :, start : start + 128]
        d = part[:, _PAIRS[0]] - part[:, _PAIRS[1]]
        d *= d
        out[start : start + 128] = (d[0] + d[1] + d[2] < _NEAREST2[_PAIRS][:, None]).any(0)
    return out


def _nearest2() -> Array:
    """Square of the least distance (m) between the points of :func:`collides`, negative for pairs that may touch."""
    finger = np.array([*np.repeat(np.arange(5), 5), *[9] * 8])
    apart = np.abs(finger[:, None] - finger[None])
    near = (apart == 1) | ((apart > 0) & (np.minimum(finger[:, None], finger[None]) == 0))
    least = np.where(near, 0.008, 0.0)
    palm, digit = finger == 9, finger < 5
    knuckle = np.isin(np.arange(33), [0, 5, 10, 15, 20, 3, 8, 13, 18, 23])
    least[np.ix_(palm, palm)] = 0.0
    least[np.ix_(digit, palm)] = least[np.ix_(palm, digit)] = 0.009
    least[np.ix_(knuckle, palm)] = least[np.ix_(palm, knuckle)] = 0.0
    return np.where(least > 0, least**2, -1.0).astype(np.float32)  # rounding may leave a distance's square below 0


_BROADER = 0.06
"""Logarithm of the mean palm's breadth over the rig's, a slender hand: most of the 8 % by which MediaPipe's keypoints
find real hands that face the camera broader than rendered ones were (``python examples/figures/proportions.py``)."""
_NEAREST2 = _nearest2()
_PAIRS = np.nonzero(np.triu(_NEAREST2) > 0)
_LOW, _HIGH = (np.radians(a).astype(np.float32) for a in limits_deg(DOFS))
_COMMON_LOW, _COMMON_HIGH = _LOW * np.float32(0.75), _HIGH * np.float32(0.92)
for _name, _low, _high in (("middle", -20, 14), ("ring", -26, 16), ("little", -22, 28)):  # ring leans to the middle
    _COMMON_LOW[DOF_INDEX[f"{_name}_mcp_abduction"]] = np.radians(_low)
    _COMMON_HIGH[DOF_INDEX[f"{_name}_mcp_abduction"]] = np.radians(_high)
_COMMON_HIGH[DOF_INDEX["ring_cmc_flexion"]] *= 0.6
_COMMON_HIGH[DOF_INDEX["little_cmc_flexion"]] *= 0.6
