"""Measure few-shot classification of poses, beside nearest neighbours on MediaPipe's landmarks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, Int
from rich.console import Console
from rich.progress import track

from handcam.api.clips import RUNTIME
from handcam.api.parts import open_tracker
from handcam.gestures.classifier import FewShot
from handcam.gestures.features import pose_features
from handcam.plugins import load
from handcam.types import Controls, Frame, HandcamError, Intrinsics

__all__ = ["NONE", "Confusion", "Pictures", "measure", "read_pictures"]

NONE = "none"
"""What is like nothing that was taught."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often what was taken for what."""

    names: tuple[str, ...]
    """The classes, :data:`NONE` last."""
    counts: Int[np.ndarray, "c c"]
    """Rows: what was shown; columns: what was said."""

    @staticmethod
    def of(true: Sequence[str], said: Sequence[str]) -> "Confusion":
        """Count pairs."""
        names = (*sorted({*true, *said} - {NONE}), NONE)
        counts = np.zeros((len(names), len(names)), int)
        np.add.at(counts, ([names.index(n) for n in true], [names.index(n) for n in said]), 1)
        return Confusion(names, counts)

    def summary(self) -> dict[str, float]:
        """Share that was told right, of what was taught and of what was not."""
        known, unknown = self.counts[:-1], self.counts[-1]
        shares = {"right": float(np.trace(known)) / max(int(known.sum()), 1)}
        return shares | ({"unknown rejected": float(unknown[-1] / unknown.sum())} if unknown.sum() else {})

    def save(self, path: Path) -> None:
        """Draw the matrix into a picture."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(2 + 0.5 * len(self.names), 1.5 + 0.5 * len(self.names)), layout="constrained")
        axes = figure.subplots()
        shares = self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for i, row in enumerate(self.counts):
            for j, count in enumerate(row):
                if count:
                    axes.text(j, i, str(count), ha="center", va="center", color="w" if shares[i, j] > 0.5 else "k")
        axes.set_xticks(range(len(self.names)), self.names, rotation=45, ha="right")
        axes.set_yticks(range(len(self.names)), self.names)
        axes.set(xlabel="said", ylabel="shown")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of poses, with the features of whoever found a hand in them; NaN where none was found."""

    labels: np.ndarray
    """Class of each (n)."""
    person: Int[np.ndarray, " n"]
    """Number of the person."""
    ours: Float[np.ndarray, "n f"]
    """Our features."""
    theirs: dict[str, Float[np.ndarray, "n g"]]
    """MediaPipe's landmarks, by how they are normalised."""


def read_pictures(folder: Path, detector: str, console: Console) -> Pictures:
    """Find the hands of all pictures, each on its own.

    Raises:
        HandcamError: there are none, or they have no numbers.
    """
    files = [(int((re.findall(r"\d+", f.stem) or ["-1"])[-1]), f.parent.name, f) for f in folder.glob("*/*")]
    files = sorted(entry for entry in files if entry[2].suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not files or files[0][0] < 0:
        raise HandcamError(f"{folder} needs a folder of numbered pictures for each class.")
    tracker = open_tracker(None, RUNTIME, detector)
    theirs = load("handcam.detectors", "mediapipe").open(max_hands=1, min_score=0.1)
    rows: list[tuple[Any, Any, Any]] = []
    for _, _, file in track(files, "hands", console=console, transient=True, disable=not console.is_terminal):
        picture = cv2.imread(str(file))
        if picture is None:
            raise HandcamError(f"The picture {file} cannot be read.")
        if max(picture.shape) > 1000:
            picture = cv2.resize(picture, (100, 100), interpolation=cv2.INTER_AREA)
        color = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        frame = Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], np.pi / 3), color, device_time_ns=0)
        tracker.reset()
        hands = tracker.track(frame, Controls(max_hands=1, filters=())).hands
        found = theirs.landmarks(frame)
        points = found[0].keypoints_px if found else np.full((21, 2), np.nan)
        rows.append((pose_features(hands)[0] if hands else None, _from_wrist(points), _upright(points)))
    tracker.close()
    theirs.close()
    size = next((len(row[0]) for row in rows if row[0] is not None), 1)
    ours = np.array([np.full(size, np.nan) if row[0] is None else row[0] for row in rows])
    labels = np.array([name for _, name, _ in files])
    person = np.cumsum([0, *(b <= a for a, b in pairwise(labels.tolist()))])
    kinds = {"from the wrist": np.array([row[1] for row in rows]), "turned upright": np.array([row[2] for row in rows])}
    return Pictures(labels, person, ours, kinds)


def _from_wrist(points: Float[np.ndarray, "21 2"]) -> Float[np.ndarray, " 42"]:
    """As most programs take them: relative to the wrist, the largest number 1."""
    relative = points - points[0]
    return (relative / np.abs(relative).max()).ravel()


def _upright(points: Float[np.ndarray, "21 2"]) -> Float[np.ndarray, " 42"]:
    """The palm upright and of length 1."""
    relative = points - points[0]
    up = -relative[9]
    turn = np.array([[-up[1], up[0]], [-up[0], -up[1]]]).T if np.isfinite(up).all() else np.eye(2)
    return (relative @ turn / max(float(up @ up), 1e-9)).ravel() if np.isfinite(up).all() else relative.ravel()


def measure(pictures: Pictures, people: int, trials: int, seed: int) -> tuple[dict[str, Any], Confusion]:
    """Teach by one picture of each class of a few people, and test on all others; a hand not found is not right.

    Unknown poses: every class in turn is left out of what is taught.

    Returns:
        Shares in the mean of the trials, and the confusion of ours.
    """
    classes = sorted(set(pictures.labels.tolist()))
    whole = [
        p for p in np.unique(pictures.person)
        if sorted(pictures.labels[pictures.person == p].tolist()) == classes
        and all(np.isfinite(x[pictures.person == p]).all() for x in (pictures.ours, *pictures.theirs.values()))
    ]  # fmt: skip
    if len(whole) < people:
        raise HandcamError(f"Only {len(whole)} people show every class with a hand that is found.")
    rng = np.random.default_rng(seed)
    shares: dict[str, list[float]] = {}
    true: list[str] = []
    said: list[str] = []
    for _ in range(trials):
        taught = np.isin(pictures.person, rng.choice(whole, people, replace=False))
        test, labels = ~taught, pictures.labels[~taught]
        found = np.asarray(np.isfinite(pictures.ours).all(axis=1))
        best, with_reject = _said(pictures.ours, taught, test, found, pictures.labels)
        _add(shares, "right", best == labels)
        _add(shares, "right with rejection", with_reject == labels)
        true, said = [*true, *labels.tolist()], [*said, *with_reject.tolist()]
        for left_out in classes:
            one = pictures.labels == left_out
            _, with_reject = _said(pictures.ours, taught & ~one, test & one, found, pictures.labels)
            _add(shares, "unknown rejected", with_reject[found[test & one]] == NONE)
        for kind, rows in pictures.theirs.items():
            there = np.isfinite(rows).all(1)
            for k in (1, 3):
                right = _nearest(rows, taught, test & there, pictures.labels, k) == pictures.labels[test & there]
                _add(shares, f"MediaPipe, {k}-NN, {kind}", np.append(right, np.zeros((test & ~there).sum(), bool)))
                _add(shares, f"MediaPipe, {k}-NN, {kind}, of hands that it finds", right)
    figures: dict[str, Any] = {name: float(np.mean(values)) for name, values in shares.items()}
    figures["right, standard deviation"] = float(np.std(shares["right"]))
    counts = {"pictures": len(pictures.labels), "people": int(pictures.person.max()) + 1, "trials": trials}
    return counts | figures, Confusion.of(true, said)


def _add(shares: dict[str, list[float]], name: str, right: np.ndarray) -> None:
    shares.setdefault(name, []).append(float(np.mean(right)))


def _said(rows: np.ndarray, taught: np.ndarray, test: np.ndarray, found: np.ndarray, labels: np.ndarray) -> Any:
    """The likeliest class of each test picture, and the same where none of the classes may be said, too."""
    few_shot = FewShot(rows[taught], labels[taught].tolist())
    names = np.array([*few_shot.names, NONE], object)
    probable = np.full((int(test.sum()), len(names)), 0.0)
    probable[:, -1] = 1.0
    probable[found[test]] = few_shot.probabilities(rows[test & found])
    seen = np.where(found[test], names[probable[:, :-1].argmax(1)], NONE)
    return seen, names[probable.argmax(1)]


def _nearest(rows: np.ndarray, taught: np.ndarray, test: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Class by a vote of the k nearest examples, weighted by nearness."""
    apart = np.linalg.norm(rows[test][:, None] - rows[taught], axis=-1)
    nearest = np.argsort(apart, axis=1)[:, :k]
    classes = np.unique(labels)
    votes = (labels[taught][nearest][..., None] == classes) / (np.take_along_axis(apart, nearest, 1)[..., None] + 1e-9)
    return classes[votes.sum(1).argmax(1)]
