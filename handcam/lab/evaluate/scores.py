"""Figures from the outcomes of an evaluation: the flat ones of issue and table, and by joint, viewpoint and curl."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from handcam.hand.anatomy import grip
from handcam.hand.skeleton import INDEX, JOINTS
from handcam.lab.evaluate.metrics import (
    Root,
    align,
    auc,
    coverage,
    joint_errors,
    mean_and_median,
    pcf_curve,
    pck_curve,
    procrustes_errors,
    total_bone_length,
    with_palm,
)
from handcam.lab.evaluate.pipeline import Outcome
from handcam.types import Side

__all__ = ["KEYS", "Protocol", "curl", "facing", "pointing", "summarise"]

KEYS = (
    "n", "missed", "epe_mean_mm", "epe_median_mm", "pa_mean_mm", "pa_median_mm", "camera_mean_mm", "auc_20_50",
    "auc_0_50", "kp2d_mean_px", "coverage_90", "side_correct",
)  # fmt: skip
"""The flat figures, in order."""
THRESHOLDS_MM = np.arange(0.0, 51.0)
"""Where the curves are sampled."""
EDGES = {"distance": (0.0, 0.3, 0.4, 0.55, 0.7, 1.0, 1.5, 9.0), "holes": (0.0, 0.05, 0.15, 0.3, 0.5, 1.01)}
"""Groups of pictures with depth: by the hand's distance, metres, and by the share of it without a reading."""
UNITS = {"distance": "{:g} to {:g} m", "holes": "holes {:.0%} to {:.0%}"}
"""What the groups are called."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How predictions are compared with the truth (section 4.5 of the paper)."""

    root: Root = "middle_mcp"
    """Where the hands are put together."""
    translation: bool = True
    """T: compare relative to the root."""
    scale: bool = True
    """S: scale the prediction to the true total bone length."""


def summarise(outcomes: Sequence[Outcome], protocol: Protocol = Protocol()) -> dict:
    """All figures of an evaluation.

    Returns:
        The :data:`KEYS` (lengths in mm, areas and shares 0 to 1; None where the labels do not allow it), then
        ``per_joint``, ``viewpoint``, ``curl``, with depth ``distance`` and ``holes`` (mean errors by group), ``curves``
        and ``samples`` (errors of each).
        ``n`` counts all samples, ``missed`` those without a prediction; errors are over the others.
    """
    found = [o for o in outcomes if o.prediction is not None]
    spatial = [o for o in found if o.joints_m is not None]
    flat: dict = dict.fromkeys(KEYS)
    flat |= {"n": len(outcomes), "missed": len(outcomes) - len(found)}
    samples = {o.index: {"name": o.name, "missed": o.prediction is None} for o in outcomes}
    out: dict = {"per_joint": {}, "viewpoint": {}, "curl": {}, "curves": None}

    planar = [o for o in found if o.keypoints_px is not None]
    if planar:
        seen = [o.keypoints_px for o in planar if o.keypoints_px is not None]
        off = joint_errors(_stack(planar, "keypoints_px"), np.stack(seen))
        flat["kp2d_mean_px"] = float(off.mean())
        _per_joint(out, "kp2d_px", off)
        for o, value in zip(planar, off.mean(-1).tolist(), strict=True):
            samples[o.index]["kp2d_px"] = value
    sides = [o.prediction.side is o.side for o in found if o.side is not None and o.prediction is not None]
    if sides:
        flat["side_correct"] = float(np.mean(sides))
    if spatial:
        epe, pa = _spatial(flat, spatial, protocol)
        _per_joint(out, "epe_mm", epe)
        _per_joint(out, "pa_mm", pa)
        for o, e, p in zip(spatial, epe.mean(-1).tolist(), pa.mean(-1).tolist(), strict=True):
            samples[o.index] |= {"epe_mm": e, "pa_mm": p}
        groups = {"viewpoint": (facing, pointing), "curl": (curl,)}
        for table, namers in groups.items():
            for namer in namers:
                labels = np.array([namer(o.joints_m, o.side or Side.RIGHT) for o in spatial])
                for label in sorted(set(labels.tolist())):
                    here = labels == label
                    out[table][label] = {
                        "n": int(here.sum()), "epe_mm": float(epe[here].mean()), "pa_mm": float(pa[here].mean()),
                    }  # fmt: skip
        if all(o.holes is not None for o in spatial):
            true = np.stack([o.joints_m for o in spatial])  # type: ignore[arg-type]
            camera = joint_errors(_stack(spatial, "joints_m"), true).mean(-1) * 1e3
            values = {"distance": true[:, :, 2].mean(1), "holes": np.array([o.holes for o in spatial])}
            for table, edges in EDGES.items():
                out[table] = {}
                for low, high in pairwise(edges):
                    here = (values[table] >= low) & (values[table] < high)
                    if here.any():
                        means = {"epe_mm": epe[here], "pa_mm": pa[here], "camera_mm": camera[here]}
                        row = {name: float(value.mean()) for name, value in means.items()}
                        row["camera_median_mm"] = float(np.median(camera[here]))
                        out[table][UNITS[table].format(low, high)] = {"n": int(here.sum()), **row}
        out["curves"] = {
            "thresholds_mm": THRESHOLDS_MM.tolist(),
            "pck": pck_curve(epe, THRESHOLDS_MM).tolist(),
            "pcf": pcf_curve(epe, THRESHOLDS_MM).tolist(),
        }
    return {**flat, **out, "samples": list(samples.values())}


def _spatial(flat: dict, outcomes: Sequence[Outcome], protocol: Protocol) -> tuple[np.ndarray, np.ndarray]:
    """Fill in the figures that need true joints, and give the errors of each joint, mm: root-relative and aligned."""
    true = np.stack([o.joints_m for o in outcomes]) * 1e3  # type: ignore[operator]
    predicted = _stack(outcomes, "joints_m") * 1e3
    near, far = predicted, true
    if protocol.root == "palm":
        near = with_palm(predicted)
        far = np.stack([_truth_with_palm(o) for o in outcomes])
    epe = joint_errors(align(near, far, protocol.root, protocol.translation, protocol.scale), far)
    pa = procrustes_errors(predicted, true)
    flat["epe_mean_mm"], flat["epe_median_mm"] = mean_and_median(epe)
    flat["pa_mean_mm"], flat["pa_median_mm"] = mean_and_median(pa)
    flat["auc_20_50"], flat["auc_0_50"] = auc(epe, 20.0, 50.0), auc(epe, 0.0, 50.0)
    predictions = [o.prediction for o in outcomes if o.prediction is not None]
    if all(p.absolute for p in predictions):
        flat["camera_mean_mm"] = float(joint_errors(predicted, true).mean())
    if all(p.sigma_m is not None for p in predictions):
        k = total_bone_length(true) / total_bone_length(predicted) if protocol.scale else np.ones(len(true))
        sigma = np.stack([p.sigma_m for p in predictions]) * 1e3  # type: ignore[misc]
        flat["coverage_90"] = coverage(predicted * k[:, None, None], true, sigma * k[:, None])
    return epe, pa


def _truth_with_palm(outcome: Outcome) -> np.ndarray:
    """True joints, mm, with the labelled palm centre, or the derived one, in the wrist's place."""
    assert outcome.joints_m is not None
    return with_palm(outcome.joints_m * 1e3, None if outcome.palm_m is None else outcome.palm_m * 1e3)


def _stack(outcomes: Sequence[Outcome], field: str) -> np.ndarray:
    return np.stack([getattr(o.prediction, field) for o in outcomes])


def _per_joint(out: dict, key: str, errors: np.ndarray) -> None:
    for name, value in zip(JOINTS, errors.mean(0).tolist(), strict=True):
        out["per_joint"].setdefault(name, {})[key] = value


def facing(joints: Float[np.ndarray, "21 3"], side: Side) -> str:
    """Which face of the hand the camera sees: ``palm`` or ``back`` within 60 degrees of straight on, else ``edge``."""
    wrist, index, little = (joints[INDEX[n]] for n in ("wrist", "index_mcp", "little_mcp"))
    normal = np.cross(index - wrist, little - wrist) * (1.0 if side is Side.RIGHT else -1.0)  # out of the palm
    cosine = _cosine(normal, -joints.mean(0))
    return "palm" if cosine > 0.5 else "back" if cosine < -0.5 else "edge"


def pointing(joints: Float[np.ndarray, "21 3"], side: Side) -> str:
    """Where the hand points, from the wrist to the middle knuckle: ``at camera`` or ``away`` within 45 degrees of the
    line of sight, else ``across``."""
    cosine = _cosine(joints[INDEX["middle_mcp"]] - joints[INDEX["wrist"]], -joints.mean(0))
    return "at camera" if cosine > np.sqrt(0.5) else "away" if cosine < -np.sqrt(0.5) else "across"


def curl(joints: Float[np.ndarray, "21 3"], side: Side) -> str:
    """How closed the four fingers are: ``open``, ``half`` or ``closed``."""
    closed = float(grip(joints[None], side)[0])
    return "open" if closed < 0.25 else "half" if closed < 0.6 else "closed"


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
