"""The examples of gestures that were taught, as JSON: names, features, and the weights of their latents.

``{"format": "handcam.gestures", "version": 1, "weights_sha256": "...", "gestures": [{"name": "fist", "kind": "pose",
"z": [...], "features": [...]}, {"name": "swipe left", "kind": "motion", "features": [...]}]}``, one entry an example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from jaxtyping import Float
from msgspec import Meta

from handcam.gestures.classifier import FewShot
from handcam.gestures.features import MOTION_STEPS, Place, motion_features, pose_features
from handcam.hand.anatomy import ANGLES
from handcam.paths import write_atomic
from handcam.types import Array, HandcamError, TrackedHand, shorten

__all__ = ["Example", "Kind", "TaughtGestures", "motion_example", "pose_example"]

Kind = Literal["pose", "motion"]
_SIZES: dict[Kind, int] = {"pose": len(ANGLES), "motion": 4 * MOTION_STEPS + 2}
_MOTION_SPREAD, _MOTION_REJECT = 0.2, 1.4
"""Standard deviation of each feature between two makings of the same motion, and the distance of what is none."""
_LARGEST = 1 << 24
"""Larger files are none, bytes."""
_Number = Annotated[float, Meta(ge=-1e6, le=1e6)]


class Example(msgspec.Struct, frozen=True):
    """One example of a gesture."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    """What the user calls it."""
    kind: Kind
    """Held, or moved."""
    features: list[_Number]
    """Without the latent."""
    z: list[_Number] = []
    """Mean latent of a pose."""


class _File(msgspec.Struct):
    format: Literal["handcam.gestures"]
    version: int
    weights_sha256: str = ""
    gestures: list[Example] = []


def pose_example(name: str, hands: Sequence[TrackedHand]) -> Example:
    """An example of a pose from the frames of one hold: their medians."""
    features = np.median(pose_features(hands, latent=False), axis=0)
    z = np.median([hand.posterior.mean for hand in hands], axis=0)
    return Example(name, "pose", np.round(features, 4).tolist(), np.round(z.astype(float), 4).tolist())


def motion_example(name: str, places: Sequence[Place]) -> Example:
    """An example of a motion from its beginning to its end."""
    return Example(name, "motion", np.round(motion_features(places), 4).tolist())


@dataclass(frozen=True, slots=True)
class TaughtGestures:
    """All examples."""

    examples: tuple[Example, ...] = ()
    """In the order in which they were given."""
    weights_sha256: str = ""
    """Weights of the latents; with others the angles alone tell poses apart."""

    @staticmethod
    def read(path: Path) -> "TaughtGestures":
        """Read a file.

        Raises:
            HandcamError: it cannot be read, or is none.
        """
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError("it is too large")
            read = msgspec.json.decode(path.read_bytes(), type=_File)
            for one in read.gestures:
                if len(one.features) != _SIZES[one.kind]:
                    raise ValueError(f"an example of {shorten(one.name, 20)!r} has {len(one.features)} features")
            if len({len(one.z) for one in read.gestures if one.z}) > 1:
                raise ValueError("latents differ in size")
        except (OSError, ValueError, RecursionError) as error:
            why = getattr(error, "strerror", None) or shorten(str(error), 200)
            raise HandcamError(f"The gestures in {path} cannot be read ({why}); teach them anew.") from None
        if read.version > 1:
            raise HandcamError(f"The gestures in {path} are of version {read.version}, newer than handcam; update it.")
        return TaughtGestures(tuple(read.gestures), read.weights_sha256)

    def write(self, path: Path) -> None:
        """Write a file.

        Raises:
            HandcamError: it cannot be written.
        """
        data = msgspec.json.encode(_File("handcam.gestures", 1, self.weights_sha256, list(self.examples)))
        try:
            write_atomic(path, msgspec.json.format(data, indent=1) + b"\n")
        except OSError as error:
            raise HandcamError(f"Cannot write {path}: {error.strerror or error}.") from None

    def with_example(self, example: Example, weights_sha256: str) -> "TaughtGestures":
        """With one more; the latents of other weights are left out, and then angles alone tell poses apart."""
        known = self.examples
        if weights_sha256 != self.weights_sha256:
            known = tuple(msgspec.structs.replace(e, z=[]) for e in known)
        return TaughtGestures((*known, example), weights_sha256)

    def without(self, name: str) -> "TaughtGestures":
        """Without a gesture."""
        return TaughtGestures(tuple(e for e in self.examples if e.name != name), self.weights_sha256)

    @property
    def names(self) -> tuple[str, ...]:
        """What was taught, in order."""
        return tuple(dict.fromkeys(e.name for e in self.examples))

    def classifier(self, kind: Kind, weights_sha256: str = "") -> "Classifier | None":
        """What tells the gestures of a kind apart; None where none was taught.

        Args:
            kind: poses or motions.
            weights_sha256: the weights that run.
        """
        mine = [e for e in self.examples if e.kind == kind]
        if not mine:
            return None
        latent = kind == "pose" and weights_sha256 == self.weights_sha256 and all(e.z for e in mine)
        rows = np.array([[*e.z, *e.features] if latent else e.features for e in mine])
        labels = [e.name for e in mine]
        if kind == "motion":
            return Classifier(FewShot(rows, labels, _MOTION_SPREAD, _MOTION_REJECT), latent)
        return Classifier(FewShot(rows, labels), latent)


@dataclass(frozen=True, slots=True)
class Classifier:
    """Tells gestures of one kind apart."""

    few_shot: FewShot
    """Of their features."""
    latent: bool
    """The latent is among them."""

    def poses(self, hands: Sequence[TrackedHand]) -> Float[Array, "n k"]:
        """Probabilities of the names of :attr:`few_shot`, last of none."""
        return self.few_shot.probabilities(pose_features(hands, self.latent))

    def of_examples(self, examples: Sequence[Example]) -> Float[Array, "n k"]:
        """The same for the given examples; without latents they are classified by the features that need none."""
        rows = np.array([[*e.z, *e.features] if self.latent else e.features for e in examples])
        return self.few_shot.probabilities(rows)

    def motion(self, places: Sequence[Place]) -> Float[Array, " k"]:
        """The same for a motion."""
        return self.few_shot.probabilities(motion_features(places)[None])[0]
