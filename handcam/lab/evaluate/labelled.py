"""Evaluation on labelled pictures: errors overall, by joint, viewpoint and curl, and curves over thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from handcam.hand.anatomy import grip
from handcam.hand.skeleton import FINGERS, INDEX, JOINTS, hand_length
from handcam.lab.evaluate.metrics import (
    Root,
    align,
    auc,
    axis_coverage,
    centroid_errors,
    coverage,
    cross_mapped,
    joint_errors,
    mean_and_median,
    pcf_curve,
    pck_curve,
    procrustes_errors,
    rank_correlation,
    total_bone_length,
    with_palm,
)
from handcam.lab.evaluate.pipeline import Prediction, Record
from handcam.lab.evaluate.results import ResultTable, side_by_side
from handcam.types import Side

__all__ = ["KEYS", "Protocol", "arrays", "curl", "facing", "pointing", "ratios", "summarise", "tables"]

KEYS = (
    "n", "missed", "epe_mean_mm", "epe_median_mm", "pa_mean_mm", "pa_median_mm", "centroid_mean_mm", "pa_mapped_mm",
    "centroid_mapped_mm", "camera_mean_mm", "distance_bias_mm", "length_bias_mm", "auc_20_50",
    "auc_0_50", "kp2d_mean_px", "coverage_90", "coverage_90_across", "coverage_90_along", "sigma_rank", "side_correct",
)  # fmt: skip
"""The flat figures, in order."""
THRESHOLDS_MM = np.arange(0.0, 51.0)
"""Samples of the curves."""
EDGES = {"distance": (0.0, 0.3, 0.4, 0.55, 0.7, 1.0, 1.5, 9.0), "holes": (0.0, 0.05, 0.15, 0.3, 0.5, 1.01)}
"""Groups of pictures with depth: by the hand's distance, metres, and by the share of it without a reading."""
UNITS = {"distance": "{:g} to {:g} m", "holes": "holes {:.0%} to {:.0%}"}
"""Names of the groups."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Comparison of predictions with the truth (section 4.5 of the paper)."""

    root: Root = "middle_mcp"
    """Joint at which the hands are put together."""
    translation: bool = True
    """T: compare relative to the root."""
    scale: bool = True
    """S: scale the prediction to the true total bone length."""


def summarise(records: Sequence[Record], protocol: Protocol = Protocol(), method: int = 0) -> dict:
    """Summarise an evaluation in figures.

    Args:
        records: the samples with what was found in them.
        protocol: how predictions are compared with the truth.
        method: number of the predictor.

    Returns:
        The :data:`KEYS` (lengths in mm, areas and shares 0 to 1; None where the labels do not allow it), then
        ``per_joint``, ``viewpoint``, ``curl``, with depth ``distance`` and ``holes`` (mean errors by group), ``curves``
        and ``samples`` (errors of each).
        ``n`` counts all samples, ``missed`` those without a prediction; errors are over the others.
    """
    found = [(r, p) for r in records if (p := r.prediction(method)) is not None]
    samples: dict[int, dict] = {r.index: {"name": r.sample.name, "missed": True} for r in records}
    for r, _ in found:
        samples[r.index]["missed"] = False
    flat: dict = dict.fromkeys(KEYS) | {"n": len(records), "missed": len(records) - len(found)}
    out: dict = {"per_joint": {}, "viewpoint": {}, "curl": {}, "curves": None}

    planar = [(r, p, true) for r, p in found if (true := r.sample.picture_joints_px) is not None]
    if planar:
        off = joint_errors(np.stack([p.keypoints_px for _, p, _ in planar]), np.stack([true for *_, true in planar]))
        flat["kp2d_mean_px"] = float(off.mean())
        _per_joint(out, "kp2d_px", off)
        for (r, *_), value in zip(planar, off.mean(-1).tolist(), strict=True):
            samples[r.index]["kp2d_px"] = value
    sides = [p.side is r.sample.side for r, p in found if r.sample.side is not None]
    if sides:
        flat["side_correct"] = float(np.mean(sides))
    spatial = [(r, p, true) for r, p in found if (true := r.sample.joints_m) is not None]
    if spatial:
        epe, pa = _spatial(flat, spatial, protocol)
        _per_joint(out, "epe_mm", epe)
        _per_joint(out, "pa_mm", pa)
        for (r, *_), e, p in zip(spatial, epe.mean(-1).tolist(), pa.mean(-1).tolist(), strict=True):
            samples[r.index] |= {"epe_mm": e, "pa_mm": p}
        errors = {"epe_mm": epe, "pa_mm": pa}
        for table, group in (("viewpoint", facing), ("viewpoint", pointing), ("curl", curl)):
            labels = np.array([group(true, r.sample.side or Side.RIGHT) for r, _, true in spatial])
            for label in sorted(set(labels.tolist())):
                out[table][label] = _means(errors, labels == label)
        if all(r.holes is not None for r, *_ in spatial):
            true = np.stack([true for *_, true in spatial])
            camera = joint_errors(np.stack([p.joints_m for _, p, _ in spatial]), true).mean(-1) * 1e3
            values = {"distance": true[:, :, 2].mean(1), "holes": np.array([r.holes for r, *_ in spatial])}
            for table, edges in EDGES.items():
                out[table] = {}
                for low, high in pairwise(edges):
                    here = (values[table] >= low) & (values[table] < high)
                    if here.any():
                        row = _means(errors | {"camera_mm": camera}, here)
                        row["camera_median_mm"] = float(np.median(camera[here]))
                        out[table][UNITS[table].format(low, high)] = row
        out["curves"] = {
            "thresholds_mm": THRESHOLDS_MM.tolist(),
            "pck": pck_curve(epe, THRESHOLDS_MM).tolist(),
            "pcf": pcf_curve(epe, THRESHOLDS_MM).tolist(),
        }
    return {**flat, **out, "samples": list(samples.values())}


def ratios(records: Sequence[Record], protocol: Protocol = Protocol()) -> dict:
    """Errors of the first method over those of the second, on the ``n`` hands that both found."""
    both = [r for r in records if r.prediction(0) is not None and r.prediction(1) is not None]
    ours, theirs = (summarise(both, protocol, k) for k in (0, 1))
    keys = [
        key
        for key in KEYS
        if key.endswith(("_mm", "_px")) and "bias" not in key and ours[key] is not None and theirs[key]
    ]
    return {"n": len(both)} | {key: ours[key] / theirs[key] for key in keys}


def _spatial(
    flat: dict, found: Sequence[tuple[Record, Prediction, np.ndarray]], protocol: Protocol
) -> tuple[np.ndarray, np.ndarray]:
    """Fill in the figures that need true joints, and give the errors of each joint, mm: root-relative and aligned."""
    predictions = [p for _, p, _ in found]
    true = np.stack([joints for *_, joints in found]) * 1e3
    predicted = np.stack([p.joints_m for p in predictions]) * 1e3
    near, far = predicted, true
    if protocol.root == "palm":  # the labelled palm centre, else the derived one, in the wrist's place
        palms = [r.sample.palm_m for r, *_ in found]
        near = with_palm(predicted)
        far = np.stack([with_palm(j, None if m is None else m * 1e3) for j, m in zip(true, palms, strict=True)])
    epe = joint_errors(align(near, far, protocol.root, protocol.translation, protocol.scale), far)
    pa = procrustes_errors(predicted, true)
    flat["epe_mean_mm"], flat["epe_median_mm"] = mean_and_median(epe)
    flat["pa_mean_mm"], flat["pa_median_mm"] = mean_and_median(pa)
    flat["centroid_mean_mm"] = float(centroid_errors(predicted, true).mean())
    mapped = cross_mapped(predicted, true)
    if mapped is not None:
        flat["pa_mapped_mm"] = float(procrustes_errors(mapped, true).mean())
        flat["centroid_mapped_mm"] = float(centroid_errors(mapped, true).mean())
    flat["auc_20_50"], flat["auc_0_50"] = auc(epe, 20.0, 50.0), auc(epe, 0.0, 50.0)
    if all(p.absolute for p in predictions):
        flat["camera_mean_mm"] = float(joint_errors(predicted, true).mean())
        flat["distance_bias_mm"] = float(np.median((predicted - true)[..., 2].mean(-1)))
        flat["length_bias_mm"] = float(np.median(hand_length(predicted) - hand_length(true)))
    sigmas = [p.sigma_m for p in predictions if p.sigma_m is not None]
    if len(sigmas) == len(predictions):
        k = total_bone_length(true) / total_bone_length(predicted) if protocol.scale else np.ones(len(true))
        sigma = np.stack(sigmas) * 1e3 * k[:, None]
        flat["coverage_90"] = coverage(predicted * k[:, None, None], true, sigma)
        axes = [p.sigma_axes_m for p in predictions if p.sigma_axes_m is not None]
        if len(axes) == len(predictions):
            flat["coverage_90_across"], flat["coverage_90_along"] = axis_coverage(
                predicted * k[:, None, None], true, np.stack(axes) * 1e3 * k[:, None, None]
            )
        flat["sigma_rank"] = rank_correlation(sigma, epe)
    return epe, pa


def _means(errors: dict[str, np.ndarray], chosen: np.ndarray) -> dict:
    return {"n": int(chosen.sum()), **{name: float(values[chosen].mean()) for name, values in errors.items()}}


def _per_joint(out: dict, key: str, errors: np.ndarray) -> None:
    for name, value in zip(JOINTS, errors.mean(0).tolist(), strict=True):
        out["per_joint"].setdefault(name, {})[key] = value


def arrays(records: Sequence[Record], method: int = 0) -> dict[str, np.ndarray]:
    """Predictions as arrays, one row a sample: ``joints_mm`` (n 21 3), camera frame, and ``sigma_mm``, NaN where the
    hand was missed; ``index`` and ``name`` of the sample, ``side`` (empty where missed)."""
    found = [r.prediction(method) for r in records]
    joints, sigma = np.full((len(found), 21, 3), np.nan), np.full((len(found), 21), np.nan)
    for k, p in enumerate(found):
        if p is not None:
            joints[k] = p.joints_m * 1e3
            if p.sigma_m is not None:
                sigma[k] = p.sigma_m * 1e3
    return {
        "joints_mm": joints, "sigma_mm": sigma, "index": np.array([r.index for r in records], int),
        "name": np.array([r.sample.name for r in records], str),
        "side": np.array(["" if p is None else p.side.value for p in found], str),
    }  # fmt: skip


def tables(figures: dict[str, dict], title: str) -> tuple[ResultTable, ...]:
    """Tables of the flat figures of every method, then of the first one's by finger, viewpoint and curl."""
    out = [side_by_side(figures, KEYS, title)]
    ours = next(iter(figures.values()))
    if ours.get("viewpoint"):
        pair = "{epe_mm:.1f} / {pa_mm:.1f}"
        chains = {f: [pair.format(**ours["per_joint"][j]) for j in JOINTS if j.startswith(f)] for f in FINGERS}
        out.append(
            ResultTable(
                ("finger", "1", "2", "3", "tip"), [(finger, *cells) for finger, cells in chains.items()],
                "error by joint, mm: root-relative / aligned", f"wrist {pair.format(**ours['per_joint']['wrist'])}",
            )
        )  # fmt: skip
        rows: list[tuple[str, ...]] = []
        for group in ("viewpoint", "curl", "distance", "holes"):
            for name, row in ours.get(group, {}).items():
                errors = [f"{row[key]:.1f}" if key in row else "" for key in ("epe_mm", "pa_mm", "camera_mm")]
                rows.append((name, str(row["n"]), *errors))
        out.append(ResultTable(("group", "hands", "root-relative mm", "aligned mm", "camera space mm"), rows))
    return tuple(out)


def facing(joints: Float[np.ndarray, "21 3"], side: Side) -> str:
    """Face of the hand that the camera sees: ``palm`` or ``back`` within 60 degrees of straight on, else ``edge``."""
    wrist, index, little = (joints[INDEX[n]] for n in ("wrist", "index_mcp", "little_mcp"))
    normal = np.cross(index - wrist, little - wrist) * (1.0 if side is Side.RIGHT else -1.0)  # out of the palm
    cosine = _cosine(normal, -joints.mean(0))
    return "palm" if cosine > 0.5 else "back" if cosine < -0.5 else "edge"


def pointing(joints: Float[np.ndarray, "21 3"], side: Side) -> str:
    """Direction of the hand, from the wrist to the middle knuckle: ``at camera`` or ``away`` within 45 degrees of the
    line of sight, else ``across``."""
    cosine = _cosine(joints[INDEX["middle_mcp"]] - joints[INDEX["wrist"]], -joints.mean(0))
    return "at camera" if cosine > np.sqrt(0.5) else "away" if cosine < -np.sqrt(0.5) else "across"


def curl(joints: Float[np.ndarray, "21 3"], side: Side) -> str:
    """Flexion of the four fingers: ``open``, ``half`` or ``closed``."""
    closed = float(grip(joints[None], side)[0])
    return "open" if closed < 0.25 else "half" if closed < 0.6 else "closed"


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
