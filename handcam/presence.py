"""How likely it is that a crop shows a hand whose joints were found: what says when a hand is lost.

The landmark network has a presence output of its own. It is sure of itself where a hand is half out of the crop or
behind something, and says nothing about the pose. So five signs are weighed together by a logistic regression that is
fitted on rendered crops (:mod:`handcam.learn.presence`); its numbers stand in the weights' side file.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from handcam.runtimes import Encoding

__all__ = ["KEY", "SIGNS", "probability", "signs"]

KEY = "presence"
"""Of the numbers in ``WeightsCard.calibration``."""
SIGNS = ("logit", "inside", "far", "apart", "vague")
"""What is weighed, in the order of :func:`signs`."""
_MOST = 12.0
"""Logits beyond this say no more."""


def signs(encoding: Encoding, crop_px: int) -> Float[np.ndarray, "b 5"]:
    """The signs of each crop of a batch.

    ``logit`` of the network's own presence; ``inside``, the share of keypoints that lie in the crop; ``far``, the
    squared norm of the keypoints' posterior mean for each latent dimension (1 is what the prior expects); ``apart``,
    the squared distance between the means that the picture and the keypoints give, likewise; ``vague``, the mean
    log-variance of the keypoints' posterior.
    """
    p = np.clip(np.asarray(encoding.presence, float), 1e-9, 1 - 1e-9)
    logit = np.clip(np.log(p / (1 - p)), -_MOST, _MOST)
    inside = np.ones(len(p))
    if encoding.keypoints_px is not None:
        k = np.asarray(encoding.keypoints_px)
        inside = ((k >= -0.5) & (k < crop_px - 0.5)).all(2).mean(1)
    by = encoding.means.get("keypoints2d")
    if by is None:
        return np.stack([logit, inside, *np.zeros((3, len(p)))], 1)
    other = encoding.means.get("rgb", by)
    far, apart = (np.square(v).mean(1) for v in (by, by - other))
    vague = np.asarray(encoding.log_vars["keypoints2d"], float).mean(1)
    return np.stack([logit, inside, far, apart, vague], 1)


def probability(
    encoding: Encoding, crop_px: int, calibration: Mapping[str, Mapping[str, float]]
) -> Float[np.ndarray, " b"]:
    """Probability that each crop shows a hand whose joints were found, 0 to 1.

    Args:
        encoding: of a batch of crops.
        crop_px: edge of the crops.
        calibration: of the weights; without numbers for presence the network's own is given.
    """
    weights = calibration.get(KEY)
    if weights is None or "keypoints2d" not in encoding.means or "rgb" not in encoding.means:
        return np.asarray(encoding.presence, float)
    x = signs(encoding, crop_px) @ np.array([weights[name] for name in SIGNS]) + weights["bias"]
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))
