"""From what the encoders say of a crop to a pose in the camera frame: fuse, decode, place, settle on the depth map."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float

from handcam.crop import camera_from_crop_points, image_from_crop_points
from handcam.geometry import place, place_metric
from handcam.runtimes import Encoding, Runtime
from handcam.runtimes._cube import CubeNet
from handcam.tracking.depth_fit import settle
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, HandCrop, HandPose, Posterior, TrackedHand

__all__ = ["FLESH_M", "Placement", "distances_under", "fuse", "with_centre"]

log = logging.getLogger(__name__)
SIGMA_SAMPLES = 16
"""Posterior samples from which each joint's sigma is computed."""
FLESH_M = np.array([21.0, 18.2, 14.2, 9.9, 2.5] + [13.0, 8.5, 7.7, 3.0] * 4) * 1e-3
"""How far behind the skin a visible joint of a 19 cm hand lies, median over rendered hands, metres."""
OWN = np.array([1.0, 0.7, 0.7, 0.5, 0.4] + [1.0, 0.5, 0.3, 0.3] * 4)
"""How likely the surface under a joint is the joint's own: fingertips are often behind something."""
SIZE_SPREAD_M = 0.008
"""Standard deviation of people's hand lengths about the setting."""
REACH_M = 0.14
"""Readings farther than this from the hand's centre are something else."""
HOLE = 11
"""Edge of the window, px of the crop, most of which must be hand for a hole in its middle to be filled."""
LEAST_READINGS = 6
"""Joints with a distance below which the scale counts as not measured."""
SETTLED_GAIN, SETTLED_FLOOR_M = 1.0, 0.0045
"""What makes the deviation of settled joints an honest one: 90 % intervals cover 90 % on rendered RGB-D."""


class Placement:
    """Fuses, decodes and places hands with one runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._cube = runtime, CubeNet()
        self._told: set[tuple[str, ...]] = set()
        self._noise = np.random.default_rng(0).standard_normal((64, runtime.card.latent)).astype(np.float32)

    def estimate(
        self, number: int, crop: HandCrop, posteriors: dict[str, Posterior], drive: tuple[str, ...],
        encoding: Encoding, i: int, controls: Controls,
    ) -> TrackedHand:  # fmt: skip
        """The pose of hand ``i`` of an encoded batch.

        Args:
            number: of the track.
            crop: what was encoded.
            posteriors: what each modality says.
            drive: modalities to fuse; those that were not seen are left out.
            encoding: the batch.
            i: which of the batch.
            controls: latent, samples, hand length.
        """
        card = self._runtime.card
        names = [name for name in drive if name in posteriors]
        if not names:
            names = list(posteriors)
            if drive not in self._told:
                self._told.add(drive)
                log.warning(
                    "This source shows nothing to %s; it is driven by %s instead.", drive[0], " and ".join(names)
                )
        weights = [card.fusion[name] if len(names) > 1 else 1.0 for name in names]
        posterior = fuse([posteriors[name] for name in names], weights)
        z = posterior.mean if controls.latent is None else np.asarray(controls.latent, np.float32)
        if controls.offset is not None:
            z = z + np.asarray(controls.offset, np.float32)
        count = max(SIGMA_SAMPLES, controls.samples)
        spread = np.exp(0.5 * posterior.log_var) * self._noise[:count]
        latents = np.concatenate([posterior.mean[None], z[None], z + spread])
        live, shapes = np.split(self._runtime.decode("joints3d", latents).astype(float), [1])
        moved = controls.latent is not None or controls.offset is not None

        assert encoding.keypoints_px is not None
        keypoints = np.asarray(encoding.keypoints_px[i], float)
        distance = distances_under(crop, keypoints)
        metric = int(np.isfinite(distance).sum()) >= LEAST_READINGS
        if metric:
            behind = distance + FLESH_M * controls.hand_length_m / NOMINAL_HAND_LENGTH_M
            size = (controls.hand_length_m, SIZE_SPREAD_M)
            # the hand in the picture says where, whatever pose the user has set
            length_m, root = place_metric(live[0], keypoints, behind, crop.intrinsics, size, OWN)
        else:
            length_m = controls.hand_length_m
            root = place(live[0] * length_m, keypoints, crop.intrinsics)
        joints = shapes * length_m + root

        key = names[0] if len(names) == 1 else "fused+depth" if "depth" in names else "fused"
        gain, floor_m = card.calibration[key]["gain"], card.calibration[key]["floor"] * length_m
        wide = gain * (shapes[1:] - shapes[:1]) * length_m
        sigma = np.sqrt((wide**2).mean((0, 2)) + floor_m**2)
        if metric and not moved:
            assert crop.depth_m is not None
            also = self._cube.see(crop.depth_m, crop.intrinsics, joints[0].mean(0))
            settled, deviation = settle(
                crop.depth_m, crop.intrinsics, keypoints, joints[0], wide[:SIGMA_SAMPLES], floor_m, also
            )
            joints = joints + (settled - joints[0])
            if deviation is not None:
                sigma = np.minimum(sigma, np.sqrt((SETTLED_GAIN * deviation) ** 2 + SETTLED_FLOOR_M**2))
        placed = camera_from_crop_points(joints, crop)
        pose = HandPose(
            side=crop.box.side, score=float(encoding.presence[i]), joints_m=placed[0], metric=metric,
            keypoints_px=image_from_crop_points(keypoints, crop), sigma_m=sigma,
        )  # fmt: skip
        decoded = {name: self._runtime.decode(name, z[None])[0] for name in controls.decode if name in card.decoders}
        samples = placed[1 : 1 + controls.samples]
        return TrackedHand(number, pose, pose, posterior, posteriors, z, samples, crop, decoded)


def fuse(posteriors: Sequence[Posterior], weights: Sequence[float]) -> Posterior:
    """Product of Gaussians; the same arithmetic as :func:`handcam.model.vae.fuse`."""
    w = np.asarray(weights, np.float32)
    taus = np.exp(-np.stack([p.log_var for p in posteriors]))
    precision = np.maximum(1.0 - w.sum() + w @ taus, 1e-3)
    mean = w @ (taus * np.stack([p.mean for p in posteriors])) / precision
    return Posterior(mean.astype(np.float32), -np.log(precision).astype(np.float32))


def with_centre(crop: HandCrop, distance_m: float | None) -> HandCrop:
    """The crop with the distance of the hand's centre: the given one, else what stands nearest in its middle; small
    holes in the hand are filled."""
    if crop.depth_m is None:
        return crop
    if distance_m is None:
        s = len(crop.depth_m)
        middle = crop.depth_m[s // 4 : -s // 4, s // 4 : -s // 4]
        seen = middle[middle > 0.1]
        if len(seen) < 0.02 * middle.size:
            return crop
        near = float(np.percentile(seen, 8))
        distance_m = float(np.median(seen[seen < near + 0.1])) + 0.01
    return replace(crop, root_depth_m=distance_m, depth_m=_filled(crop.depth_m, distance_m))


def _filled(depth_m: Float[np.ndarray, "s s"], centre_m: float) -> Float[np.ndarray, "s s"]:
    """The crop with holes that the hand surrounds filled from their edges: the nets know few of them."""
    size = (HOLE, HOLE)
    for _ in range(2):
        hand = np.where(np.abs(depth_m - centre_m) < REACH_M, depth_m, np.float32(0))
        share = cv2.blur((hand > 0).astype(np.float32), size)
        hole = (depth_m == 0) & (share > 0.5)
        if not hole.any():
            break
        depth_m = np.where(hole, cv2.blur(hand, size) / np.maximum(share, 0.5), depth_m)
    return depth_m


def distances_under(crop: HandCrop, keypoints_px: Float[np.ndarray, "21 2"]) -> Float[np.ndarray, " 21"]:
    """Distance of the surface under each keypoint along the crop's axis, metres; NaN where nothing of the hand is.

    The nearest readings in a small window count, so that a keypoint beside a thin finger still meets it.
    """
    if crop.depth_m is None or crop.root_depth_m is None:
        return np.full(21, np.nan)
    s = len(crop.depth_m)
    reach = np.arange(-3, 4) * max(1, s // 160)
    at = np.round(keypoints_px).astype(int)
    x = np.clip(at[:, 0, None] + np.tile(reach, 7), 0, s - 1)
    y = np.clip(at[:, 1, None] + np.repeat(reach, 7), 0, s - 1)
    z = crop.depth_m[y, x].astype(float)  # (21, 49)
    z[(z <= 0) | (np.abs(z - crop.root_depth_m) > REACH_M)] = np.inf
    z.sort(axis=1)
    count = np.isfinite(z).sum(1)
    near = z[np.arange(21), count // 5]
    mine = np.isfinite(z) & (z < near[:, None] + 0.012)
    mean = np.where(mine, z, 0.0).sum(1) / np.maximum(mine.sum(1), 1)
    inside = ((at >= 0) & (at < s)).all(1)
    return np.where((count >= 5) & inside, mean, np.nan)
