"""What a pair is trained on: equation 5, and what can be asked of a hand whose joints nobody labelled."""

import torch
from torch import Tensor, nn

from handcam.lab.train.constraints import prior, reprojection
from handcam.model.features import Input
from handcam.model.vae import CrossModalVAE, kl, modality, reparameterise

__all__ = ["Objective"]


class Objective(nn.Module):
    """The terms of one pair's loss; a module, so that several processes share its gradients.

    A pair whose target is not ``joints3d`` says nothing about 3D. With a weight above 0 the joints are decoded from
    the same ``z`` too, and are asked to be seen where the keypoints are (2D-only supervision, for pairs that end in
    ``keypoints2d``), or to be a possible hand (biomechanical constraints).

    Args:
        model: the model; its parameters are the objective's.
        reproject: weight of :func:`handcam.lab.train.constraints.reprojection`.
        constrain: weight of :func:`handcam.lab.train.constraints.prior`.
    """

    def __init__(self, model: CrossModalVAE, reproject: float = 0.0, constrain: float = 0.0) -> None:
        super().__init__()
        self.model, self.reproject, self.constrain = model, reproject, constrain

    def forward(self, source: str, target: str, x: Input, y: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Negative log-likelihood, KL divergence, and weighted cost of the unlabelled joints, (b) each."""
        mean, log_var = self.model.encode(source, x)
        z = reparameterise(mean, log_var, noise)
        nll = modality(target).loss(self.model.decode(target, z), y)
        weak = torch.zeros_like(nll)
        if target != "joints3d" and "joints3d" in self.model.decoders and (self.reproject or self.constrain):
            joints = self.model.decode("joints3d", z)
            with torch.autocast(joints.device.type, enabled=False):  # angles and a solver want full precision
                joints = joints.float()
                if self.reproject and target == "keypoints2d":
                    weak = weak + self.reproject * reprojection(joints, y.float())
                if self.constrain:
                    weak = weak + self.constrain * prior(joints)
        return nll, kl(mean, log_var), weak
