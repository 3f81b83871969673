"""The hand-landmark network of MediaPipe (Apache-2.0) as an encoder: an EfficientNet-B0-like trunk without gates.

It was trained by its authors on a large set of real and rendered hands, so it sees real pictures well from day one.
Its own four heads are kept (joints in the crop, joints in metres, presence, side); the latent posterior is read from
the same pooled features by an MLP that :mod:`handcam.lab.train.loop` fits.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.hand.skeleton import MIDDLE_MCP
from handcam.model.nets import mlp

__all__ = ["INPUT_PX", "HandLandmark", "Landmarks", "encoder"]

INPUT_PX = 224
"""Edge of the picture it takes."""
TYPICAL_HALF_TAN = 0.2
"""Tangent of half a crop's field of view when nobody says: a hand at half a metre."""
FEATURES = 1152
"""Size of the pooled feature vector."""
SIGHT = FEATURES + 42 + 1 + 63
"""Size of what the posterior is read from."""

#         expanded, kernel, stride, out
_BLOCKS = (
    (64, 3, 2, 24), (144, 3, 1, 24),
    (144, 5, 2, 40), (240, 5, 1, 40),
    (240, 3, 2, 80), (480, 3, 1, 80), (480, 3, 1, 80),
    (480, 5, 1, 112), (672, 5, 1, 112), (672, 5, 1, 112),
    (672, 5, 2, 192), (1152, 5, 1, 192), (1152, 5, 1, 192), (1152, 5, 1, 192),
)  # fmt: skip


class Landmarks(NamedTuple):
    """What the network says of a batch of crops."""

    keypoints: Tensor
    """(b 21 2) joints in crop halves from the crop's centre."""
    landmarks3d: Tensor
    """(b 21 3) joints relative to the root, in hand lengths, crop axes."""
    presence: Tensor
    """(b) probability of a hand."""
    right: Tensor
    """(b) probability of a right hand in an unmirrored picture (what MediaPipe's solutions call "Left")."""
    features: Tensor
    """(b 1152) pooled features."""


class _Conv(nn.Module):
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


class _Block(nn.Module):
    """Inverted residual: widen, filter each channel, narrow."""

    def __init__(self, cin: int, expanded: int, kernel: int, stride: int, cout: int) -> None:
        super().__init__()
        self.widen = _Conv(cin, expanded)
        self.filter = _Conv(expanded, expanded, kernel, stride, groups=expanded)
        self.narrow = _Conv(expanded, cout, act=False)
        self.residual = cin == cout and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.narrow(self.filter(self.widen(x)))
        return x + y if self.residual else y


class HandLandmark(nn.Module):
    """The trunk and its four heads."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_Conv(3, 24, 3, 2), _Conv(24, 24, 3, groups=24), _Conv(24, 16, act=False)]
        width = 16
        for expanded, kernel, stride, out in _BLOCKS:
            layers.append(_Block(width, expanded, kernel, stride, out))
            width = out
        layers += [_Conv(width, FEATURES), _Conv(FEATURES, FEATURES, 3, groups=FEATURES)]
        self.trunk = nn.Sequential(*layers)
        self.keypoints = nn.Linear(FEATURES, 63)
        self.presence = nn.Linear(FEATURES, 1)
        self.right = nn.Linear(FEATURES, 1)
        self.landmarks3d = nn.Linear(FEATURES, 63)

    def forward(self, image: Tensor) -> Landmarks:
        """``image`` (b 3 224 224) in 0..1."""
        return self.heads(self.trunk(image).mean((2, 3)))

    def heads(self, f: Tensor) -> Landmarks:
        """``f`` (b 1152), the trunk's output averaged over the picture."""
        keypoints = self.keypoints(f).unflatten(1, (21, 3))[..., :2]  # pixels of the 224 crop, corner origin
        keypoints = keypoints * (2.0 / INPUT_PX) - 1.0
        joints = self.landmarks3d(f).unflatten(1, (21, 3))  # metres, its own origin
        chain = joints[:, [0, *range(MIDDLE_MCP, MIDDLE_MCP + 4)]]
        length = torch.linalg.vector_norm(chain[:, 1:] - chain[:, :-1], dim=-1).sum(1)
        landmarks3d = (joints - joints[:, MIDDLE_MCP : MIDDLE_MCP + 1]) / length[:, None, None]
        return Landmarks(
            keypoints, landmarks3d,
            torch.sigmoid(self.presence(f))[:, 0], torch.sigmoid(self.right(f))[:, 0], f,
        )  # fmt: skip


class _Encoder(nn.Module):
    """Trunk, its heads, and the posterior read from all they say together."""

    def __init__(self, latent: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.eye = HandLandmark()
        # features, 21 x 2 keypoints, tangent of the half field of view, 21 x 3 landmarks
        self.head = mlp.encoder((SIGHT,), latent, hidden, depth)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (b 3 s s) or what was seen in them before (b 1258) -> mean and log-variance, (b z) each."""
        if x.ndim == 4:
            if x.shape[-1] != INPUT_PX:  # crops that were rendered or kept smaller
                x = F.interpolate(x, size=(INPUT_PX, INPUT_PX), mode="bilinear")
            x = self.sight(self.look(x), x.new_full((len(x),), TYPICAL_HALF_TAN))
        return self.head(x)

    def look(self, image: Tensor) -> Landmarks:
        return self.eye(image)

    def sight(self, marks: Landmarks, half_tan: Tensor) -> Tensor:
        """Everything the head reads, (b 1258)."""
        parts = [marks.features, marks.keypoints.flatten(1), half_tan[:, None], marks.landmarks3d.flatten(1)]
        return torch.cat(parts, 1)


def encoder(shape: tuple[int, ...], latent: int, hidden: int = 512, depth: int = 2) -> nn.Module:
    """The trunk with a head of ``depth`` hidden layers for the posterior."""
    return _Encoder(latent, hidden, depth)
