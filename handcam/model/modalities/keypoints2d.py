"""2D keypoints in crop halves from the crop's centre (-1 to 1 across the crop), y down.

The encoder takes 43 numbers: 21 x 2 coordinates and the tangent of half the crop's field of view, which tells how
strong perspective is. The decoder gives the 21 x 2 coordinates.
"""

from torch import Tensor

from handcam.model.modalities import Modality

SIGMA = 0.04
"""Standard deviation of the likelihood, crop halves."""


def _loss(decoded: Tensor, target: Tensor) -> Tensor:
    return (decoded - target[:, :42].unflatten(1, (21, 2))).square().flatten(1).sum(1) / (2 * SIGMA**2)


MODALITY = Modality(
    name="keypoints2d", plane="color", input_shape=(43,), output_shape=(21, 2), encoder="mlp", decoder="mlp",
    prepare=lambda x: x, loss=_loss, from_features=lambda features: features.keypoints2d(),
)  # fmt: skip
