"""Features of a hand crop: the landmark network's outputs as one value with one packing.

Live tracking, training, fine-tuning and evaluation pass these values; :meth:`pack` gives the vector that the posterior
heads of the released weights read, and what caches of rendered hands hold.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar, cast

import torch
from torch import Tensor

__all__ = [
    "BACKBONE",
    "DEPTH_PACKED",
    "PACKED",
    "Batch",
    "DepthFeatures",
    "Features",
    "Input",
    "concatenate",
    "examples",
    "rows",
]

BACKBONE = 1152
"""Length of the pooled backbone features of a network that was not pruned."""
_AFTER = 42 + 1 + 63
PACKED = BACKBONE + _AFTER
"""Length of packed :class:`Features`."""
DEPTH_PACKED = PACKED + 42 + 1
"""Length of packed :class:`DepthFeatures`."""


class Features(NamedTuple):
    """Outputs of the landmark network for a batch of crops; ``b`` may be several axes."""

    backbone: Tensor
    """(b 1152) pooled features; fewer where channels were pruned."""
    keypoints: Tensor
    """(b 21 2) joints in crop halves from the crop's centre."""
    half_tan: Tensor
    """(b) tangent of half the crop's field of view."""
    landmarks3d: Tensor
    """(b 21 3) joints relative to the root, in hand lengths, crop axes."""
    presence: Tensor
    """(b) probability of a hand; not packed, 1 after :meth:`unpack`."""
    right: Tensor
    """(b) probability of a right hand in an unmirrored picture; not packed, 1 after :meth:`unpack`."""

    def pack(self) -> Tensor:
        """One vector a crop, (b 1258): backbone, keypoints, half_tan, landmarks3d."""
        return torch.cat(
            [self.backbone, self.keypoints.flatten(-2), self.half_tan[..., None], self.landmarks3d.flatten(-2)], -1
        )

    @classmethod
    def unpack(cls, packed: Tensor) -> "Features":
        """Inverse of :meth:`pack`, float32."""
        packed = packed.float()
        known = torch.ones_like(packed[..., 0])
        backbone, keypoints, half_tan, landmarks3d = packed.split([packed.shape[-1] - _AFTER, 42, 1, 63], -1)
        return cls(
            backbone, keypoints.unflatten(-1, (21, 2)), half_tan[..., 0], landmarks3d.unflatten(-1, (21, 3)),
            known, known,
        )  # fmt: skip

    def keypoints2d(self) -> Tensor:
        """Keypoints and half_tan as :mod:`handcam.model.modalities.keypoints2d` takes them, (b 43)."""
        return torch.cat([self.keypoints.flatten(-2), self.half_tan[..., None]], -1)


class DepthFeatures(NamedTuple):
    """:class:`Features` of a shaded depth crop, and the distances under its keypoints."""

    shaded: Features
    """Outputs of the landmark network for the shaded depth crop."""
    surface: Tensor
    """(b 42) under each keypoint: distance from the hand's centre, then share of readings (:func:`shade`)."""
    size: Tensor
    """(b) half the crop's edge at the hand's distance, in half-depths of the shaded volume."""

    def pack(self) -> Tensor:
        """One vector a crop, (b 1301): the packed features, surface, size."""
        return torch.cat([self.shaded.pack(), self.surface, self.size[..., None]], -1)

    @classmethod
    def unpack(cls, packed: Tensor) -> "DepthFeatures":
        """Inverse of :meth:`pack`, float32."""
        packed = packed.float()
        return cls(Features.unpack(packed[..., :-43]), packed[..., -43:-1], packed[..., -1])


Input = Tensor | Features | DepthFeatures
"""Input of an encoder: raw data of its modality, or features that a network read from it before."""

Batch = dict[str, Any]
"""Examples of a step: an :data:`Input` for each modality, and further tensors, by name."""

T = TypeVar("T", bound=Input)


def rows(value: T, index: slice | Tensor) -> T:
    """Examples of a batch by number, of a tensor or of every field of features."""
    if isinstance(value, Tensor):
        return cast(T, value[index])
    fields: list[Any] = [rows(field, index) for field in value]
    return cast(T, type(value)(*fields))


def examples(value: Input) -> int:
    """Number of examples in a batch."""
    return len(value) if isinstance(value, Tensor) else examples(value[0])


def concatenate(parts: Sequence[T]) -> T:
    """Batches after each other, of tensors or of features."""
    tensors = [part for part in parts if isinstance(part, Tensor)]
    if tensors:
        return cast(T, torch.cat(tensors))
    fields: list[Any] = [concatenate(field) for field in zip(*parts, strict=True)]
    return cast(T, type(parts[0])(*fields))
