"""The hand-landmark network of MediaPipe (Apache-2.0) as an encoder: an EfficientNet-B0-like trunk without gates.

It was trained by its authors on a large set of real and rendered hands, so it works on real pictures from the start.
Its own four heads are kept (joints in the crop, joints in metres, presence, side); the latent posterior is read from
the same pooled features by an MLP that :mod:`handcam.lab.train.pairs` fits.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.hand.skeleton import MIDDLE_MCP
from handcam.model.features import BACKBONE, PACKED, Features
from handcam.model.nets import mlp

__all__ = ["INPUT_PX", "STEM", "STEM_SHAPE", "HandLandmark", "InvertedResidual", "PaddedConv", "encoder"]

INPUT_PX = 224
"""Edge of the picture it takes."""
STEM = 8
"""Modules of the trunk that stay as published when it is trained further; caches hold what they give."""
STEM_SHAPE = (80, 14, 14)
"""Shape of what they give of one picture."""
TYPICAL_HALF_TAN = 0.2
"""Tangent of half a crop's field of view when it is not known: a hand at half a metre."""

#         expanded, kernel, stride, out
_BLOCKS = (
    (64, 3, 2, 24), (144, 3, 1, 24),
    (144, 5, 2, 40), (240, 5, 1, 40),
    (240, 3, 2, 80), (480, 3, 1, 80), (480, 3, 1, 80),
    (480, 5, 1, 112), (672, 5, 1, 112), (672, 5, 1, 112),
    (672, 5, 2, 192), (1152, 5, 1, 192), (1152, 5, 1, 192), (1152, 5, 1, 192),
)  # fmt: skip


class PaddedConv(nn.Module):
    """Convolution with TensorFlow's SAME padding, which is lopsided at stride 2."""

    def __init__(
        self, cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, groups=groups)
        before = (kernel - stride) // 2
        after = kernel - stride - before
        self.pad = (before, after, before, after)
        self.act = act
        if before == after:
            self.conv.padding, self.pad = (before, before), (0, 0, 0, 0)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.pad(x, self.pad) if any(self.pad) else x)
        return F.relu6(x) if self.act else x


class InvertedResidual(nn.Module):
    """Inverted residual (Sandler et al. 2018): widen, filter each channel, narrow."""

    def __init__(self, cin: int, expanded: int, kernel: int, stride: int, cout: int) -> None:
        super().__init__()
        self.widen = PaddedConv(cin, expanded)
        self.filter = PaddedConv(expanded, expanded, kernel, stride, groups=expanded)
        self.narrow = PaddedConv(expanded, cout, act=False)
        self.residual = cin == cout and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.narrow(self.filter(self.widen(x)))
        return x + y if self.residual else y


class HandLandmark(nn.Module):
    """The trunk and its four heads.

    Args:
        confidence: two more heads, of how sure each keypoint is and whether its joint is visible; the published network
            has none.
    """

    def __init__(self, confidence: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            PaddedConv(3, 24, 3, 2),
            PaddedConv(24, 24, 3, groups=24),
            PaddedConv(24, 16, act=False),
        ]
        width = 16
        for expanded, kernel, stride, out in _BLOCKS:
            layers.append(InvertedResidual(width, expanded, kernel, stride, out))
            width = out
        layers += [PaddedConv(width, BACKBONE), PaddedConv(BACKBONE, BACKBONE, 3, groups=BACKBONE)]
        self.trunk = nn.Sequential(*layers)
        self.keypoints = nn.Linear(BACKBONE, 63)
        self.presence = nn.Linear(BACKBONE, 1)
        self.right = nn.Linear(BACKBONE, 1)
        self.landmarks3d = nn.Linear(BACKBONE, 63)
        self.log_sigma = nn.Linear(BACKBONE, 21) if confidence else None
        self.visible = nn.Linear(BACKBONE, 21) if confidence else None

    def forward(self, image: Tensor, half_tan: Tensor | None = None) -> Features:
        """Features of pictures.

        Args:
            image: (b 3 224 224) in 0..1.
            half_tan: (b) tangent of half the crop's field of view; that of a hand at half a metre if None.
        """
        return self.from_stem(self.stem(image), half_tan)

    @property
    def sure(self) -> bool:
        """Whether it has the heads of :meth:`confidence`."""
        return self.log_sigma is not None

    def stem(self, image: Tensor) -> Tensor:
        """What the first modules give of pictures (b 3 224 224): (b 80 14 14)."""
        return self.trunk[:STEM](image)

    def from_stem(self, stem: Tensor, half_tan: Tensor | None = None) -> Features:
        """Features from what :meth:`stem` gave of the pictures."""
        f = self.trunk[STEM:](stem).mean((2, 3))  # (b, 1152)
        known: Tensor = f.new_full((len(f),), TYPICAL_HALF_TAN) if half_tan is None else half_tan
        keypoints = self.keypoints(f).unflatten(1, (21, 3))[..., :2]  # pixels of the 224 crop, corner origin
        keypoints = keypoints * (2.0 / INPUT_PX) - 1.0
        joints = self.landmarks3d(f).unflatten(1, (21, 3))  # metres, its own origin
        chain = joints[:, [0, *range(MIDDLE_MCP, MIDDLE_MCP + 4)]]
        length = torch.linalg.vector_norm(chain[:, 1:] - chain[:, :-1], dim=-1).sum(1)
        landmarks3d = (joints - joints[:, MIDDLE_MCP : MIDDLE_MCP + 1]) / length[:, None, None]
        presence, right = torch.sigmoid(self.presence(f))[:, 0], torch.sigmoid(self.right(f))[:, 0]
        return Features(f, keypoints, known, landmarks3d, presence, right)

    def confidence(self, features: Features) -> tuple[Tensor, Tensor]:
        """Logarithm of each keypoint's standard deviation (crop halves), and logits that it is visible, (b 21) each."""
        assert self.log_sigma is not None
        assert self.visible is not None
        return self.log_sigma(features.backbone).clamp(-6.0, 1.0), self.visible(features.backbone)


class _Encoder(nn.Module):
    """Landmark network and the posterior head that reads its features."""

    def __init__(self, latent: int, hidden: int, depth: int, confidence: bool, bones: int) -> None:
        super().__init__()
        self.bones = bool(bones)
        self.backbone = HandLandmark(confidence)
        self.head = mlp.encoder((PACKED,), latent, hidden, depth, bones)

    def forward(self, x: Tensor | Features, bones: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Pictures (b 3 s s) or their features -> mean and log-variance, (b z) each."""
        if isinstance(x, Features):
            return self.head(x.pack(), bones)
        if x.shape[-1] != INPUT_PX:  # crops that were rendered or kept smaller
            x = F.interpolate(x, size=(INPUT_PX, INPUT_PX), mode="bilinear")
        return self(self.backbone(x), bones)


def encoder(
    shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 2, confidence: int = 0, bones: int = 0
) -> nn.Module:
    """The trunk with a head of ``depth`` hidden layers for the posterior; ``confidence`` 1 adds two heads to it, and
    with ``bones`` 1 the posterior's head may be told the hand's bone lengths (:func:`handcam.model.nets.mlp.encoder`).
    """
    return _Encoder(latent, hidden, depth, bool(confidence), bones)
