"""Train HALO's nets (:mod:`handcam.hand.halo`) on the rig's poses and shapes.

Each part has a net of its own; the union of the parts is compared with the true distance, so that parts share the
surface between them as they like. The loss is the distance's error, cut off where the field ends.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from handcam.hand.canonical import FAR, PARTS, BonePoses, bone_features, bone_poses, box_coordinates, polynomials
from handcam.lab.release.halo import write_nets
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.synth.occupancy import label, relative_thickness, sample_hands
from handcam.validation import BatchSize, Positive, Steps, Whole

__all__ = ["HaloNets", "HaloSettings", "batch", "build", "feature_limits", "train"]

_CM = 100.0
"""Unit of the nets' distances, of the rig: they are numbers near one."""
_TASKS = 2
"""Steps of the optimiser in a round, each with its own hands."""
_LIMIT_HANDS = 4000
"""Hands that the range of features is taken from."""
_SURFACE_CM = 0.3
"""Distance from the surface within which errors count most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaloSettings(LoopSettings):
    """Settings of the training of HALO."""

    # the loop's settings, with these nets' defaults
    steps: Steps = 2_500
    batch: BatchSize = 8
    rate: Positive = 3e-3
    warmup: Whole = 200
    ema: Positive = 0.998
    points: BatchSize = 1_500
    """Points about each hand."""


class HaloNets(nn.Module):
    """Nets of all parts, stacked.

    Args:
        width: of the nets of points.
        code: of the nets of poses.
    """

    def __init__(self, width: int = 48, code: int = 48) -> None:
        super().__init__()
        parts = len(PARTS)

        def weight(inputs: int, outputs: int, gain: float = 2.0) -> nn.Parameter:
            return nn.Parameter((gain / inputs) ** 0.5 * torch.randn(parts, inputs, outputs))

        self.pose_in, self.pose_bias = weight(71, code, 0.05), nn.Parameter(torch.zeros(parts, code))
        self.pose_out, self.bias = weight(code, 3 * width, 0.1), nn.Parameter(0.1 * torch.randn(parts, 3 * width))
        self.first, self.second, self.third = weight(9, width), weight(width, width), weight(width, width)
        self.last, self.skip = weight(width, 1, 0.1), weight(9, 1, 0.1)
        self.end = nn.Parameter(torch.full((parts, 1), 0.5))

    def forward(
        self, local: Tensor, features: Tensor, hand: Tensor, point: Tensor, counts: Tensor, points: int
    ) -> Tensor:
        """
        Args:
            local: (m 9) polynomials of points in parts' frames, part after part.
            features: (b 16 71) of the hands' poses.
            hand: (m) hand of each.
            point: (m) number of each among all points.
            counts: (16) how many there are of each part.
            points: how many points there are.

        Returns:
            Distance of each point from the union of the parts, centimetres of the rig.
        """
        code = torch.relu(torch.einsum("bpf,pfc->bpc", features, self.pose_in) + self.pose_bias)
        biases = torch.einsum("bpc,pch->bph", code, self.pose_out) + self.bias
        found, start = [], 0
        for part, count in enumerate(counts.tolist()):
            x0, of = local[start : start + count], hand[start : start + count]
            first, second, third = biases[:, part].index_select(0, of).chunk(3, -1)
            x = torch.relu(torch.addmm(first, x0, self.first[part]))
            x = torch.relu(torch.addmm(second, x, self.second[part]))
            x = torch.relu(torch.addmm(third, x, self.third[part]))
            found.append((x @ self.last[part] + x0 @ self.skip[part] + self.end[part])[:, 0])
            start += count
        out = local.new_full((points,), _CM * FAR)
        return out.scatter_reduce(0, point, torch.cat(found), "amin", include_self=True)


class _Objective(nn.Module):
    """Error of the union's distance; what is nearer to the surface counts more."""

    def __init__(self, nets: HaloNets) -> None:
        super().__init__()
        self.nets = nets

    def forward(self, *given: Tensor) -> dict[str, Tensor]:
        *inputs, distance, overlaps = given
        far = _CM * FAR
        off = self.nets(*inputs, len(distance)) - distance.clamp(-far, far)
        only_deeper = (distance <= -far) | overlaps  # the true distance there is this one or deeper
        off = torch.where(only_deeper, off.clamp(min=0.0), off)
        return {"distance": off.abs() * (0.25 + torch.exp(-distance.abs() / _SURFACE_CM))}


def batch(rng: np.random.Generator, hands: int, points: int) -> tuple[Tensor, ...]:
    """Draw hands and points: inputs of the nets, true distances (cm of the rig), and where surfaces overlap."""
    drawn = sample_hands(rng, hands)
    poses = bone_poses(drawn.joints_m, relative_thickness(drawn))
    found = [label(rng, vertices, points) for vertices in drawn.vertices_m]
    local: list[list[np.ndarray]] = [[] for _ in PARTS]
    number: list[list[np.ndarray]] = [[] for _ in PARTS]
    for i, labels in enumerate(found):
        own = BonePoses(*(values[i] for values in poses))
        for part, x in enumerate(box_coordinates(labels.points_m, own)):
            inside = np.flatnonzero((np.abs(x) < 1).all(0))
            local[part].append(polynomials(x[:, inside]).T)
            number[part].append(inside + i * points)
    counts = np.array([sum(map(len, each)) for each in number])
    point = np.concatenate([n for each in number for n in each])
    distance = np.concatenate([f.distance_m / size for f, size in zip(found, poses.size, strict=True)])
    arrays = (
        np.concatenate([x for each in local for x in each]), bone_features(drawn.joints_m, poses), point // points,
        point, counts, (_CM * distance).astype(np.float32), np.concatenate([f.winding > 1 for f in found]),
    )  # fmt: skip
    return tuple(torch.from_numpy(a) for a in arrays)


def train(settings: HaloSettings, progress: bool = True) -> HaloNets:
    """Train; a run that was stopped goes on when started again.

    Raises:
        HandcamError: the checkpoint was made with other settings.
    """
    fabric = start_fabric(settings)
    nets = HaloNets()

    def draw(step: int) -> list[Task]:
        rng = np.random.default_rng((settings.seed, step, 73))
        shares = [settings.batch // _TASKS] * _TASKS  # labels take longer than a step, so a round has several
        return [Task("halo", batch(rng, share, settings.points)) for share in shares]

    def validate(module: nn.Module) -> dict[str, float]:
        *inputs, distance, overlaps = batch(np.random.default_rng((settings.seed, 79)), 60, 2_000)
        with torch.no_grad():
            found = module(*inputs, len(distance))
        near = (distance.abs() < _SURFACE_CM) & ~overlaps
        inside, true = found < 0, distance < 0
        return {
            "iou_near": float((inside & true).sum() / (inside | true).sum()),
            "surface_mm": float(10 * (found - distance)[near].abs().mean()),
        }

    checkpoint = run(fabric, settings, _Objective(nets), nets, draw, progress=progress, validate=validate)
    nets.load_state_dict(averaged_weights(checkpoint))
    return nets


def build(settings: HaloSettings, folder: Path | None, progress: bool = True) -> Path:
    """Train, and write the nets into ``folder`` in half precision; without one return the last checkpoint."""
    nets = train(settings, progress)
    if folder is None:
        return settings.out / "last.pt"
    s = settings
    text = f"{s.steps} rounds of {_TASKS} steps of {s.batch // _TASKS} hands with {s.points} points, seed {s.seed}"
    return write_nets(nets, feature_limits(), folder, text)


def feature_limits() -> tuple[np.ndarray, np.ndarray]:
    """Least and most of each feature of poses (16 71) among sampled hands."""
    hands = sample_hands(np.random.default_rng(89), _LIMIT_HANDS)
    features = bone_features(hands.joints_m, bone_poses(hands.joints_m, relative_thickness(hands)))
    return features.min(0), features.max(0)
