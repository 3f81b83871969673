"""Turn what the encoders say of one crop into a pose in the camera frame: fuse, decode, locate, fit to depth."""

import logging
from collections.abc import Mapping

import numpy as np

from handcam.crop import camera_from_crop_points, image_from_crop_points
from handcam.hand.skeleton import hand_length
from handcam.model.fusion import fuse
from handcam.runtimes import Runtime
from handcam.tracking.depth_crop import surface_distances
from handcam.tracking.depth_fit import fit_to_depth
from handcam.tracking.depth_volume import joints_in_cube
from handcam.tracking.localisation import locate
from handcam.tracking.observation import Observation
from handcam.tracking.sigma import RESIDUAL, joint_sigma, keypoint_residual, rms_sigma, spread_axes
from handcam.types import Array, Controls, HandPose, Posterior, TrackedHand

__all__ = ["SIGMA_SAMPLES", "PoseEstimator"]

log = logging.getLogger(__name__)
SIGMA_SAMPLES = 16
"""Posterior samples from which each joint's sigma is computed."""
FITTED_GAIN, FITTED_FLOOR_M = 1.0, 0.0045
"""Calibration of the deviation of joints fitted to depth: 90 % intervals cover 90 % on rendered RGB-D."""


class PoseEstimator:
    """Estimates poses from observations with one runtime's decoders."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._warned: set[tuple[str, ...]] = set()
        self._noise = np.random.default_rng(0).standard_normal((64, runtime.card.latent)).astype(np.float32)

    def estimate(self, seen: Observation, experts: tuple[str, ...], controls: Controls) -> TrackedHand:
        """Estimate the pose of one observed hand.

        Args:
            seen: the hand.
            experts: modalities to fuse; those that were not seen are left out.
            controls: latent, samples, hand length.
        """
        card, crop = self._runtime.card, seen.crop
        distances = surface_distances(crop, seen.keypoints_px)
        names = self._seen_of(experts, seen.posteriors)
        # depth says as much as it has readings on the hand
        shares = [np.isfinite(distances).mean() if n == "depth" else 1.0 for n in names]
        posterior = _fused(
            [seen.posteriors[n] for n in names],
            [card.fusion[n] * share if len(names) > 1 else 1.0 for n, share in zip(names, shares, strict=True)],
        )
        z = posterior.mean if controls.latent is None else np.asarray(controls.latent, np.float32)
        if controls.offset is not None:
            z = z + np.asarray(controls.offset, np.float32)
        spread = np.exp(0.5 * posterior.log_var) * self._noise[: max(SIGMA_SAMPLES, controls.samples)]
        alone = [seen.posteriors[n].mean for n in names] if len(names) > 1 else []
        latents = np.concatenate([posterior.mean[None], *([mean[None] for mean in alone]), z[None], z + spread])
        live, shapes = np.split(self._runtime.decode("joints3d", latents).astype(float), [1 + len(alone)])
        # a decoded hand is a few percent longer or shorter than one hand length
        live, shapes = live / hand_length(live[0]), shapes / hand_length(shapes[0])

        # the hand in the picture says where it is, whatever pose the user has set
        length_m, root, metric = locate(live[0], seen.keypoints_px, distances, crop.intrinsics, controls.hand_length_m)
        joints = shapes * length_m + root
        key = names[0] if len(names) == 1 else "fused+depth" if "depth" in names else "fused"
        calibration = card.calibration[key]
        deviation, rays = shapes[1:] - shapes[:1], joints[0] / np.linalg.norm(joints[0], axis=1, keepdims=True)
        disagreement = spread_axes(live[1:] - live[:1], rays) if len(alone) else np.zeros((21, 2))
        at = live[0] * length_m + root
        seen_sigma = None if seen.sigma_px is None else seen.sigma_px / crop.intrinsics.fx * at[:, 2] / length_m
        sigma = length_m * joint_sigma(spread_axes(deviation, rays), disagreement, calibration, seen_sigma)
        residual = keypoint_residual(at, seen.keypoints_px, crop.intrinsics)
        sigma[:, 0] = np.hypot(sigma[:, 0], RESIDUAL * residual)
        if metric and not controls.edits:
            deviation = calibration["gain"] * deviation[:SIGMA_SAMPLES] * length_m
            joints, sigma = self._fit(seen, joints, deviation, calibration["floor"] * length_m, sigma)

        placed = camera_from_crop_points(joints, crop)
        pose = HandPose(
            side=crop.box.side, score=seen.presence, joints_m=placed[0], metric=metric,
            keypoints_px=image_from_crop_points(seen.keypoints_px, crop), sigma_m=rms_sigma(sigma), sigma_axes_m=sigma,
        )  # fmt: skip
        decoded = {name: self._runtime.decode(name, z[None])[0] for name in controls.decode if name in card.decoders}
        samples = placed[1 : 1 + controls.samples]
        return TrackedHand(
            seen.track, pose, pose, posterior, seen.posteriors, z, samples, crop, decoded, edited=controls.edits
        )

    def _seen_of(self, experts: tuple[str, ...], posteriors: Mapping[str, Posterior]) -> list[str]:
        """Those of the experts that were seen, or all that were if none of them was; warns once."""
        names = [name for name in experts if name in posteriors]
        if not names:
            names = list(posteriors)
            if experts not in self._warned:
                self._warned.add(experts)
                instead = " and ".join(names)
                log.warning("This source shows nothing to %s; it is driven by %s instead.", experts[0], instead)
        return names

    def _fit(
        self, seen: Observation, joints: Array, deviation: Array, floor_m: float, sigma: Array
    ) -> tuple[Array, Array]:
        """Move the joints (and their samples) onto the depth map; sigma falls by what the readings say."""
        crop = seen.crop
        assert crop.depth_m is not None
        start, second = joints[0], None
        if seen.in_cube is not None:  # the posterior is of features that saw no hand
            start = seen.in_cube.joints_m
        else:
            second = joints_in_cube(self._runtime, crop.depth_m, crop.intrinsics, start.mean(0))
        fitted, fitted_deviation = fit_to_depth(
            crop.depth_m,
            crop.intrinsics,
            seen.keypoints_px,
            start,
            deviation,
            floor_m,
            None if second is None else (second.joints_m, second.sigma_m),
        )
        if fitted_deviation is not None:
            fitted_sigma = np.sqrt((FITTED_GAIN * fitted_deviation) ** 2 + FITTED_FLOOR_M**2)
            sigma = np.minimum(sigma, fitted_sigma[:, None])
        return joints + (fitted - joints[0]), sigma


def _fused(posteriors: list[Posterior], weights: list[float]) -> Posterior:
    return Posterior(*fuse(np.stack([p.mean for p in posteriors]), np.stack([p.log_var for p in posteriors]), weights))
