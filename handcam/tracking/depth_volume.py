"""Ask the depth joint net for joints in metres: a second estimate beside what the latent decodes.

Where the landmark network, which knows pictures, is at a loss, the net reads joints from the cube around the hand
(:data:`handcam.crop.CUBE_M`), says how sure it is of each, and whether there is a hand at all. So it also judges what
a detector proposes, after one step towards it (the hand location of Liu, Huang and Ye 2019, section 3.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float

from handcam.crop import CUBE_M, CUBE_PX, box_around, camera_from_crop_points, cube_box, cut, image_from_crop_points
from handcam.geometry import project, rays
from handcam.runtimes import DepthJoints, Runtime
from handcam.types import Array, Frame, HandBox, HandCrop, Intrinsics

__all__ = ["HandInCube", "cut_cube", "hands_among", "joints_in_cube"]

PRESENCE = 0.785, -0.503, -6.3
"""Log-odds of a hand: factors of the net's own logit and of the logarithm of its mean scale, and a constant; fitted to
what the detector proposes on rendered pictures of another seed."""
MAYBE = -2.0
"""Log-odds from which a proposal is looked at again where the net saw the hand."""
APART_M = 0.08
"""Hands whose centres are closer are one."""


@dataclass(frozen=True, slots=True)
class HandInCube:
    """What the depth joint net reads from the cube around a point."""

    joints_m: Float[Array, "21 3"]
    """Joints in the crop camera's frame."""
    sigma_m: Float[Array, " 21"]
    """Standard deviation of each."""
    presence: float | None
    """Probability of a hand; None from graphs that do not say."""
    right: float | None
    """Probability that the (already mirrored) hand is a right one; likewise."""


def cut_cube(depth_m: Float[Array, "s s"], camera: Intrinsics, centre_m: Float[Array, " 3"]) -> Float[Array, "p p"]:
    """Cut the picture of the cube around a point out of a depth crop, as the depth joint net takes it.

    Args:
        depth_m: distance along z, metres; 0 where there is no reading; a right hand, upright.
        camera: the crop's.
        centre_m: the cube's centre, crop frame.
    """
    zoom = CUBE_M / float(centre_m[2]) * camera.fx * 2 / CUBE_PX  # the crop's pixels in one of the cube's
    corner = project(centre_m, camera) - zoom * (CUBE_PX - 1) / 2
    return cv2.warpAffine(
        depth_m, np.column_stack([np.eye(2) * zoom, corner]), (CUBE_PX, CUBE_PX),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    ).astype(np.float32)  # fmt: skip


def joints_in_cube(
    runtime: Runtime, depth_m: Float[Array, "s s"], camera: Intrinsics, centre_m: Float[Array, " 3"]
) -> HandInCube | None:
    """Estimate joints in the crop camera's frame.

    Args:
        runtime: runs the net.
        depth_m: a crop, distance along z; 0 where there is no reading.
        camera: the crop's.
        centre_m: the hand's centre, to 3 cm.

    Returns:
        None when the weights have no net for it.
    """
    z = float(centre_m[2])
    found = runtime.depth_joints(cut_cube(depth_m, camera, centre_m)[None], np.array([z], np.float32))
    return None if found is None else _hand(found, 0, rays(project(centre_m, camera), camera)[:2], z)


def _hand(found: DepthJoints, i: int, axis: Float[Array, " 2"], z: float) -> HandInCube:
    """One hand of a batch, from a cube whose centre lies on this ray at this distance along the axis."""
    uvd = found.uvd[i].astype(float)
    depth = z + uvd[:, 2] * CUBE_M
    joints = np.concatenate([(axis + uvd[:, :2] * (CUBE_M / z)) * depth[:, None], depth[:, None]], 1)
    sigma = found.scale[i].astype(float) * (CUBE_M * 2**0.5)  # of a Laplace distribution
    if found.hand_logit is None or found.right_logit is None:
        return HandInCube(joints, sigma, None, None)
    odds = np.array([found.hand_logit[i], np.log(found.scale[i].mean()), 1.0]) @ PRESENCE
    return HandInCube(joints, sigma, _sigmoid(float(odds)), _sigmoid(float(found.right_logit[i])))


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def hands_among(runtime: Runtime, frame: Frame, proposed: Sequence[HandBox], least: float) -> list[HandBox]:
    """Boxes of the hands among those that a detector in depth proposes, the surest first.

    Args:
        runtime: runs the net; its weights must have one that says whether there is a hand.
        frame: has depth.
        proposed: with distances.
        least: presence from which one is a hand.
    """
    again = [box for box, _ in _moved(runtime, frame, proposed, _sigmoid(MAYBE))]
    out: list[tuple[HandBox, Array]] = []
    for box, centre in sorted(_moved(runtime, frame, again, least), key=lambda found: -found[0].score):
        if all(np.linalg.norm(centre - other) > APART_M for _, other in out):
            out.append((box, centre))
    return [box for box, _ in out]


def _moved(
    runtime: Runtime, frame: Frame, boxes: Sequence[HandBox], least: float
) -> list[tuple[HandBox, Float[Array, " 3"]]]:
    """Cubes moved and turned to the hands that the net sees in them, and the hands' centres, camera frame."""
    crops = [cut(replace(frame, color=None), box, CUBE_PX) for box in boxes]
    crops = [crop for crop in crops if crop.depth_m is not None and crop.depth_m.any()]
    if not crops:
        return []
    distances = [float(crop.box.distance_m or 0.5) for crop in crops]
    planes = np.stack([crop.depth_m for crop in crops if crop.depth_m is not None])
    found = runtime.depth_joints(planes, np.array(distances, np.float32))
    out: list[tuple[HandBox, Array]] = []
    for i, (crop, z) in enumerate(zip(crops, distances, strict=True)):
        hand = None if found is None else _hand(found, i, np.zeros(2), z)
        if hand is not None and hand.presence is not None and hand.presence >= least and hand.right is not None:
            out.append(_box_of(hand, crop, frame))
    return out


def _box_of(hand: HandInCube, crop: HandCrop, frame: Frame) -> tuple[HandBox, Array]:
    assert hand.presence is not None
    assert hand.right is not None
    keypoints = image_from_crop_points(project(hand.joints_m, crop.intrinsics), crop)
    side = crop.box.side if hand.right > 0.5 else crop.box.side.other
    centre = camera_from_crop_points(hand.joints_m, crop).mean(0)
    box = cube_box(centre, side, box_around(keypoints, side).angle_rad, frame.intrinsics, hand.presence)
    return replace(box, distance_m=float(np.linalg.norm(centre))), centre
