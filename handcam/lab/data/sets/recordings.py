"""Accepted frames of recorded sessions: a user's own hand, for ``handcam finetune``.

``recordings:SESSION[,SESSION...]`` cuts every accepted hand again from its stored picture, computes its
features, and corrects the poses that were recorded: they are of one person, so the bones have one length in all of
them (:mod:`handcam.lab.data.subject`). ``recordings:FILE.npz`` is what :meth:`Recordings.save` kept of that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from handcam.crop import box_around, cut
from handcam.geometry import pixels_from_normalised
from handcam.hand.matching import match_hands
from handcam.hand.skeleton import ROOT, hand_length, normalise
from handcam.lab.data.mediapipe_weights import read_landmark_network
from handcam.lab.data.shards import read_shards
from handcam.lab.data.subject import SubjectFit, fit
from handcam.lab.data.tables import encoder_inputs
from handcam.model.features import Batch, DepthFeatures, Features
from handcam.model.nets.hand_landmark import INPUT_PX, HandLandmark
from handcam.model.nets.shaded_depth import depth_features
from handcam.session import Session, open_session
from handcam.session.labels import Labels
from handcam.tracking.depth_crop import prepare_depth, surface_distances
from handcam.tracking.localisation import SKIN_TO_JOINT_M
from handcam.types import NOMINAL_HAND_LENGTH_M, HandBox, HandcamError, HandCrop, HandPose, Side, TrackedHand

__all__ = ["Recordings", "gather", "open"]

VIEWS = 2
"""Crops of each hand: the first as the tracker cut it, the others moved and turned a little."""
LEAST_PRESENCE = 0.5
"""Hands that the landmark network itself does not see teach nothing."""
LEAST_FRAMES = 10
"""Fewer accepted hands do not tell a person's bones."""


def open(rest: str, seed: int = 0) -> "Recordings":
    """Sessions, parted by commas, or the file that :meth:`Recordings.save` wrote.

    Raises:
        HandcamError: a path is no session, or too few of their hands are accepted.
    """
    if rest.endswith(".npz"):
        (arrays,) = read_shards([Path(rest)])
        if not {"features", "target", "turn"} <= arrays.keys():
            raise HandcamError(f"{rest} is not a file of labelled hands.")
        return Recordings(arrays, seed)
    return corrected(gather([Path(p) for p in rest.split(",")], read_landmark_network(), seed), seed)


def corrected(
    seen: dict[str, np.ndarray], seed: int = 0, known: Float[np.ndarray, " 20"] | None = None
) -> "Recordings":
    """The data set of hands that were cut again: the targets are fitted to all of them together."""
    first = Features.unpack(torch.from_numpy(seen["features"][:, 0]))
    keypoints, half_tan = first.keypoints.double().numpy(), first.half_tan.double().numpy()
    length_m = float(np.median(seen["hand_length_m"]))
    fitted: SubjectFit = fit(seen["joints"], keypoints, half_tan, known, seen["distance_m"], length_m)
    more = {"target": fitted.joints, "bones": fitted.bones}
    if fitted.hand_length_m is not None:
        more["hand_length_m"] = np.full(len(keypoints), fitted.hand_length_m)
    return Recordings(seen | more, seed)


class Recordings:
    """``batch(step, size)`` gives rgb (features), keypoints2d, landmarks3d, joints3d, and depth where there is any.

    Each array has the hands as its first axis and, where a crop is meant, the views as its second.
    """

    def __init__(self, arrays: dict[str, np.ndarray], seed: int = 0) -> None:
        self.arrays, self._seed = arrays, seed

    def __len__(self) -> int:
        return len(self.arrays["target"])

    def save(self, path: Path) -> None:
        """Keep features and corrected poses; no pictures."""
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {**self.arrays}
        np.savez(path, **arrays)

    def part(self, index: np.ndarray) -> "Recordings":
        """Some of the hands."""
        whole = ("bones",)
        return Recordings({k: v if k in whole else v[index] for k, v in self.arrays.items()}, self._seed)

    def batch(self, step: int, size: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 13))
        return self.take(rng.integers(0, len(self), size), rng.integers(0, self.arrays["features"].shape[1], size))

    def take(self, index: np.ndarray, view: np.ndarray, joints: str = "target") -> Batch:
        """These hands in these views; ``joints`` may be ``truth`` where that is known."""
        x = self.arrays[joints][index] @ np.swapaxes(self.arrays["turn"][index, view], 1, 2)
        kinds = {"color": ("features", Features), "depth": ("depth_features", DepthFeatures)}
        planes: dict[str | None, Features | DepthFeatures] = {
            plane: kind.unpack(torch.from_numpy(self.arrays[key][index, view]))
            for plane, (key, kind) in kinds.items() if key in self.arrays
        }  # fmt: skip
        return {**encoder_inputs(planes), "joints3d": torch.from_numpy(x.astype(np.float32))}


def gather(
    paths: Sequence[Path], backbone: HandLandmark, seed: int = 0, views: int = VIEWS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Look at all accepted hands.

    Args:
        paths: the sessions.
        backbone: the landmark network.
        seed: of the moved crops.
        views: crops of each hand.
        progress: called with the number of hands done and of all.

    Returns:
        By hand: packed ``features`` (n views 1258) and, if all were seen in depth, ``depth_features``; ``joints`` as
        recorded and ``truth`` where known (n 21 3, normalised, frame of the first crop, else NaN); ``turn`` (n views 3
        3) from that frame to each crop's; ``distance_m`` (n 21); ``hand_length_m``, ``session``, ``frame`` (n).

    Raises:
        HandcamError: a path is no session, or too few of their hands are accepted.
    """
    todo = [(i, path, Labels(path)) for i, path in enumerate(paths)]
    total, rows = sum(len(labels.accepted()) for _, _, labels in todo), []
    for number, path, labels in todo:
        with open_session(path) as session:
            rng = np.random.default_rng((seed, number, 17))
            for row in _hands(session, labels, backbone, rng, views):
                if row:
                    rows.append({**row, "session": np.array(number)})
                progress(len(rows), total)
    if len(rows) < LEAST_FRAMES:
        raise HandcamError(
            f"Only {len(rows)} accepted hands can be used; {LEAST_FRAMES} are needed: accept more with handcam label."
        )
    keys = set.intersection(*(set(row) for row in rows))
    return {key: np.stack([row[key] for row in rows]) for key in sorted(keys)}


def _hands(
    session: Session, labels: Labels, backbone: HandLandmark, rng: np.random.Generator, views: int
) -> Iterator[dict[str, np.ndarray]]:
    """Rows of the accepted hands; empty for one that cannot be used."""
    for label in labels.accepted():
        result = session.result(label.frame) if label.frame < len(session) else None
        frame = session.frame(label.frame) if result is not None else None
        hand = next((h for h in result.hands if h.track == label.track), None) if result is not None else None
        if result is None or hand is None or frame is None or frame.color is None:
            yield {}
            continue
        first = hand.crop.box if hand.crop is not None else box_around(hand.pose.keypoints_px, label.side)
        boxes = [replace(first, side=label.side)] + [_moved(first, label.side, rng) for _ in range(views - 1)]
        distance = float(np.linalg.norm(hand.pose.joints_m[ROOT])) if hand.pose.metric else None
        crops = [prepare_depth(cut(frame, box, INPUT_PX), distance) for box in boxes]
        found = _features_of(backbone, crops)
        if found["presence"][0] < LEAST_PRESENCE:
            yield {}
            continue
        turns = [crop.crop_from_camera for crop in crops]
        length_m = result.controls.hand_length_m
        row = {
            "features": found["features"], "frame": np.array(label.frame), "hand_length_m": np.array(length_m),
            "turn": np.stack([turn @ turns[0].T for turn in turns]),
            "joints": _recorded(hand, label.side, crops[0], found), "truth": np.full((21, 3), np.nan),
            "distance_m": _distances(crops[0], found, length_m),
        }  # fmt: skip
        if "depth_features" in found:
            row["depth_features"] = found["depth_features"]
        true = _true(frame.truth, hand.pose, label.side)
        if true is not None:
            row["truth"] = normalise(true.joints_m @ turns[0].T)
            row["true_length_m"] = hand_length(true.joints_m)
        yield row


def _moved(box: HandBox, side: Side, rng: np.random.Generator) -> HandBox:
    """The box as another frame might have had it."""
    a, b, c, d = rng.normal(size=4)
    centre = box.centre_px + 0.05 * box.size_px * np.array([a, b])
    return replace(box, side=side, centre_px=centre, size_px=box.size_px * np.exp(0.07 * c),
                   angle_rad=box.angle_rad + 0.12 * d)  # fmt: skip


@torch.inference_mode()
def _features_of(backbone: HandLandmark, crops: list[HandCrop]) -> dict[str, np.ndarray]:
    """Features of crops, in colour and, where all have it, in depth."""
    half_tan = torch.tensor([crop.intrinsics.half_tan for crop in crops], dtype=torch.float32)
    color = np.stack([crop.color for crop in crops if crop.color is not None])
    features = backbone(torch.from_numpy(color).permute(0, 3, 1, 2).float() / 255, half_tan)
    out = {
        "features": features.pack().numpy().astype(np.float16), "presence": features.presence.numpy(),
        "landmarks3d": features.landmarks3d.numpy(), "keypoints": features.keypoints.numpy(),
    }  # fmt: skip
    centre = torch.tensor([crop.root_depth_m or 0.0 for crop in crops], dtype=torch.float32)
    if bool((centre > 0).all()):
        depth = torch.from_numpy(np.stack([crop.depth_m for crop in crops if crop.depth_m is not None])).float()
        out["depth_features"] = depth_features(backbone, depth, centre, half_tan).pack().numpy().astype(np.float16)
    return out


def _recorded(hand: TrackedHand, side: Side, crop: HandCrop, found: dict[str, np.ndarray]) -> np.ndarray:
    """The pose as recorded; one that was made from the mirrored picture is worthless, so the landmarks stand in."""
    if hand.pose.side is not side or not np.isfinite(hand.pose.joints_m).all():
        return normalise(found["landmarks3d"][0].astype(np.float64))
    return normalise(hand.pose.joints_m @ crop.crop_from_camera.T)


def _distances(crop: HandCrop, found: dict[str, np.ndarray], hand_length_m: float) -> np.ndarray:
    """Distance of each joint along the crop's axis: what the sensor read over it, and the flesh between."""
    seen = pixels_from_normalised(found["keypoints"][0].astype(np.float64), INPUT_PX)
    return surface_distances(crop, seen) + SKIN_TO_JOINT_M * hand_length_m / NOMINAL_HAND_LENGTH_M


def _true(truth: tuple[HandPose, ...], pose: HandPose, side: Side) -> HandPose | None:
    """The true hand that this one is, where it is known."""
    same = [t for t in truth if t.side is side]
    pairs = match_hands([pose.keypoints_px], [t.keypoints_px for t in same])
    return same[next(iter(pairs))] if pairs else None
