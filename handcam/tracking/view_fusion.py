"""Fuse what several calibrated cameras see of one hand: the posteriors in one latent, the joints by their covariances.

The latent holds a hand as one camera sees it, so a second camera's posterior enters the first one's latent by its
joints, turned into the first one's view: one Gauss-Newton step of the decoder, whose Jacobian is taken by differences.
The decoded hand is the prior of the joints' shape; each view then adds a Gaussian about every ray
(:mod:`handcam.calibration.triangulation`). The product is the hand. Where views disagree about a joint, both lose
weight (Cauchy), and that which is farther from the shape more of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from handcam.calibration.triangulation import (
    inverse_pose,
    ray_precision,
    reproject,
    seen_rays,
    transform,
    triangulate,
)
from handcam.geometry import einsum, fit_similarity
from handcam.hand.skeleton import ROOT, hand_length
from handcam.tracking.sigma import FLOOR_OF_JOINT
from handcam.types import Array, HandCrop, HandPose, Posterior, View

__all__ = ["FusedJoints", "SeenHand", "fuse_joints", "fuse_posteriors", "mismatch"]

SHARED = 0.25
"""Weight of another view's joints in the latent: the errors of one pose's joints are not independent."""
STEP = 0.05
"""Difference in the latent by which the decoder's slope is taken."""
KEYPOINT_SHARE = 0.3
"""Deviation of a keypoint over that of the same joint in the view's 3D pose, across the ray."""
SHAPE_SIGMA = 0.1
"""Deviation of the decoded hand's shape from the true one, hand lengths; more at the tips."""
ROUNDS, REACH = 4, 2.5
"""Rounds in which outliers lose weight, and the deviations at which they have lost half of it."""


@dataclass(frozen=True, slots=True)
class SeenHand:
    """One hand in one view."""

    view: View
    """The camera; its place is known."""
    pose: HandPose
    """The hand in this camera's frame."""
    keypoints_px: Float[Array, "21 2"]
    """Keypoints at the frame's time, pixels of the view."""
    posterior: Posterior
    """The latent posterior in this view."""
    crop: HandCrop
    """Crop that was encoded."""

    @property
    def camera_from_first(self) -> Float[Array, "4 4"]:
        """The camera's place."""
        assert self.view.camera_from_first is not None
        return self.view.camera_from_first


@dataclass(frozen=True, slots=True)
class FusedJoints:
    """Joints from several views, in the first camera's frame."""

    joints_m: Float[Array, "21 3"]
    """Joints, metres."""
    covariance: Float[Array, "21 3 3"]
    """Covariance of each, square metres."""
    reprojection_px: tuple[float, ...]
    """Mean distance of the keypoints from the projected joints in each view, pixels."""


def mismatch(a: SeenHand, b: SeenHand) -> float:
    """How badly two views' hands fit to each other: reprojection error as a share of the boxes; infinite behind one."""
    hands = (a, b)
    cameras, poses = [hand.view.intrinsics for hand in hands], np.array([hand.camera_from_first for hand in hands])
    pixels = np.array([hand.keypoints_px for hand in hands])
    points = triangulate(pixels, cameras, poses)[0]
    if any(transform(pose, points)[:, 2].min() <= 0 for pose in poses):
        return float("inf")
    off = np.linalg.norm(reproject(points, cameras, poses) - pixels, axis=-1).mean(1)
    return float(max(off / [hand.crop.box.size_px for hand in hands]))


def fuse_posteriors(
    hands: Sequence[SeenHand], decode: Callable[[Float[Array, "n z"]], Float[Array, "n 21 3"]], gain: float
) -> Posterior:
    """Fuse the posteriors of all views in the latent of the first of them.

    Args:
        hands: the same hand in each view.
        decode: latents to joints in the crop's frame, hand lengths.
        gain: by which the posterior's deviation is too small (:mod:`handcam.tracking.sigma`).
    """
    first, others = hands[0], hands[1:]
    mean = np.asarray(first.posterior.mean, float)
    size = len(mean)
    shapes = _normalised(decode((mean + np.vstack([np.zeros(size), STEP * np.eye(size)])).astype(np.float32)))
    shape, slope = shapes[0], (shapes[1:] - shapes[0]) / STEP  # (21 3), (z 21 3)
    precision = np.diag(np.exp(-np.asarray(first.posterior.log_var, float)) / gain**2)
    toward = np.zeros(size)
    for other in others:
        # directions of the other camera's frame, as the first one's crop has them
        turn = first.crop.crop_from_camera @ (first.camera_from_first @ inverse_pose(other.camera_from_first))[:3, :3]
        length = float(hand_length(other.pose.joints_m))
        off = _normalised(other.pose.joints_m[None])[0] @ turn.T - shape
        along = other.pose.joints_m / np.linalg.norm(other.pose.joints_m, axis=1, keepdims=True) @ turn.T
        across_m, along_m = _sigma_axes(other.pose).T
        weight = SHARED * (
            ray_precision(along, across_m / length)
            + along[:, :, None] * along[:, None, :] * np.square(length / along_m)[:, None, None]
        )
        weighted = einsum("jab,zjb->zja", weight, slope)
        precision = precision + einsum("zja,yja->zy", weighted, slope)
        toward = toward + einsum("zja,ja->z", weighted, off)
    covariance = np.linalg.inv(precision)
    log_var = np.log(np.diag(covariance) / gain**2)
    return Posterior((mean + covariance @ toward).astype(np.float32), log_var.astype(np.float32))


def fuse_joints(hands: Sequence[SeenHand], shape: Float[Array, "21 3"]) -> FusedJoints:
    """Fuse rays and shape into joints.

    Args:
        hands: the same hand in each view.
        shape: the hand as the latent has it, in any place, at any size and turn.
    """
    cameras, poses = [hand.view.intrinsics for hand in hands], np.array([hand.camera_from_first for hand in hands])
    pixels = np.array([hand.keypoints_px for hand in hands])
    sigma_m = KEYPOINT_SHARE * np.array([_sigma_axes(hand.pose)[:, 0] for hand in hands])
    views = [seen_rays(at, camera, pose) for at, camera, pose in zip(pixels, cameras, poses, strict=True)]
    centres = np.array([centre for centre, _ in views])[:, None]
    along = np.array([ray for _, ray in views])
    precision = ray_precision(along, sigma_m)
    joints: Array = triangulate(pixels, cameras, poses, sigma_m / sigma_m.mean())[0]
    total: Array = precision.sum(0)
    for _ in range(ROUNDS):
        prior = fit_similarity(shape, joints)
        spread = SHAPE_SIGMA * float(hand_length(prior)) * FLOOR_OF_JOINT
        missed = _from_rays(joints, centres, along) / (REACH * sigma_m)
        weight = 1.0 / (1.0 + np.square(missed))
        # of views that disagree for certain, the one nearer to the shape is believed
        away = _from_rays(prior, centres, along) + 0.5 * spread
        weight = weight * np.power(away.min(0) / away, 2 * np.clip(missed.max(0) - 1, 0, 1))
        own = np.eye(3) / np.square(spread)[:, None, None]
        total = own + (weight[..., None, None] * precision).sum(0)
        right = einsum("vj,vjab,vjb->ja", weight, precision, centres + 0 * along)
        right = right + einsum("jab,jb->ja", own, prior)
        solved: Array = np.linalg.solve(total, right[..., None])
        joints = solved[..., 0]
    shown = np.linalg.norm(reproject(joints, cameras, poses) - pixels, axis=-1).mean(1)
    return FusedJoints(joints, np.linalg.inv(total), tuple(map(float, shown)))


def _from_rays(
    points: Float[Array, "21 3"], centres: Float[Array, "v 1 3"], along: Float[Array, "v 21 3"]
) -> Float[Array, "v 21"]:
    """Distance of points from each view's rays."""
    off = points - centres
    return np.linalg.norm(off - (off * along).sum(-1, keepdims=True) * along, axis=-1)


def _sigma_axes(pose: HandPose) -> Float[Array, "21 2"]:
    """Deviation of each joint across and along its ray, metres."""
    return np.repeat(pose.sigma_m[:, None], 2, 1) if pose.sigma_axes_m is None else pose.sigma_axes_m


def _normalised(joints: Float[Array, "n 21 3"]) -> Float[Array, "n 21 3"]:
    """Joints about the root, hand lengths."""
    joints = np.asarray(joints, float)
    return (joints - joints[:, ROOT : ROOT + 1]) / hand_length(joints)[:, None, None]
