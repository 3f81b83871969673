"""The values that go into and come out of a runtime, and the protocol that every runtime keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from handcam.model.weights import WeightsCard
from handcam.types import Array

__all__ = ["CropBatch", "DepthJoints", "Detections", "Encoding", "Runtime", "join"]


@dataclass(frozen=True, slots=True)
class CropBatch:
    """Crops of ``b`` hands, as the encoders take them; ``s`` is the card's ``crop_px``."""

    half_tan: Float[Array, " b"]
    """Tangent of half of each crop's field of view, float32."""
    color: UInt8[Array, "b s s 3"] | None = None
    """RGB; None where there is no colour or it is not to be used."""
    depth_m: Float[Array, "b s s"] | None = None
    """Distance along the crop's axis, metres, float32; 0 where there is no reading."""
    centre_m: Float[Array, " b"] | None = None
    """Distance of each hand's centre along the axis, metres, float32; there whenever there is depth."""
    bones: Float[Array, "b 20"] | None = None
    """Lengths of each hand's bones, hand lengths, float32; 0, or None for all, where they are not known. For weights
    that take them (``card.takes_bones``)."""

    def __len__(self) -> int:
        return len(self.half_tan)

    def __getitem__(self, index: slice) -> "CropBatch":
        """Some of the crops."""
        parts = {name: getattr(self, name) for name in ("color", "depth_m", "centre_m", "bones")}
        return CropBatch(self.half_tan[index], **{k: None if v is None else v[index] for k, v in parts.items()})


@dataclass(frozen=True, slots=True)
class Encoding:
    """Output of the encoders for a batch of ``b`` crops."""

    means: Mapping[str, Float[Array, "b z"]]
    """Posterior mean by modality (``rgb``, ``keypoints2d``, ``landmarks3d``, ``depth``)."""
    log_vars: Mapping[str, Float[Array, "b z"]]
    """Posterior log-variance by modality."""
    keypoints_px: Float[Array, "b 21 2"]
    """Joints seen in the crop, crop pixels."""
    presence: Float[Array, " b"]
    """Probability that the crop shows a hand."""
    right: Float[Array, " b"]
    """Probability that the (already mirrored) crop shows a right hand."""
    sigma_px: Float[Array, "b 21"] | None = None
    """Standard deviation of each keypoint along an axis, crop pixels; None where the weights do not say."""
    visible: Float[Array, "b 21"] | None = None
    """Probability that each joint is in sight; None where the weights do not say."""

    @staticmethod
    def from_outputs(outputs: Mapping[str, Array]) -> "Encoding":
        """Collect the outputs of an encoding graph by their names."""
        return Encoding(
            means={name[5:]: value for name, value in outputs.items() if name.startswith("mean.")},
            log_vars={name[8:]: value for name, value in outputs.items() if name.startswith("log_var.")},
            keypoints_px=outputs["keypoints_px"], presence=outputs["presence"], right=outputs["right"],
            sigma_px=outputs.get("sigma_px"), visible=outputs.get("visible"),
        )  # fmt: skip


def join(encodings: Sequence[Encoding]) -> Encoding:
    """Join the encodings of colour and depth of the same crops: every posterior, and the keypoints of the first.

    The first is that of colour where there is colour, since its keypoints are the surer.
    """
    first = encodings[0]
    for other in encodings[1:]:
        first = replace(
            first, means={**first.means, **other.means}, log_vars={**first.log_vars, **other.log_vars},
            presence=np.maximum(first.presence, other.presence),
        )  # fmt: skip
    return first


@dataclass(frozen=True, slots=True)
class DepthJoints:
    """Joints that the depth joint net reads from the cubes around ``b`` hands (:data:`handcam.crop.CUBE_M`)."""

    uvd: Float[Array, "b 21 3"]
    """Halves of the picture from its centre, and halves of the cube's edge from its centre along the axis."""
    scale: Float[Array, "b 21"]
    """Scale of the Laplace distribution of each joint's error, halves of the cube's edge."""
    hand_logit: Float[Array, " b"] | None = None
    """Logit that there is a hand, not calibrated; None from graphs that were exported without it."""
    right_logit: Float[Array, " b"] | None = None
    """Logit that the (already mirrored) hand is a right one; likewise."""


@dataclass(frozen=True, slots=True)
class Detections:
    """What each of the ``n`` anchors of a detector says of ``b`` pictures, before any is chosen."""

    boxes: Float[Array, "b n 4"]
    """Centre x, y, width and height, in edges of the square picture."""
    points: Float[Array, "b n p 2"]
    """x, y of the palm's points, the wrist first, in edges of the picture."""
    scores: Float[Array, "b n"]
    """Probability of a hand."""


@runtime_checkable
class Runtime(Protocol):
    """Runs every net of one set of weights. All calls come from one thread."""

    name: str
    """The runtime's key and what it runs on, e.g. ``onnxruntime (int8, CPU)``."""
    card: WeightsCard
    """The weights that are run."""
    tolerance_mm: float
    """Mean distance from the reference's joints, on a hand of nominal length, up to which it may be chosen."""

    def encode(self, crops: CropBatch) -> Encoding:
        """Encode the planes that a batch of crops has."""
        ...

    def decode(self, modality: str, z: Float[Array, "n z"]) -> Array:
        """Decode latents: ``joints3d`` gives (n 21 3) in hand lengths relative to the root, crop frame;
        ``keypoints2d`` (n 21 2) in crop halves from its centre; ``rgb`` uint8 (n h w 3); ``depth`` float32 (n h w) in
        hand lengths from the root, NaN where there is nothing."""
        ...

    def depth_joints(self, depth_m: Float[Array, "b p p"], centre_m: Float[Array, " b"]) -> DepthJoints | None:
        """Read joints straight from depth; None when the weights have no net for it.

        Args:
            depth_m: pictures of the cubes, ``p`` being :data:`handcam.crop.CUBE_PX`, metres, 0 for no reading.
            centre_m: distance of each cube's centre, metres.
        """
        ...

    def detect(self, rgb: UInt8[Array, "b s s 3"]) -> Detections:
        """Find hands in whole pictures of the card's ``crop_px``.

        Raises:
            WeightsError: the weights are not a detector's.
        """
        ...

    def run(self, graph: str, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run one of the card's ``kinematics``, from arrays by name to arrays by name, float32."""
        ...

    def close(self) -> None:
        """Free sessions, engines and memory."""
        ...
