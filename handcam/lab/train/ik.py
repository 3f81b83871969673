"""Train the net of inverse kinematics (:mod:`handcam.model.nets.iknet`) on sampled poses with the estimator's errors.

A hand is a sampled pose of a sampled shape, its joints moved by an error that the shipped estimator made on another
hand (:mod:`handcam.lab.data.estimator_errors`), at anything from none of its size to one and a half times it, or, for
a quarter of the hands, by noise of every joint's own. Loss: the distance of the posed skeleton's joints from the true
ones relative to the root, and that of the bones' rotations, as IKNet has them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from handcam.hand.kinematics import PALM, net_input, rest_joints
from handcam.hand.rig import load_rig
from handcam.hand.rotations import hand_frame, joint_frames, offsets
from handcam.hand.skeleton import PARENTS, ROOT, WRIST, hand_length
from handcam.lab.data.estimator_errors import EstimatorErrors, estimator_errors
from handcam.lab.release.kinematics import add_net
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.model.nets.iknet import IKNet, kinematic_net
from handcam.model.weights import default_weights
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.types import Side
from handcam.validation import BatchSize, Positive, Steps, Whole

__all__ = ["Hands", "IKSettings", "build", "sample_hands", "train"]

_BONES = [j for j in range(21) if j % 4 or j == 0]
"""Joints that begin a bone."""
_POSES = PoseSettings(roll_deg=180.0, uniform_views=0.4)
_BONE_ERROR, _PALM_ERROR = 0.05, 0.015
"""Largest standard deviations of a skeleton from a track's first frames: of bones, as a share; of the palm's joints in
the hand frame, hand lengths. Each hand draws its own between 0 and these."""
_INDEPENDENT = 0.25
"""Share of hands whose joints err independently of each other, as markers or another tracker's do."""
_ROTATION_WEIGHT = 0.02
"""Of the rotations against the joints' distance in hand lengths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IKSettings(LoopSettings):
    """Settings of the training of the net of inverse kinematics."""

    # the loop's settings, with this net's defaults
    steps: Steps = 12_000
    batch: BatchSize = 512
    rate: Positive = 2e-3
    warmup: Whole = 200


class Hands(NamedTuple):
    """Sampled right hands, metres, camera frame."""

    joints_m: Float[np.ndarray, "n 21 3"]
    """True joints."""
    noisy_m: Float[np.ndarray, "n 21 3"]
    """Estimated joints."""
    sigma_m: Float[np.ndarray, "n 21"]
    """Their error bars."""
    offsets_m: Float[np.ndarray, "n 21 3"]
    """Skeletons as a track knows them."""
    frames: Float[np.ndarray, "n 21 3 3"]
    """True bone frames."""


def sample_hands(rng: np.random.Generator, n: int, known: EstimatorErrors) -> Hands:
    """Draw hands with errors, and skeletons that are a little off as those of a track's first frames are."""
    rig = load_rig()
    poses = sample_poses(rng, n, _POSES)
    palm = rig.pose(np.zeros((n, 24), np.float32), poses.shape)[:, :21].astype(float)  # the arch at rest
    skeleton = offsets(palm, joint_frames(palm, Side.RIGHT))
    frames = rig.turns(poses.angles, poses.shape)[1][:, :21] @ joint_frames(rig.rest_m[:21].astype(float), Side.RIGHT)
    frames[:, WRIST] = hand_frame(palm, Side.RIGHT)
    length = hand_length(palm)
    truth = poses.joints_m.astype(float)
    noisy, sigma = known.drawn(rng, truth, np.where(rng.random(n) < 0.1, 0.0, rng.uniform(0.0, 1.5, n)))
    off = rng.random((n, 1, 1))
    alone = rng.random(n) < _INDEPENDENT
    spread = rng.uniform(0.0, 0.05, (n, 1)) * length[:, None]
    noisy[alone] = (truth + spread[..., None] * rng.standard_normal((n, 21, 3)))[alone]
    sigma[alone] = np.broadcast_to(spread, (n, 21))[alone]
    skeleton[:, 1:] *= np.exp(_BONE_ERROR * off * rng.standard_normal((n, 20, 1)))
    skeleton[:, PALM[1:]] += _PALM_ERROR * off * length[:, None, None] * rng.standard_normal((n, 5, 3))
    frames = poses.rotation[:, None].astype(float) @ frames
    return Hands(truth, noisy, sigma, skeleton, frames)


class _Objective(nn.Module):
    """Distance of the posed joints and of the rotations from the true ones."""

    def __init__(self, net: IKNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, joints: Tensor, rest: Tensor, sigma: Tensor, view: Tensor, frames: Tensor, bones: Tensor,
        true_joints: Tensor, true_frames: Tensor,
    ) -> dict[str, Tensor]:  # fmt: skip
        turned = frames @ _matrices(self.net(joints, rest, sigma, view)[0])
        steps = (turned[:, PARENTS[1:]] @ bones[:, 1:, :, None])[..., 0]
        posed = steps.unflatten(1, (5, 4)).cumsum(2).flatten(1, 2)
        posed = torch.cat([torch.zeros_like(posed[:, :1]), posed], 1)
        off = torch.linalg.vector_norm((posed - posed[:, ROOT : ROOT + 1]) - true_joints, dim=-1)
        rotation = (turned - true_frames)[:, _BONES].square().sum((-1, -2)).mean(-1)
        return {"joints": off.mean(-1), "rotations": _ROTATION_WEIGHT * rotation}


def _matrices(vectors: Tensor) -> Tensor:
    """Rotation matrices of rotation vectors (b j 3), radians (Rodrigues)."""
    angle = (vectors.square().sum(-1) + 1e-12).sqrt()[..., None, None]
    x, y, z = vectors.unbind(-1)
    o = torch.zeros_like(x)
    k = torch.stack([o, -z, y, z, o, -x, -y, x, o], -1).unflatten(-1, (3, 3))
    eye = torch.eye(3, device=vectors.device)
    return eye + torch.sin(angle) / angle * k + (1 - torch.cos(angle)) / angle.square() * (k @ k)


def build(settings: IKSettings, weights: Path | None, progress: bool = True) -> Path:
    """Train, and add the net to ``weights``, measured; without weights return the last checkpoint."""
    net = train(settings, progress)
    if weights is None:
        return settings.out / "last.pt"
    data = "sampled poses of the free rig (handcam.synth.poses), errors of the estimator on rendered hands (MIT)"
    return add_net(weights, "rotations", "iknet", net, data, {"command": "handcam experiment ik --json ik.json"})


def train(settings: IKSettings, progress: bool = True) -> IKNet:
    """Train; a run that was stopped goes on when started again.

    Raises:
        HandcamError: the checkpoint was made with other settings.
    """
    fabric = start_fabric(settings)
    net = kinematic_net()
    assert isinstance(net, IKNet)
    known = estimator_errors(default_weights(), 0)

    def draw(step: int) -> list[Task]:
        hands = sample_hands(np.random.default_rng((settings.seed, step, 61)), settings.batch, known)
        given = net_input(hands.noisy_m, hands.offsets_m, hands.sigma_m)
        length = hand_length(rest_joints(hands.offsets_m))[:, None, None]
        true = (hands.joints_m - hands.joints_m[:, ROOT : ROOT + 1]) / length
        arrays = (*given[1:], given.frames, hands.offsets_m / length, true, hands.frames)
        return [Task("ik", tuple(torch.from_numpy(np.asarray(a, np.float32)) for a in arrays))]

    checkpoint = run(fabric, settings, _Objective(net), net, draw, progress=progress)
    net.load_state_dict(averaged_weights(checkpoint))
    return net
