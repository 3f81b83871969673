"""Modalities of a hand. A file here defines ``MODALITY``, a :class:`Modality`, and its loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from handcam.model.features import Input

__all__ = ["Modality"]


@dataclass(frozen=True, slots=True)
class Modality:
    """One kind of data that describes a hand pose."""

    name: str
    """The file's name."""
    plane: str | None
    """Plane of the crop it is made from, ``color`` or ``depth``; None when it is made from joints."""
    input_shape: tuple[int, ...]
    """Tensor shape that the encoder takes, without the batch."""
    output_shape: tuple[int, ...]
    """Tensor shape that the decoder gives, without the batch."""
    encoder: str | None
    """Default net of the encoder, a file in ``nets/``; None when it is never an input."""
    decoder: str | None
    """Default net of the decoder; None when it is never an output."""
    prepare: Callable[[Tensor], Tensor]
    """From the raw input to the encoder's; part of every exported graph, so training and live use cannot differ."""
    loss: Callable[[Tensor, Tensor], Tensor]
    """``loss(decoded, target)`` -> (b): negative log-likelihood up to a constant, a Gaussian's (the paper's MSE)."""
    from_features: Callable[[Any], Input] | None = None
    """From the features of its plane to the encoder's input; None when the encoder takes the plane itself."""
    postprocess: Callable[[Tensor], Tensor] = lambda decoded: decoded
    """From the decoder's output to what :meth:`handcam.runtimes.Runtime.decode` gives; part of every exported graph."""
