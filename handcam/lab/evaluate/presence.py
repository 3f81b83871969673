"""How far the score of a tracked hand can be believed, and whether anything else says better when a hand is lost.

The crops are rendered: hands as a tracker sees them, hands from which the box has slipped, hands behind something, and
backgrounds without any. The truth is whether the keypoints lie, on average, within a quarter of the hand's length from
the true ones. Judged are the landmark network's own presence, and a logistic regression of it together with what the
posteriors say, fitted on other crops.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float

from handcam.crop import cut, image_from_crop_points
from handcam.hand.skeleton import ROOT, hand_length
from handcam.runtimes import Encoding
from handcam.synth.background import Backgrounds
from handcam.synth.scenes import PictureSettings, crops
from handcam.tracking.tracker import Tracker
from handcam.types import Controls, Frame, HandBox, HandcamError

__all__ = ["SIGNS", "Looks", "judge", "look", "look_at_clip", "quality", "signs"]

SIGNS = ("logit", "far", "apart", "vague")
"""What may be weighed, in the order of :func:`signs`."""
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
_LOGIT = 12.0
"""Logits beyond this say no more."""

Encode = Callable[[dict[str, np.ndarray]], Encoding]
"""``encode`` of a runtime."""


class Looks(NamedTuple):
    """Crops that were looked at."""

    signs: Float[np.ndarray, "n 4"]
    """See :func:`signs`."""
    presence: Float[np.ndarray, " n"]
    """What the network itself says."""
    found: Bool[np.ndarray, " n"]
    """Were the joints of a hand found?"""
    kind: np.ndarray
    """Kind of each crop (n)."""


def signs(encoding: Encoding) -> Float[np.ndarray, "b 4"]:
    """What the networks say of each crop beside its pose.

    ``logit`` of the presence; ``far``, the squared norm of the keypoints' posterior mean for each latent dimension (the
    prior expects 1); ``apart``, the squared distance between the posterior means of picture and keypoints, likewise;
    ``vague``, the mean log-variance of the keypoints' posterior.
    """
    p = np.clip(np.asarray(encoding.presence, float), 1e-9, 1 - 1e-9)
    logit = np.clip(np.log(p / (1 - p)), -_LOGIT, _LOGIT)
    mean = encoding.means["keypoints2d"]
    far, apart = (np.square(v).mean(1) for v in (mean, mean - encoding.means["rgb"]))
    return np.stack([logit, far, apart, np.asarray(encoding.log_vars["keypoints2d"], float).mean(1)], 1)


def look(encode: Encode, count: int, crop_px: int, backgrounds: Path | None, seed: int) -> Looks:
    """Render about ``count`` crops and look at them.

    Args:
        encode: of a runtime whose weights read ``rgb`` and ``keypoints2d``.
        count: crops.
        crop_px: edge of the crops that it takes.
        backgrounds: folder of photographs without hands, or None for procedural ones.
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
            seen = (np.asarray(encoding.keypoints_px) + 0.5) * _RENDERED_PX / crop_px - 0.5
            off = np.linalg.norm(seen - np.stack(truth), axis=2).mean(1) / np.array(length)
            rows.append((signs(encoding), np.asarray(encoding.presence), off < NEAR, np.full(len(off), kind)))
    return Looks(*(np.concatenate(part) for part in zip(*rows, strict=True)))


_Example = tuple[np.ndarray, float, np.ndarray, float]
"""Picture, tangent of half the field of view, true keypoints (NaN without a hand), the hand's length (px)."""


def _hands(rng: np.random.Generator, settings: PictureSettings) -> Iterator[_Example]:
    for picture in crops(rng, settings):
        focal = picture.intrinsics.fx
        length = float(hand_length(picture.joints_m)) * focal / float(picture.joints_m[ROOT, 2])
        yield picture.color, picture.intrinsics.half_tan, picture.keypoints_px, length


def _empty(rng: np.random.Generator, backgrounds: Path | None) -> Iterator[_Example]:
    pool = Backgrounds.load(backgrounds)
    while True:
        picture = pool.cut(rng, _RENDERED_PX, _RENDERED_PX, 0.7)
        yield picture, float(rng.uniform(0.1, 0.3)), np.full((21, 2), np.nan), 1.0


def look_at_clip(frames: Iterable[Frame], tracker: Tracker, encode: Encode, every: int = 4) -> Looks:
    """Crops of a real clip with one hand: on it, beside it, and away from it.

    There are no labels: the tracker's own keypoints, from a box on the hand, stand for the truth.

    Args:
        frames: in order.
        tracker: follows the hand.
        encode: of its runtime.
        every: frames between two that are looked at.

    Raises:
        HandcamError: no hand is found.
    """
    rng, rows = np.random.default_rng(0), []
    for number, frame in enumerate(frames):
        hands = tracker.track(frame, Controls(max_hands=1, filters=())).hands
        if not hands or hands[0].crop is None or number % every:
            continue
        box, true = hands[0].crop.box, hands[0].raw.keypoints_px
        length = 0.5 * box.size_px
        for kind in ("followed", "slipped", "slipped", *["empty"] * 4):
            square = _slipped(rng, box) if kind == "slipped" else box
            if kind == "empty":
                centre = rng.uniform(0, 1, 2) * [frame.intrinsics.width, frame.intrinsics.height]
                square = replace(box, centre_px=centre, size_px=box.size_px * float(np.exp(rng.normal(-0.4, 0.4))))
                if np.linalg.norm(true - centre, axis=1).min() < 0.75 * square.size_px:
                    continue
            crop = cut(frame, square, tracker.card.crop_px)
            assert crop.color is not None
            half_tan = np.array([len(crop.color) / 2 / crop.intrinsics.fx], np.float32)
            encoding = encode({"rgb": crop.color[None], "half_tan": half_tan})
            assert encoding.keypoints_px is not None
            seen = image_from_crop_points(np.asarray(encoding.keypoints_px[0], float), crop)
            found = np.linalg.norm(seen - true, axis=1).mean() < NEAR * length
            rows.append((signs(encoding)[0], float(encoding.presence[0]), found, kind))
    if not rows:
        raise HandcamError("The clip shows no hand.")
    return Looks(*(np.array(part) for part in zip(*rows, strict=True)))


def _slipped(rng: np.random.Generator, box: HandBox) -> HandBox:
    return replace(
        box, centre_px=box.centre_px + rng.normal(0, 0.3, 2) * box.size_px,
        size_px=box.size_px * float(np.exp(rng.normal(0, 0.3))), angle_rad=box.angle_rad + float(rng.normal(0, 0.6)),
    )  # fmt: skip


def judge(fitted: Looks, fresh: Looks) -> dict[str, dict[str, float]]:
    """Figures of :func:`quality` on ``fresh``: of the presence as it is (``raw``), with a scale and an offset
    (``scaled``), and weighed with all signs (``with_posteriors``), the last two fitted on ``fitted``."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    out = {"raw": quality(fresh.presence, fresh.found)}
    for name, columns in (("scaled", [0]), ("with_posteriors", list(range(len(SIGNS))))):
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(fitted.signs[:, columns], fitted.found)
        out[name] = quality(model.predict_proba(fresh.signs[:, columns])[:, 1], fresh.found)
    return out


def quality(p: Float[np.ndarray, " n"], found: Bool[np.ndarray, " n"]) -> dict[str, float]:
    """``auc`` (area under the receiver's curve), ``ece`` (expected calibration error over ten bins), ``brier``, and
    ``wrong`` (share on the wrong side of one half)."""
    from scipy.stats import rankdata

    yes, no = int(found.sum()), int((~found).sum())
    auc = (rankdata(p)[found].sum() - yes * (yes + 1) / 2) / max(yes * no, 1)
    at = np.minimum((np.asarray(p) * BINS).astype(int), BINS - 1)
    ece = sum(abs(p[at == b].sum() - found[at == b].sum()) for b in range(BINS)) / len(p)
    wrong = float(((p >= 0.5) != found).mean())
    return {"auc": float(auc), "ece": float(ece), "brier": float(np.square(p - found).mean()), "wrong": wrong}
