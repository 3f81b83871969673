"""Parity: deviation of a runtime from the reference, in millimetres on the hand.

A check file beside the weights holds crops, with and without depth, and the reference's answers, so that this needs no
reference on the machine where it is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8, UInt16

from handcam.crop import CUBE_M
from handcam.hand.kinematics import MOTION_STATE, NetInput, net_input
from handcam.hand.rotations import joint_frames, offsets
from handcam.model.fusion import fuse
from handcam.runtimes._protocol import CropBatch, Encoding, Runtime
from handcam.types import NOMINAL_HAND_LENGTH_M, Array, Side

__all__ = ["CheckCrops", "deviation", "deviation_from_check", "save_check"]

HAND_MM = NOMINAL_HAND_LENGTH_M * 1e3
"""Length of the hand for which deviations are stated."""
HOLDS = 0.3
"""Score from which an anchor is compared."""
DEPTH_UNIT_M = 0.001
"""Metres per count of the depth in a check file."""


@dataclass(frozen=True, slots=True)
class CheckCrops:
    """Crops to compare runtimes on: ``n`` of colour, ``m`` of depth with their cubes."""

    rgb: UInt8[Array, "n s s 3"]
    """Colour crops; for a hand detector whole pictures."""
    half_tan: Float[Array, " n"]
    """Tangent of half of each colour crop's field of view."""
    depth: UInt16[Array, "m s s"] | None = None
    """Depth crops, counts of :data:`DEPTH_UNIT_M`; None where the weights do not read depth."""
    depth_half_tan: Float[Array, " m"] | None = None
    """Tangent of half of each depth crop's field of view."""
    centre_m: Float[Array, " m"] | None = None
    """Distance of each hand's centre in the depth crops."""
    cube: UInt16[Array, "m p p"] | None = None
    """The same hands as the depth joint net takes them."""
    joints_m: Float[Array, "k 21 3"] | None = None
    """Right hands in the camera frame, for weights that take joints."""

    def color_batch(self, i: int, n: int = 1) -> CropBatch:
        """``n`` colour crops from ``i`` on."""
        return CropBatch(self.half_tan[i : i + n], self.rgb[i : i + n])

    def depth_batch(self, i: int, n: int = 1) -> CropBatch:
        """``n`` depth crops from ``i`` on."""
        assert self.depth is not None
        assert self.depth_half_tan is not None
        assert self.centre_m is not None
        at = slice(i, i + n)
        depth_m = self.depth[at] * np.float32(DEPTH_UNIT_M)
        return CropBatch(self.depth_half_tan[at], None, depth_m, self.centre_m[at])

    def joint_inputs(self) -> NetInput:
        """The hands as nets that take joints have them, with error bars of a centimetre."""
        assert self.joints_m is not None
        joints = self.joints_m.astype(float)
        return net_input(joints, offsets(joints, joint_frames(joints, Side.RIGHT)), np.full(joints.shape[:2], 0.01))

    def cubes(self, i: int, n: int = 1) -> tuple[Float[Array, "n p p"], Float[Array, " n"]]:
        """``n`` cubes from ``i`` on, metres, and the distances of their centres."""
        assert self.cube is not None
        assert self.centre_m is not None
        return self.cube[i : i + n] * np.float32(DEPTH_UNIT_M), self.centre_m[i : i + n]


def deviation(reference: Runtime, runtime: Runtime, crops: CheckCrops) -> dict[str, Float[Array, " b"]]:
    """Compare two runtimes on each crop, or two runs of a hand detector on each picture.

    Returns:
        ``joints_mm``: mean distance of the 21 joints decoded from colour; ``keypoints_px``: mean distance of the
        keypoints; ``presence``: difference of the probabilities; and with depth crops ``depth_mm`` (joints decoded
        from depth) and ``depth_joints_mm`` (joints read from the cube). Of a detector: ``detection_px``, mean distance
        of the centre and points of every anchor that holds a hand, and ``score``, largest difference. Of nets that
        take joints: ``joints_mm``, what the turns move the end of a bone as long as the hand, ``mesh_mm``, and
        ``motion_mm``, the largest difference of state or pose.
    """
    return _compare(_answers(reference, crops), runtime, crops)


def save_check(path: Path, reference: Runtime, crops: CheckCrops) -> None:
    """Write crops and the reference's answers to a file that :func:`deviation_from_check` reads."""
    given = {f.name: getattr(crops, f.name) for f in fields(crops) if getattr(crops, f.name) is not None}
    answers: dict[str, Any] = {f"answer.{k}": v for k, v in _answers(reference, crops).items()}
    np.savez_compressed(path, **given, **answers)


def deviation_from_check(path: Path, runtime: Runtime) -> tuple[CheckCrops, dict[str, Float[Array, " b"]]]:
    """Read the crops of a check file, and compare a runtime with the answers in it; see :func:`deviation`."""
    with np.load(path) as file:
        crops = CheckCrops(**{f.name: file[f.name] for f in fields(CheckCrops) if f.name in file})
        answers = {name[7:]: file[name] for name in file.files if name.startswith("answer.")}
    return crops, _compare(answers, runtime, crops)


def _answers(runtime: Runtime, crops: CheckCrops) -> dict[str, Array]:
    """Everything that is compared, by name."""
    card, rows = runtime.card, list[dict[str, Array]]()
    if crops.joints_m is not None:
        given = crops.joint_inputs()
        return {name: runtime.run(name, given.named(name))[name] for name in card.kinematics}
    if card.detector:
        found = [runtime.detect(crops.rgb[i : i + 1]) for i in range(len(crops.rgb))]
        scores = np.concatenate([d.scores for d in found])
        places = [np.concatenate([d.boxes[:, :, None, :2], d.points], 2)[0] * card.crop_px for d in found]
        return {"places": np.stack(places) * (scores > HOLDS / 2)[..., None, None], "scores": scores}
    experts = card.fusion if card.drive == "fused" else {card.drive: 1.0}
    for i in range(len(crops.rgb)):
        seen = runtime.encode(crops.color_batch(i))
        joints = runtime.decode("joints3d", _fused_mean(seen, experts))[0]
        rows.append({"joints": joints, "keypoints": seen.keypoints_px[0], "presence": seen.presence[0]})
    out = {name: np.stack([row[name] for row in rows]) for name in rows[0]} if rows else {}
    if crops.depth is not None and "depth" in card.encoders:
        batches = [crops.depth_batch(i) for i in range(len(crops.depth))]
        out["depth"] = np.stack([runtime.decode("joints3d", runtime.encode(b).means["depth"])[0] for b in batches])
    if crops.cube is not None:
        read = [runtime.depth_joints(*crops.cubes(i)) for i in range(len(crops.cube))]
        out |= {"depth_joints": np.stack([r.uvd[0] for r in read if r is not None])} if all(read) else {}
    return out


def _compare(answers: Mapping[str, Array], runtime: Runtime, crops: CheckCrops) -> dict[str, Array]:
    found = _answers(runtime, crops)
    if "scores" in found:
        apart = np.linalg.norm(found["places"] - answers["places"], axis=-1).mean(-1)
        holds = answers["scores"] >= HOLDS
        detection = (apart * holds).sum(1) / np.maximum(holds.sum(1), 1)
        return {"detection_px": detection, "score": np.abs(found["scores"] - answers["scores"]).max(1)}
    if "motion" in found:  # the pose, which follows the state
        return {"motion_mm": np.abs(found["motion"] - answers["motion"])[:, : MOTION_STATE + 63].max(-1) * HAND_MM}
    if "rotations" in found or "mesh" in found:
        apart = {name: np.linalg.norm(found[name] - answers[name], axis=-1).mean(-1) * HAND_MM for name in found}
        return {"joints_mm" if name == "rotations" else f"{name}_mm": value for name, value in apart.items()}
    away = {
        "joints_mm": np.linalg.norm(found["joints"] - answers["joints"], axis=-1).mean(-1) * HAND_MM,
        "keypoints_px": np.linalg.norm(found["keypoints"] - answers["keypoints"], axis=-1).mean(-1),
        "presence": np.abs(found["presence"] - answers["presence"]),
    }
    for name, quantity, scale in (("depth", "depth_mm", HAND_MM), ("depth_joints", "depth_joints_mm", CUBE_M * 1e3)):
        if name in found and name in answers:
            away[quantity] = np.linalg.norm(found[name] - answers[name], axis=-1).mean(-1) * scale
    return away


def _fused_mean(seen: Encoding, experts: Mapping[str, float]) -> Float[Array, "b z"]:
    names = [name for name in experts if name in seen.means]
    means, log_vars = (np.stack([part[name] for name in names]) for part in (seen.means, seen.log_vars))
    return fuse(means, log_vars, [experts[name] for name in names])[0]
