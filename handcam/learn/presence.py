"""Fit and judge the probability that a crop shows a hand whose joints were found (:mod:`handcam.presence`).

The crops are rendered: hands as a tracker sees them, hands from which the box has slipped, hands behind something, and
backgrounds without any. The truth is whether the keypoints lie, on average, within a quarter of the hand's length from
the true ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float

from handcam.hand.skeleton import ROOT, hand_length
from handcam.presence import SIGNS, signs
from handcam.runtimes import Encoding
from handcam.synth.background import Backgrounds
from handcam.synth.picture import PictureSettings, crops

__all__ = ["Looks", "fit", "look", "quality"]

NEAR = 0.25
"""Mean distance of the keypoints in hand lengths up to which the joints are found."""
BINS = 10
"""Of the expected calibration error."""
_RENDERED_PX = 144
_BATCH = 20
_KINDS: dict[str, tuple[float, PictureSettings | None]] = {
    "followed": (0.35, PictureSettings(size=_RENDERED_PX)),
    "slipped": (0.25, PictureSettings(size=_RENDERED_PX, jitter_box=0.3)),
    "covered": (0.1, PictureSettings(size=_RENDERED_PX, cover=1.0, held=0.5)),
    "empty": (0.3, None),
}
"""Share of each kind of crop, and how it is rendered."""

Encode = Callable[[dict[str, np.ndarray]], Encoding]
"""``encode`` of a runtime."""


class Looks(NamedTuple):
    """Crops that were looked at."""

    signs: Float[np.ndarray, "n 5"]
    """See :func:`handcam.presence.signs`."""
    presence: Float[np.ndarray, " n"]
    """What the network itself says."""
    found: Bool[np.ndarray, " n"]
    """Were the joints of a hand found?"""
    kind: np.ndarray
    """Kind of each crop (n)."""


def look(encode: Encode, count: int, crop_px: int, backgrounds: Path | None, seed: int) -> Looks:
    """Render about ``count`` crops and look at them.

    Args:
        encode: of a runtime.
        count: crops.
        crop_px: edge of the crops that it takes.
        backgrounds: folder of photographs without hands, or None.
        seed: which crops.
    """
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for number, (kind, (share, settings)) in enumerate(_KINDS.items()):
        rng = np.random.default_rng((seed, number, 5))
        hands = None if settings is None else _hands(rng, replace(settings, backgrounds=backgrounds))
        stream = hands or _empty(rng, backgrounds)
        for _ in range(-(-round(count * share) // _BATCH)):
            pictures, half_tan, truth, length = zip(*islice(stream, _BATCH), strict=True)
            big = [cv2.resize(p, (crop_px, crop_px), interpolation=cv2.INTER_LINEAR) for p in pictures]
            encoding = encode({"rgb": np.stack(big), "half_tan": np.array(half_tan, np.float32)})
            assert encoding.keypoints_px is not None
            scale = crop_px / _RENDERED_PX
            seen = (np.asarray(encoding.keypoints_px) + 0.5) / scale - 0.5
            off = np.linalg.norm(seen - np.stack(truth), axis=2).mean(1) / np.array(length)
            rows.append((signs(encoding, crop_px), np.asarray(encoding.presence), off < NEAR, np.full(len(off), kind)))
    return Looks(*(np.concatenate(part) for part in zip(*rows, strict=True)))


_Example = tuple[np.ndarray, float, np.ndarray, float]
"""Picture, tangent of half the field of view, true keypoints (NaN without a hand), the hand's length (px)."""


def _hands(rng: np.random.Generator, settings: PictureSettings) -> Iterator[_Example]:
    for picture in crops(rng, settings):
        focal = picture.intrinsics.fx
        length = float(hand_length(picture.joints_m)) * focal / float(picture.joints_m[ROOT, 2])
        yield picture.color, settings.size / 2 / focal, picture.keypoints_px, length


def _empty(rng: np.random.Generator, backgrounds: Path | None) -> Iterator[_Example]:
    pool = Backgrounds.load(backgrounds)
    while True:
        picture = pool.cut(rng, _RENDERED_PX, _RENDERED_PX, 0.7)
        yield picture, float(rng.uniform(0.1, 0.3)), np.full((21, 2), np.nan), 1.0


def fit(looks: Looks) -> dict[str, float]:
    """The numbers of the logistic regression, as they stand in the side file."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(looks.signs, looks.found)
    scale, line = model[0], model[1]
    weights = line.coef_[0] / scale.scale_
    bias = float(line.intercept_[0] - (weights * scale.mean_).sum())
    return {name: round(float(w), 5) for name, w in zip(SIGNS, weights, strict=True)} | {"bias": round(bias, 5)}


def quality(p: Float[np.ndarray, " n"], found: Bool[np.ndarray, " n"]) -> dict[str, float]:
    """``auc`` (area under the receiver's curve), ``ece`` (expected calibration error over ten bins), ``brier``, and
    ``wrong`` (share on the wrong side of one half)."""
    order = np.argsort(p, kind="stable")
    ranks = np.empty(len(p))
    ranks[order] = np.arange(1, len(p) + 1)
    _, tie = np.unique(p, return_inverse=True)
    ranks = (np.bincount(tie, ranks) / np.bincount(tie))[tie]
    yes, no = int(found.sum()), int((~found).sum())
    auc = (ranks[found].sum() - yes * (yes + 1) / 2) / max(yes * no, 1)
    at = np.minimum((p * BINS).astype(int), BINS - 1)
    ece = sum(abs(p[at == b].sum() - found[at == b].sum()) for b in range(BINS)) / len(p)
    wrong = float(((p >= 0.5) != found).mean())
    return {"auc": float(auc), "ece": float(ece), "brier": float(np.square(p - found).mean()), "wrong": wrong}
