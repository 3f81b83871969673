"""Harder RGB-D than ``examples/figures/rgbd_demo.py`` as a ``folder:`` tree.

    python examples/figures/rgbd_hands.py OUT [--poses dexycb]

Everyday poses of many people, or real grasps seen from anywhere (poses of DexYCB beside the checkout, for validation
alone), 0.4 to 0.7 m away, through five depth cameras, with what real depth has: a shift against colour, holes, sleeves,
things held, hands of other size and girth than the rig's.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import tyro

from handcam.geometry import fit_similarity
from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.conventions import from_order
from handcam.hand.rig import DOFS, Shape, load_rig
from handcam.hand.skeleton import bone_lengths
from handcam.synth.camera_effects import CameraEffects
from handcam.synth.poses import PoseBatch, PoseSettings, sample_poses
from handcam.synth.scenes import PictureSettings, render_poses
from handcam.synth.sensor import STEREO, STRUCTURED, TOF, degrade
from handcam.types import Intrinsics

DEXYCB = Path(__file__).parents[3] / "shared" / "data" / "validation" / "dexycb_poses"
KINECT = replace(STRUCTURED, unit_m=0.001, focal_px=580.0, baseline_m=0.075, step_px=1 / 8, noise_px=0.03, far_m=4.0)
CAMERAS = (STEREO, replace(STEREO, focal_px=385.0, baseline_m=0.05), STRUCTURED, KINECT, TOF)
EVERYDAY = PoseSettings(
    independent=0.1, synergy=0.3, gesture=0.4, grasp=0.2, blend=0.3, size=0.07, bones=0.05, off_axis=0.12, near_m=0.4,
    far_m=0.7, uniform_views=0.1, roll_deg=40, width=1.0, jitter_deg=6.0,
)  # fmt: skip


def grasps(rng: np.random.Generator, n: int) -> PoseBatch:
    """Hands with the angles, bones, places and views of DexYCB's, brought to 0.4 to 0.7 m; 5 mm from them."""
    rig, parts = load_rig(), []
    for side in ("right", "left"):
        joints = from_order(np.load(DEXYCB / f"dexycb_{side}.npz")["joints3d_m"][rng.integers(0, 36000, n)], "ho3d")
        parts.append(joints.astype(float) * [1.0 if side == "right" else -1.0, 1.0, 1.0])
    true = np.concatenate(parts)[rng.permutation(2 * n)[:n]]
    wanted = np.exp(rng.uniform(np.log(0.4), np.log(0.7), n))
    true = true + true.mean(1, keepdims=True) * (wanted / true[:, :, 2].mean(1) - 1)[:, None, None]
    angles = np.zeros((n, len(DOFS)), np.float32)
    angles[:, [DOFS.index(name) for name in ANGLES]] = np.radians(angles_deg(true))
    lengths = bone_lengths(true) / bone_lengths(rig.rest_m[:21])
    size = lengths.mean(1)
    breadth = np.linalg.norm(true[:, 5] - true[:, 17], axis=1) / np.linalg.norm(rig.rest_m[5] - rig.rest_m[17]) / size
    girth = np.exp(0.08 * rng.standard_normal((n, 5)))
    shape = Shape(*(a.astype(np.float32) for a in (size, lengths / size[:, None], breadth.clip(0.8, 1.25), girth)))
    hand = rig.pose(angles, shape)[:, :21].astype(float)
    placed = fit_similarity(hand, true, scale=False)
    centred = hand - hand.mean(1, keepdims=True)
    rotation = np.swapaxes(np.linalg.pinv(centred) @ (placed - placed.mean(1, keepdims=True)), 1, 2)
    move = placed.mean(1) - np.einsum("nij,nj->ni", rotation, hand.mean(1))
    return PoseBatch(angles, shape, *(a.astype(np.float32) for a in (rotation, move, placed)))


def main(
    out: Path, /, poses: Literal["everyday", "dexycb"] = "everyday", count: int = 96, seed: int = 2, size: float = 1.0,
    girth: float = 1.0, shift_px: float = 0.7, holes: float = 0.0, held: float = 0.25, sleeve: float = 0.5,
) -> None:  # fmt: skip
    """Write the tree.

    Args:
        out: folder.
        poses: whose.
        count: pictures.
        seed: of everything.
        size: factor on all hands.
        girth: factor on the fingers' thickness.
        shift_px: standard deviation of depth's shift against colour, along each axis.
        holes: share of readings lost in blots.
        held: share with something in the hand.
        sleeve: share with a sleeve.
    """
    out.mkdir(parents=True, exist_ok=True)
    effects = CameraEffects(defocus=0.15, motion=0.1, low_resolution=0.1, jpeg=0.5, noise=0.6, colour=0.7)
    settings = PictureSettings(
        poses=EVERYDAY, camera_effects=effects, sleeve=sleeve, held=held, second=0.03, occluder=0.0, even_light=0.7
    )
    rng, lines = np.random.default_rng(seed), []
    while len(lines) < count:
        hands = grasps(rng, 16) if poses == "dexycb" else sample_poses(rng, 16, EVERYDAY)
        at, s = hands.translation_m[:, None], hands.shape
        shape = replace(s, size=s.size * np.float32(size), thickness=s.thickness * np.float32(girth))
        hands = replace(hands, shape=shape, joints_m=(hands.joints_m - at) * np.float32(size) + at)
        lenses = [Intrinsics(f, f, 320.0, 240.0, 640, 480) for f in rng.uniform(570, 640, 16).tolist()]
        for picture in render_poses(rng, hands, lenses, settings):
            px, k = picture.keypoints_px, picture.intrinsics
            if len(lines) == count or (px < 3).any() or (px > [637, 477]).any() or picture.visible.mean() < 0.4:
                continue
            z = degrade(picture.depth_m, k.fx, rng, CAMERAS[rng.integers(len(CAMERAS))])
            if holes:
                noise = cv2.GaussianBlur(rng.standard_normal(z.shape, np.float32), (0, 0), 4.0)
                z = np.where(noise > np.quantile(noise, 1 - holes), np.float32(0), z)
            (dx, dy), name = rng.normal(0, shift_px, 2), f"{len(lines):04d}"
            z = cv2.warpAffine(z, np.array([[1, 0, dx], [0, 1, dy]]), (640, 480), flags=cv2.INTER_NEAREST)
            cv2.imwrite(str(out / f"{name}.jpg"), picture.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            cv2.imwrite(str(out / f"{name}.depth.png"), np.round(z * 1000).astype(np.uint16))
            lines.append(json.dumps({
                "image": f"{name}.jpg", "depth": f"{name}.depth.png", "depth_unit_m": 0.001, "side": "right",
                "intrinsics": [k.fx, k.fy, k.cx, k.cy], "joints_mm": (picture.joints_m * 1000.0).tolist(),
            }))  # fmt: skip
    (out / "labels.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    tyro.cli(main)
