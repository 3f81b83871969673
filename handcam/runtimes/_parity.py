"""How far a runtime is from the reference, in millimetres on the hand: a fast path is proved against a plain one."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.runtimes import Encoding, Runtime
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["Crops", "deviation", "deviation_from_check", "random_crops", "save_check"]


@dataclass(frozen=True, slots=True)
class Crops:
    """What an encoder is fed."""

    rgb: UInt8[np.ndarray, "b s s 3"]
    """Colour crops."""
    half_tan: Float[np.ndarray, " b"]
    """Tangent of half of each crop's field of view."""

    def planes(self, i: int, n: int = 1) -> dict[str, np.ndarray]:
        """``n`` crops from ``i`` on, as :meth:`handcam.runtimes.Runtime.encode` takes them."""
        return {"rgb": self.rgb[i : i + n], "half_tan": self.half_tan[i : i + n]}


def random_crops(n: int, size: int, seed: int) -> Crops:
    """Pictures of something like a hand: five skin-coloured fingers on a palm over smooth noise, lit at random."""
    rng = np.random.default_rng(seed)
    pictures = np.empty((n, size, size, 3), np.uint8)
    for picture in pictures:
        small = rng.integers(0, 256, (rng.integers(2, 12), rng.integers(2, 12), 3), np.uint8)
        picture[:] = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
        skin = np.array([220.0, 170.0, 140.0]) * rng.uniform(0.25, 1.1) + rng.normal(0, 8, 3)
        palm = size * np.array([0.5, 0.62]) + rng.normal(0, size * 0.03, 2)
        drawing = picture.copy()
        cv2.ellipse(drawing, (palm.astype(int).tolist(), (size * 0.26, size * 0.32), 0), skin.tolist(), -1)
        for angle in np.deg2rad([-65, -22, -4, 12, 30]) + rng.normal(0, 0.12):
            reach = size * rng.uniform(0.22, 0.42)
            tip = palm + reach * np.array([np.sin(angle), -np.cos(angle)])
            shade = skin * rng.uniform(0.8, 1.05)
            width = int(size * 0.07)
            cv2.line(drawing, palm.astype(int).tolist(), tip.astype(int).tolist(), shade.tolist(), width, cv2.LINE_AA)
        blurred = cv2.GaussianBlur(drawing, (0, 0), rng.uniform(0.6, 2.0)).astype(float)
        light = rng.uniform(0.7, 1.2) + np.linspace(-0.3, 0.3, size)[:, None, None] * rng.uniform(-1, 1)
        picture[:] = np.clip(blurred * light + rng.normal(0, 4, picture.shape), 0, 255)
    return Crops(pictures, rng.uniform(0.08, 0.4, n).astype(np.float32))


def deviation(reference: Runtime, runtime: Runtime, crops: Crops) -> dict[str, Float[np.ndarray, " b"]]:
    """How far two runtimes are apart on each crop.

    Returns:
        ``joints_mm``: mean distance of the 21 decoded joints; ``keypoints_px``: mean distance of the keypoints;
        ``presence``: difference of the probabilities.
    """
    answers = [_answer(reference, crops.planes(i)) for i in range(len(crops.rgb))]
    return _compare([np.stack(a) for a in zip(*answers, strict=True)], runtime, crops)


def save_check(path: Path, reference: Runtime, crops: Crops) -> None:
    """Write crops and the reference's answers to a file that :func:`deviation_from_check` reads."""
    joints, keypoints, presence = (
        np.stack(a) for a in zip(*(_answer(reference, crops.planes(i)) for i in range(len(crops.rgb))), strict=True)
    )
    np.savez_compressed(
        path, rgb=crops.rgb, half_tan=crops.half_tan, joints=joints, keypoints=keypoints, presence=presence
    )


def deviation_from_check(path: Path, runtime: Runtime) -> tuple[Crops, dict[str, Float[np.ndarray, " b"]]]:
    """The crops of a check file, and :func:`deviation` from the answers in it."""
    with np.load(path) as file:
        crops = Crops(file["rgb"], file["half_tan"])
        return crops, _compare([file[k] for k in ("joints", "keypoints", "presence")], runtime, crops)


def _compare(answers: list[np.ndarray], runtime: Runtime, crops: Crops) -> dict[str, np.ndarray]:
    joints, keypoints, presence = (
        np.stack(a) for a in zip(*(_answer(runtime, crops.planes(i)) for i in range(len(crops.rgb))), strict=True)
    )
    return {
        "joints_mm": np.linalg.norm(joints - answers[0], axis=-1).mean(-1) * 1000 * NOMINAL_HAND_LENGTH_M,
        "keypoints_px": np.linalg.norm(keypoints - answers[1], axis=-1).mean(-1),
        "presence": np.abs(presence - answers[2]),
    }


def _answer(runtime: Runtime, planes: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (21 3) in hand lengths, keypoints (21 2) in px, and presence () of one crop."""
    seen: Encoding = runtime.encode(planes)
    drive = runtime.card.drive
    names = [name for name in runtime.card.fusion if name in seen.means] if drive == "fused" else [drive]
    z = fused_mean(seen, names, runtime.card.fusion if drive == "fused" else {drive: 1.0})
    assert seen.keypoints_px is not None
    return runtime.decode("joints3d", z)[0], np.asarray(seen.keypoints_px[0]), np.asarray(seen.presence[0])


def fused_mean(seen: Encoding, names: list[str], weights: dict[str, float]) -> Float[np.ndarray, "b z"]:
    """Mean of the product of Gaussians, as :func:`handcam.model.vae.fuse` has it."""
    precision = np.ones_like(seen.means[names[0]])
    mean = np.zeros_like(precision)
    for name in names:
        tau = np.exp(-seen.log_vars[name])
        precision += weights[name] * (tau - 1.0)
        mean += weights[name] * tau * seen.means[name]
    return mean / np.maximum(precision, 1e-3)
