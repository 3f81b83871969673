"""Errors of predicted hands (section 4.3 of the paper, and the field's further measures).

Everything here is plain numpy on stacks of hands and does not care about the unit of length: errors come in the unit
of the joints, thresholds and sigmas must be in the same one. :mod:`handcam.lab.evaluate.pipeline` uses millimetres.

The invariances of the paper's section 4.5, as arguments of :func:`align`:

* **T** (``translation``): joints are compared relative to a root;
* **S** (``scale``): the prediction is brought to the true total bone length;
* **H**: the side is known to the model; that is a matter of who runs it, see
  :func:`handcam.lab.evaluate.pipeline.tracker_predictor`.
"""

from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy.stats import norm, spearmanr

from handcam.geometry import fit_similarity
from handcam.hand.skeleton import MIDDLE_MCP, WRIST, bone_lengths

__all__ = [
    "HAND_MM", "ROOTS", "Root", "align", "auc", "axis_coverage", "centroid_errors", "coverage", "cross_mapped",
    "fit_joint_map", "interval_z", "joint_errors", "mean_and_median", "pcf_curve", "pck_curve", "procrustes_errors",
    "rank_correlation", "root_of", "total_bone_length", "with_palm",
]  # fmt: skip

Root = Literal["middle_mcp", "wrist", "palm"]
"""Joint that both hands are moved to. The papers on RHD and STB use the palm centre (supplement, 7.1)."""
ROOTS: tuple[str, ...] = get_args(Root)
HAND_MM = 185.0
"""Hand length for which errors of normalised joints are stated in mm: the mean hand of the sampled training poses."""


def with_palm(
    joints: Float[np.ndarray, "*b 21 3"], palm: Float[np.ndarray, "*b 3"] | None = None
) -> Float[np.ndarray, "*b 21 3"]:
    """The joints with the palm centre in the wrist's place, as the papers' protocols have it.

    Args:
        joints: the hands.
        palm: the labelled palm centres; default half way from the wrist to the middle MCP (supplement, 7.1).
    """
    out = np.array(joints)
    out[..., WRIST, :] = (joints[..., WRIST, :] + joints[..., MIDDLE_MCP, :]) / 2 if palm is None else palm
    return out


def root_of(joints: Float[np.ndarray, "*b 21 3"], root: Root = "middle_mcp") -> Float[np.ndarray, "*b 1 3"]:
    """The root; with ``palm`` the joints must have come through :func:`with_palm`."""
    i = MIDDLE_MCP if root == "middle_mcp" else WRIST
    return joints[..., i : i + 1, :]


def total_bone_length(joints: Float[np.ndarray, "*b 21 3"]) -> Float[np.ndarray, "*b"]:
    """Sum of the 20 bones."""
    return np.asarray(bone_lengths(joints).sum(axis=-1))


def align(
    predicted: Float[np.ndarray, "*b 21 3"],
    true: Float[np.ndarray, "*b 21 3"],
    root: Root = "middle_mcp",
    translation: bool = True,
    scale: bool = True,
) -> Float[np.ndarray, "*b 21 3"]:
    """The prediction as it is compared under the paper's invariances (section 4.5).

    Args:
        predicted: predicted hands, camera frame.
        true: true hands, camera frame.
        root: where the hands are put together.
        translation: T, move the predicted root onto the true one.
        scale: S, stretch the prediction about its root to the true total bone length.
    """
    centre = root_of(predicted, root)
    k = np.ones(predicted.shape[:-2])
    if scale:
        k = total_bone_length(true) / np.maximum(total_bone_length(predicted), 1e-12)
    return k[..., None, None] * (predicted - centre) + (root_of(true, root) if translation else centre)


def joint_errors(
    predicted: Float[np.ndarray, "*b j c"], true: Float[np.ndarray, "*b j c"]
) -> Float[np.ndarray, "*b j"]:
    """Euclidean distance of each joint (end-point error); in the plane where the joints are pixels."""
    return np.linalg.norm(predicted - true, axis=-1)


def procrustes_errors(
    predicted: Float[np.ndarray, "*b j 3"], true: Float[np.ndarray, "*b j 3"]
) -> Float[np.ndarray, "*b j"]:
    """Distance of each joint after the best rotation, translation and scale of the prediction."""
    return joint_errors(fit_similarity(predicted, true), true)


def centroid_errors(
    predicted: Float[np.ndarray, "*b j 3"], true: Float[np.ndarray, "*b j 3"]
) -> Float[np.ndarray, "*b j"]:
    """Distance of each joint when both hands lie with their mean joint at one place, at the true total bone length.

    No single joint's definition decides it, as it does where hands are put together at a root.
    """
    k = total_bone_length(true) / np.maximum(total_bone_length(predicted), 1e-12)
    return joint_errors(k[..., None, None] * _centred(predicted), _centred(true))


MAP_NOISE, MAP_SPREAD = 8.0, 0.1
"""Deviation of a joint along an axis after the map, mm at a hand of HAND_MM, and of the map's weights from identity."""
FOLDS = 5
"""Parts of a data set, each mapped by what is fitted on the others."""


def fit_joint_map(
    predicted: Float[np.ndarray, "n 21 3"], true: Float[np.ndarray, "n 21 3"]
) -> Float[np.ndarray, "21 21"]:
    """Fit the linear map of joints that takes one convention's joints to another's: ``map @ joints``.

    Each row weighs all joints about their mean; ridge towards the identity, so that few hands change little. Hands are
    brought together by Procrustes first, since a map of joints cannot turn them, and weigh alike whatever their size.
    """
    size = total_bone_length(true)[:, None, None] / (3.2 * HAND_MM)  # a hand's 20 bones over its length
    far = _centred(true) / size
    near = _centred(fit_similarity(predicted, true)) / size
    x, y = (np.swapaxes(a, 0, 1).reshape(a.shape[1], -1) for a in (near, far))
    ridge = (MAP_NOISE / MAP_SPREAD) ** 2 * np.eye(len(x))
    return np.linalg.solve(x @ x.T + ridge, x @ y.T + ridge).T


def cross_mapped(
    predicted: Float[np.ndarray, "n 21 3"], true: Float[np.ndarray, "n 21 3"]
) -> Float[np.ndarray, "n 21 3"] | None:
    """The predictions through joint maps fitted on the other folds of the set; None for fewer hands than folds.

    It takes out what is a label set's placement of joints and not a method's error; every method gets it alike.
    """
    if len(true) < FOLDS:
        return None
    out = np.empty_like(predicted)
    for fold in np.array_split(np.arange(len(true)), FOLDS):  # neighbours of a clip stay together
        others = np.delete(np.arange(len(true)), fold)
        centre = predicted[fold].mean(1, keepdims=True)
        out[fold] = fit_joint_map(predicted[others], true[others]) @ (predicted[fold] - centre) + centre
    return out


def rank_correlation(sigma: Float[np.ndarray, "..."], errors: Float[np.ndarray, "..."]) -> float | None:
    """Spearman's correlation of predicted deviations with errors, over all joints of all hands."""
    if np.ptp(sigma) == 0 or np.ptp(errors) == 0:
        return None
    found: Any = spearmanr(sigma.ravel(), errors.ravel())
    return float(found.statistic)


def _centred(joints: Float[np.ndarray, "*b j 3"]) -> Float[np.ndarray, "*b j 3"]:
    return joints - joints.mean(-2, keepdims=True)


def mean_and_median(errors: Float[np.ndarray, "..."]) -> tuple[float, float]:
    """Mean and median over all joints of all hands."""
    return float(errors.mean()), float(np.median(errors))


def pck_curve(errors: Float[np.ndarray, "..."], thresholds: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
    """Share of joints whose error is at most each threshold (percentage of correct keypoints, section 4.3)."""
    return np.searchsorted(np.sort(errors, axis=None), thresholds, side="right") / errors.size


def pcf_curve(errors: Float[np.ndarray, "*b j"], thresholds: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
    """Share of frames whose worst joint is within each threshold (percentage of correct frames, section 4.3)."""
    return pck_curve(errors.max(axis=-1), thresholds)


def auc(errors: Float[np.ndarray, "..."], low: float, high: float) -> float:
    """Area under the PCK curve between two thresholds, divided by its width: 0 to 1.

    It is the exact integral, which the field's sums over 20 or 100 thresholds approach: a joint with error ``e`` is
    correct on the share ``(high - e) / (high - low)`` of the range.
    """
    return float(np.clip((high - errors) / (high - low), 0.0, 1.0).mean())


def interval_z(level: float = 0.9) -> float:
    """Half width, in standard deviations, of the central interval of a Gaussian that holds ``level`` of it."""
    return float(norm.ppf(0.5 + level / 2))


def axis_coverage(
    predicted: Float[np.ndarray, "*b 21 3"],
    true: Float[np.ndarray, "*b 21 3"],
    sigma: Float[np.ndarray, "*b 21 2"],
    level: float = 0.9,
) -> tuple[float, float]:
    """:func:`coverage` across the rays from the camera to the true joints (either axis counts once) and along them.

    Args:
        predicted: predicted hands, camera frame, already scaled if they should be.
        true: true hands, camera frame.
        sigma: standard deviation across the ray and along it.
        level: probability of the interval.
    """
    ray = true / np.linalg.norm(true, axis=-1, keepdims=True)
    side = np.cross(ray, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side, axis=-1, keepdims=True)
    axes = np.stack([side, np.cross(ray, side), ray], -2)
    off = (predicted - root_of(predicted)) - (true - root_of(true))
    inside = np.abs((axes * off[..., None, :]).sum(-1)) <= interval_z(level) * sigma[..., [0, 0, 1]]
    inside = np.delete(inside, MIDDLE_MCP, axis=-2)
    return float(inside[..., :2].mean()), float(inside[..., 2].mean())


def coverage(
    predicted: Float[np.ndarray, "*b 21 3"],
    true: Float[np.ndarray, "*b 21 3"],
    sigma: Float[np.ndarray, "*b 21"],
    level: float = 0.9,
) -> float:
    """Share of true coordinates inside the predicted central interval of probability ``level``.

    Joints are relative to the middle MCP, as the sigmas are; each axis of each other joint counts once. Perfectly
    calibrated sigmas give ``level``.

    Args:
        predicted: predicted hands, already scaled if they should be.
        true: true hands.
        sigma: standard deviation of each joint along one axis, in the unit of the joints.
        level: probability of the interval.
    """
    off = np.abs((predicted - root_of(predicted)) - (true - root_of(true)))
    inside = off <= interval_z(level) * sigma[..., None]
    return float(np.delete(inside, MIDDLE_MCP, axis=-2).mean())
