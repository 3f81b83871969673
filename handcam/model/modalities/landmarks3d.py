"""The 3D landmarks that the hand-landmark network reads from a picture: strong in shape, weaker in orientation.

Relative to the root, in hand lengths, crop axes: (21 3). An input only; what is decoded is ``joints3d``.
"""

from handcam.model.modalities import Modality
from handcam.model.modalities.joints3d import MODALITY as JOINTS3D

MODALITY = Modality(
    name="landmarks3d", plane="color", input_shape=(21, 3), output_shape=(21, 3), encoder="mlp", decoder=None,
    prepare=lambda x: x, loss=JOINTS3D.loss, from_features=lambda features: features.landmarks3d,
)  # fmt: skip
