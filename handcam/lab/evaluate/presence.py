"""Calibration of the score of a tracked hand: does it say whether the joints were found?

The crops are rendered: hands as a tracker sees them, hands from which the box has slipped, hands behind something, and
backgrounds without any. The truth is whether the keypoints lie, on average, within a quarter of the hand's length from
the true ones. Compared are the landmark network's own presence, and a logistic regression of it together with
statistics of the posteriors, fitted on other crops.
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
from handcam.lab.data.sets import Sample
from handcam.lab.evaluate.results import Results, ResultTable
from handcam.lab.evaluate.tracking import FOLLOWED
from handcam.runtimes import CropBatch, Encoding
from handcam.synth.background import Backgrounds
from handcam.synth.scenes import PictureSettings, crops
from handcam.tracking.tracker import Tracker
from handcam.types import Controls, HandBox, HandcamError

__all__ = ["CUES", "PresenceCrops", "clip_crops", "compare_scores", "cues", "rendered_crops", "score_quality", "summarise"]  # fmt: skip # noqa: E501

CUES = ("logit", "norm", "disagreement", "log_variance")
"""Inputs of the logistic regression, in the order of :func:`cues`."""
BINS = 10
"""Of the expected calibration error."""
_RENDERED_PX = 144
_BATCH = 20
_KINDS: dict[str, tuple[float, PictureSettings | None]] = {
    "followed": (0.35, PictureSettings(size=_RENDERED_PX)),
    "slipped": (0.25, PictureSettings(size=_RENDERED_PX, jitter_box=0.3)),
    "covered": (0.1, PictureSettings(size=_RENDERED_PX, occluder=1.0, held=0.5)),
    "empty": (0.3, None),
}
"""Share of each kind of crop, and how it is rendered."""
_LOGIT = 12.0
"""Logits beyond this say no more."""

Encode = Callable[[CropBatch], Encoding]
"""``encode`` of a runtime."""


class PresenceCrops(NamedTuple):
    """Encoded crops with their truth."""

    cues: Float[np.ndarray, "n 4"]
    """See :func:`cues`."""
    presence: Float[np.ndarray, " n"]
    """The network's own presence."""
    found: Bool[np.ndarray, " n"]
    """Were the joints of a hand found?"""
    kind: np.ndarray
    """Kind of each crop (n)."""


def cues(encoding: Encoding) -> Float[np.ndarray, "b 4"]:
    """Statistics of each crop's encoding that may say whether it shows a hand.

    ``logit`` of the presence; ``norm``, the squared norm of the keypoints' posterior mean for each latent dimension
    (the prior expects 1); ``disagreement``, the squared distance between the posterior means of picture and
    keypoints, likewise; ``log_variance``, the mean of the keypoints' posterior.
    """
    p = np.clip(np.asarray(encoding.presence, float), 1e-9, 1 - 1e-9)
    logit = np.clip(np.log(p / (1 - p)), -_LOGIT, _LOGIT)
    mean = encoding.means["keypoints2d"]
    norm, disagreement = (np.square(v).mean(1) for v in (mean, mean - encoding.means["rgb"]))
    return np.stack([logit, norm, disagreement, np.asarray(encoding.log_vars["keypoints2d"], float).mean(1)], 1)


def rendered_crops(encode: Encode, count: int, crop_px: int, backgrounds: Path | None, seed: int) -> PresenceCrops:
    """Render about ``count`` crops and encode them.

    Args:
        encode: of a runtime.
        count: of crops.
        crop_px: the size that the runtime takes.
        backgrounds: pictures without hands; None for those that are made.
        seed: of the crops.
    """
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for number, (kind, (share, settings)) in enumerate(_KINDS.items()):
        rng = np.random.default_rng((seed, number, 5))
        hands = None if settings is None else _hands(rng, replace(settings, backgrounds=backgrounds))
        stream = hands or _empty(rng, backgrounds)
        for _ in range(-(-round(count * share) // _BATCH)):
            pictures, half_tan, truth, length = zip(*islice(stream, _BATCH), strict=True)
            big = [cv2.resize(p, (crop_px, crop_px), interpolation=cv2.INTER_LINEAR) for p in pictures]
            encoding = encode(CropBatch(np.array(half_tan, np.float32), np.stack(big)))
            assert encoding.keypoints_px is not None
            seen = (np.asarray(encoding.keypoints_px) + 0.5) * _RENDERED_PX / crop_px - 0.5
            off = np.linalg.norm(seen - np.stack(truth), axis=2).mean(1) / np.array(length)
            rows.append((cues(encoding), np.asarray(encoding.presence), off < FOLLOWED, np.full(len(off), kind)))
    return PresenceCrops(*(np.concatenate(part) for part in zip(*rows, strict=True)))


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
        picture = pool.random_crop(rng, _RENDERED_PX, _RENDERED_PX, 0.7)
        yield picture, float(rng.uniform(0.1, 0.3)), np.full((21, 2), np.nan), 1.0


def clip_crops(samples: Iterable[Sample], tracker: Tracker, encode: Encode, every: int = 4) -> PresenceCrops:
    """Encode crops of a real clip with one hand: on it, beside it, and away from it.

    There are no labels: the tracker's own keypoints, from a box on the hand, stand for the truth.

    Args:
        samples: frames in order.
        tracker: follows the hand.
        encode: of its runtime.
        every: frames between two that are used.

    Raises:
        HandcamError: no hand is found.
    """
    rng, rows = np.random.default_rng(0), []
    for number, sample in enumerate(samples):
        frame = sample.frame
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
            half_tan = np.array([crop.intrinsics.half_tan], np.float32)
            encoding = encode(CropBatch(half_tan, crop.color[None]))
            assert encoding.keypoints_px is not None
            seen = image_from_crop_points(np.asarray(encoding.keypoints_px[0], float), crop)
            found = np.linalg.norm(seen - true, axis=1).mean() < FOLLOWED * length
            rows.append((cues(encoding)[0], float(np.asarray(encoding.presence)[0]), found, kind))
    if not rows:
        raise HandcamError("The clip shows no hand.")
    return PresenceCrops(*(np.array(part) for part in zip(*rows, strict=True)))


def _slipped(rng: np.random.Generator, box: HandBox) -> HandBox:
    return replace(
        box, centre_px=box.centre_px + rng.normal(0, 0.3, 2) * box.size_px,
        size_px=box.size_px * float(np.exp(rng.normal(0, 0.3))), angle_rad=box.angle_rad + float(rng.normal(0, 0.6)),
    )  # fmt: skip


def compare_scores(fitted: PresenceCrops, fresh: PresenceCrops) -> dict[str, dict[str, float]]:
    """Measure scores on ``fresh`` crops: the presence as it is (``raw``), with a scale and an offset (``scaled``), and
    weighed with all cues (``with_posteriors``), the last two fitted on ``fitted``."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    out = {"raw": score_quality(fresh.presence, fresh.found)}
    for name, columns in (("scaled", [0]), ("with_posteriors", list(range(len(CUES))))):
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(fitted.cues[:, columns], fitted.found)
        out[name] = score_quality(model.predict_proba(fresh.cues[:, columns])[:, 1], fresh.found)
    return out


def score_quality(p: Float[np.ndarray, " n"], found: Bool[np.ndarray, " n"]) -> dict[str, float]:
    """Measure a score: ``auc`` (area under the receiver's curve; 0 without both kinds), ``ece`` (expected calibration
    error over ten bins), ``brier``, and ``wrong`` (share on the wrong side of one half)."""
    from sklearn.metrics import roc_auc_score

    auc = float(roc_auc_score(found, p)) if 0 < found.sum() < len(found) else 0.0
    bins = np.minimum((np.asarray(p) * BINS).astype(int), BINS - 1)
    ece = np.abs(np.bincount(bins, p - found, BINS)).sum() / len(p)
    wrong = float(((p >= 0.5) != found).mean())
    return {"auc": auc, "ece": float(ece), "brier": float(np.square(p - found).mean()), "wrong": wrong}


def summarise(compared: dict[str, dict[str, dict[str, float]]]) -> Results:
    """Table of :func:`compare_scores` by set of crops."""
    rows = [
        (crops, score, f"{f['auc']:.4f}", f"{f['ece']:.3f}", f"{f['brier']:.3f}", f"{f['wrong']:.1%}")
        for crops, scores in compared.items() for score, f in scores.items()
    ]  # fmt: skip
    head = ("crops", "score", "AUC", "calibration error", "Brier", "wrong at 0.5")
    return Results(compared, (ResultTable(head, rows, "does the score say whether the joints were found?"),))
