"""Train the motion prior (:mod:`handcam.model.nets.motionnet`) on unpaired hand motion, against an adversary.

After Spurr et al. 2021: a pose predictor must give valid sequences, as a discriminator decides that sees joint
sequences alone. Here the predictor is a filter of an estimator's output. Its input is synthesised motion of the rig
with the estimator's errors as they run in time (:meth:`EstimatorErrors.over_time`); the adversary's real examples are
other motion of the same kind, so no frame needs a label. Losses: distance from the true joints where they are known,
and that of their second differences; and the least-squares adversary's (Mao et al. 2017).
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from handcam.hand.skeleton import ROOT, hand_length
from handcam.lab.data.estimator_errors import EstimatorErrors, estimator_errors
from handcam.lab.release.kinematics import add_net
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.model.nets.motionnet import HIDDEN, INPUTS, MotionNet, kinematic_net
from handcam.model.weights import default_weights
from handcam.synth.gestures import GESTURES
from handcam.synth.motion import MotionSettings, sample_motion
from handcam.validation import BatchSize, Positive, Steps, Weight, Whole

__all__ = ["MotionTraining", "Sequences", "build", "sample_sequences", "train"]

_BANK, _BANK_FRAMES, _BANK_HZ = 256, 480, 60.0
_FRAMES, _WINDOW = 40, 16
"""Frames of a sequence, and those that the adversary sees at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionTraining(LoopSettings):
    """Settings of the training of the motion prior."""

    # the loop's settings, with this net's defaults
    steps: Steps = 1_500
    batch: BatchSize = 40
    rate: Positive = 3e-3
    warmup: Whole = 50
    clip: Positive = 5.0
    ema: Positive = 0.99
    save_every: Steps = 100
    adversary: Weight = 0.1
    """Weight of the adversary; 0 leaves it out."""
    steadiness: Weight = 2.0
    """Weight of the second differences against the joints' distance."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """Right hands over time; hand lengths, camera frame."""

    true: Float[np.ndarray, "b t 21 3"]
    """Joints."""
    seen: Float[np.ndarray, "b t 21 3"]
    """Joints as the estimator gives them."""
    sigma: Float[np.ndarray, "b t 21"]
    """Their error bars."""
    when: Float[np.ndarray, "b t 2"]
    """Time since the frame before, thirtieths of a second, and whether there was a hand."""


@cache
def _bank(seed: int) -> Float[np.ndarray, "n t 21 3"]:
    """Motion of the rig's hands at many paces, hand lengths."""
    rng, found = np.random.default_rng((seed, 89)), list[np.ndarray]()
    for _ in range(_BANK):
        usual = MotionSettings(
            hold_s=rng.uniform(0.05, 0.8), change_s=rng.uniform(0.3, 1.2), named=rng.choice([0.0, 0.3, 0.75]),
            gestures=GESTURES, turn_deg=rng.uniform(5, 60), wander_m=rng.uniform(0.01, 0.12), half_view=(2.0, 2.0),
        )  # fmt: skip
        joints = sample_motion(rng, _BANK_FRAMES, _BANK_HZ, usual).joints_m
        found.append(joints / hand_length(joints[:1])[0])
    return np.stack(found).astype(np.float32)


def sample_sequences(rng: np.random.Generator, n: int, known: EstimatorErrors, seed: int = 0) -> Sequences:
    """Draw sequences at any frame rate, pace, view and noise, a third of them with gaps."""
    true, seen = np.empty((n, _FRAMES, 21, 3), np.float32), np.empty((n, _FRAMES, 21, 3), np.float32)
    sigma, when = np.empty((n, _FRAMES, 21), np.float32), np.ones((n, _FRAMES, 2), np.float32)
    for i in range(n):
        steps = np.full(_FRAMES, 1 / rng.choice([15.0, 25.0, 30.0, 30.0, 60.0])) * rng.uniform(0.9, 1.1, _FRAMES)
        steps *= 1 + (rng.random(_FRAMES) < rng.choice([0.0, 0.1])) * rng.integers(1, 6, _FRAMES)
        times_s = np.cumsum(steps)
        bank = _bank(seed)
        at = (rng.uniform(0, 8.0) + np.exp(rng.uniform(-1.2, 0.5)) * times_s) * _BANK_HZ % _BANK_FRAMES
        low, share = at.astype(int), (at % 1)[:, None, None]
        motion = bank[rng.integers(_BANK)]
        joints = motion[low] * (1 - share) + motion[(low + 1) % _BANK_FRAMES] * share
        turn = Rotation.from_euler("zxy", rng.normal(0, [1.8, 0.6, 0.6])).as_matrix()
        root = joints[:, ROOT : ROOT + 1]
        place = root.mean(0) + rng.uniform(0.0, 3.0) * (root - root.mean(0)) + [0.0, 0.0, rng.uniform(0.0, 3.0)]
        place[..., 2] = np.maximum(place[..., 2], 1.2)
        true[i] = (joints - root) @ turn.T + place
        parts = rng.dirichlet([0.7, 1.0, 0.35])
        level = 0.0 if rng.random() < 0.05 else rng.uniform(0.2, 1.3)
        seen[i], sigma[i] = known.over_time(rng, true[i].astype(float), times_s, level, (parts[0], parts[1], parts[2]))
        when[i, 1:, 0] = 30.0 * steps[1:]
        if rng.random() < 0.33:
            for _ in range(rng.integers(1, 4)):
                first = rng.integers(2, _FRAMES - 8)
                when[i, first : first + rng.integers(1, 7), 1] = 0.0
    return Sequences(true, seen, sigma, when)


class _Adversary(nn.Module):
    """Tells motion that was filtered from true motion, by the pose and its changes in time (1D convolutions)."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3 * 63 + 1, 96, 96, 96)
        self.layers = nn.Sequential(*(
            part for a, b in pairwise(widths)
            for part in (nn.Conv1d(a, b, 3), nn.LeakyReLU(0.2))
        ), nn.Conv1d(96, 1, 1))  # fmt: skip

    def forward(self, joints: Tensor, dt: Tensor) -> Tensor:
        """Joints about the root (b t 21 3) and times between frames (b t) to scores (b t')."""
        x = joints.flatten(2)
        speed = x.diff(dim=1)
        parts = [2 * x[:, 2:], 15 * speed[:, 1:], 30 * speed.diff(dim=1), dt[:, 2:, None].log()]
        return self.layers(torch.cat(parts, 2).mT)[:, 0]


class _Objective(nn.Module):
    def __init__(self, nets: nn.ModuleDict, settings: MotionTraining) -> None:
        super().__init__()
        self.nets, self.settings = nets, settings
        self.made: tuple[Tensor, Tensor] | None = None

    def forward(self, true: Tensor, seen: Tensor, sigma: Tensor, when: Tensor, real: Tensor) -> dict[str, Tensor]:
        adversary = self.nets["adversary"]
        relative = true - true[:, :, ROOT : ROOT + 1]
        if real.any():  # the adversary's turn: others' true motion against what was made of these
            assert self.made is not None
            made, dt = self.made
            first = int(torch.randint(_FRAMES - _WINDOW, ()))
            cut = slice(first, first + _WINDOW)
            good = adversary(relative[:, cut], when[:, cut, 0].clamp(0.1, 10))
            bad = adversary(made[:, cut], dt[:, cut].clamp(0.1, 10))
            return {"adversary": ((good - 1).square().mean() + bad.square().mean()) / 2}
        (live, root), (whole, middle) = _filtered(self.nets["filter"], seen, sigma, when)
        out: dict[str, Tensor] = {}
        there = when[:, :, 1]
        for name, pose, place, weight in (
            ("live", live, root, there),
            ("whole", whole, middle, torch.ones_like(there)),
        ):
            off = _length(pose - relative).mean(-1) + 0.5 * _length(place - true[:, :, ROOT])
            shaken = _length((pose - relative).diff(n=2, dim=1)).mean(-1)
            shaken = shaken + 0.5 * _length((place - true[:, :, ROOT]).diff(n=2, dim=1))
            out[f"{name}_distance"] = 100 * (off * weight)[:, 4:].mean()
            out[f"{name}_steadiness"] = 100 * self.settings.steadiness * shaken[:, 4:].mean()
        both, dt = torch.cat([live, whole]), when[..., 0].repeat(2, 1)
        if self.settings.adversary:
            adversary.requires_grad_(False)
            fooled = (adversary(both, dt.clamp(0.1, 10)) - 1).square().mean()
            adversary.requires_grad_(True)
            out["fooled"] = 10 * self.settings.adversary * fooled
        self.made = (both.detach(), dt)
        return out


def _filtered(
    net: nn.Module, seen: Tensor, sigma: Tensor, when: Tensor
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Poses (b t 21 3) about the root and roots (b t 3): live, and from both directions of time."""
    back = when.flip(1)
    back = torch.cat([torch.cat([torch.ones_like(back[:, :1, :1]), back[:, :-1, :1]], 1), back[:, :, 1:]], 2)
    b, t = seen.shape[:2]
    given = [torch.cat([x, x, x.flip(1)]) for x in (seen, sigma)]
    times = torch.cat([when, when, back])
    both = torch.ones(3 * b, t, 1)
    both[:b] = 0.0
    times = torch.cat([times, both], 2)
    size = prod(INPUTS["state"])
    root = given[0][:, 0, ROOT]
    state = torch.cat([(given[0][:, 0] - root[:, None]).flatten(1), root, root.new_zeros(3 * b, 66 + HIDDEN)], 1)
    found = []
    for i in range(t):
        (answer,) = net(state, given[0][:, i], given[1][:, i], times[:, i])
        state = answer[:, :size]
        found.append(torch.cat([answer[:, size : size + 64], state[:, 63:66]], 1))
    answers = torch.stack(found, 1)
    pose, trust, root = answers[..., :63].unflatten(2, (21, 3)), answers[..., 63], answers[..., 64:]
    share = torch.sigmoid(trust[b : 2 * b] - trust[2 * b :].flip(1))[..., None]
    middle = share * root[b : 2 * b] + (1 - share) * root[2 * b :].flip(1)
    whole = share[..., None] * pose[b : 2 * b] + (1 - share[..., None]) * pose[2 * b :].flip(1)
    return (pose[:b], root[:b]), (whole, middle)


def _length(x: Tensor) -> Tensor:
    return (x.square().sum(-1) + 1e-10).sqrt()


def train(settings: MotionTraining, progress: bool = True) -> MotionNet:
    """Train; a run that was stopped goes on when started again.

    Raises:
        HandcamError: the checkpoint was made with other settings.
    """
    fabric = start_fabric(settings)
    net = kinematic_net()
    assert isinstance(net, MotionNet)
    nets = nn.ModuleDict({"filter": net, "adversary": _Adversary()})
    known = estimator_errors(default_weights(), 0)

    def draw(step: int) -> list[Task]:
        tasks: list[Task] = []
        for turn in range(2 if settings.adversary else 1):
            drawn = sample_sequences(np.random.default_rng((settings.seed, step, 83, turn)), settings.batch, known)
            arrays = (drawn.true, drawn.seen, drawn.sigma, drawn.when, np.full(settings.batch, turn, np.float32))
            tasks.append(Task(("filter", "adversary")[turn], tuple(map(torch.from_numpy, arrays))))
        return tasks

    checkpoint = run(fabric, settings, _Objective(nets, settings), nets, draw, progress=progress)
    nets.load_state_dict(averaged_weights(checkpoint))
    return net


def build(settings: MotionTraining, weights: Path | None, progress: bool = True) -> Path:
    """Train, and write the net to ``weights``; without weights return the last checkpoint."""
    net = train(settings, progress)
    if weights is None:
        return settings.out / "last.pt"
    data = "motion of the free rig (handcam.synth.motion), errors of the estimator on rendered hands (MIT)"
    return add_net(
        weights, "motion", "motionnet", net, data, {"command": "handcam experiment motion --json motion.json"}
    )
