"""3D joints, relative to the root, in hand lengths, in the crop's camera frame."""

from torch import Tensor

from handcam.model.modalities import Modality

SIGMA = 0.01
"""Standard deviation of the likelihood, hand lengths (about 2 mm)."""


def _loss(decoded: Tensor, target: Tensor) -> Tensor:
    return (decoded - target).square().flatten(1).sum(1) / (2 * SIGMA**2)


MODALITY = Modality(
    name="joints3d", plane=None, input_shape=(21, 3), output_shape=(21, 3), encoder="mlp", decoder="mlp",
    prepare=lambda x: x, loss=_loss,
)  # fmt: skip
