"""What can be coded. A file here defines ``MODALITY``, a :class:`Modality`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

__all__ = ["Modality"]


@dataclass(frozen=True, slots=True)
class Modality:
    """One kind of data that describes a hand pose."""

    name: str
    """The file's name."""
    plane: str | None
    """Plane of the crop it is made from, ``color`` or ``depth``; None when it is made from joints."""
    shape: tuple[int, ...]
    """Tensor shape without the batch."""
    encoder: str
    """Default net of the encoder, a file in ``nets/``."""
    decoder: str
    """Default net of the decoder."""
    prepare: Callable[[torch.Tensor], torch.Tensor]
    """From raw input to the net's input; part of every exported graph, so that training and live use cannot differ."""
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """``loss(prediction, target)`` -> one number per example (b): the negative log-likelihood up to a constant."""
