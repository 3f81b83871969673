"""Train the codes (:mod:`handcam.model.latent.codes`): a semi-supervised InfoGAN whose pictures are hand poses.

After Spurr, Aksan and Hilliges, *Guiding InfoGAN with Semi-Supervision* (ECML 2017). The generator gives a latent,
which the released decoder, frozen, makes a pose; the discriminator separates those from poses of unlabelled hands.
A reader Q gives the codes of a pose. As there, the objective is

    min over G, Q, max over D:  V(D, G) - lambda1 L_I(G, Q) - lambda2 L_SS(Q)

with the least-squares V, the variational bound L_I = E log Q(c | G(c, n)) and, on the labelled hands, L_SS =
E log Q(y | x); both are Gaussians of unit variance. Beyond the paper the generator is invertible, so its inverse reads
codes of real hands: it is held to the labels, and to Q where there are none, and the rest of the latent to N(0, I) by
the likelihood (Flow-GAN, Grover et al. 2018).
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from handcam.hand.skeleton import BONES
from handcam.lab.data.sets.poses import Noise, Poses
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.model.latent.codes import CODES, LAYERS, Codes, couple, uncouple, write_codes
from handcam.model.latent.directions import PARAMETERS, parameters_of
from handcam.model.nets.motionnet import palm_frame
from handcam.model.vae import CrossModalVAE, load
from handcam.model.weights import default_weights
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.validation import BatchSize, Count, Positive, Share, Steps, Weight, Whole

__all__ = ["InfoGANSettings", "KnownHands", "correlations", "hands", "read_by", "train"]

_HIDDEN = 128
_USED = 0.02
"""Variance of the posterior's means from which a principal axis is in use."""
_POSES = PoseSettings(bones=0.06, off_axis=0.2)
"""As the embedding set draws them."""
_COLUMNS = [PARAMETERS.index(name) for name in CODES]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoGANSettings(LoopSettings):
    """Settings of the training of the codes."""

    # the loop's settings, with this net's defaults
    steps: Steps = 2_500
    batch: BatchSize = 512
    rate: Positive = 2e-3
    warmup: Whole = 50
    clip: Positive = 20.0
    ema: Positive = 0.99
    save_every: Steps = 200
    hands: Count = 40_000
    """Hands to train on."""
    labelled: Share = 0.01
    """Share of them whose properties are known."""
    information: Weight = 1.0
    """``lambda1``."""
    supervision: Weight = 1.0
    """``lambda2``."""


class KnownHands(NamedTuple):
    """Sampled hands as the weights see them."""

    z: Float[np.ndarray, "n z"]
    """Posterior means of their joints."""
    properties: Float[np.ndarray, "n c"]
    """Their properties by :data:`handcam.model.latent.codes.CODES`, of the true joints."""


def hands(model: CrossModalVAE, n: int, seed: int) -> KnownHands:
    """Sample hands of the free rig and encode their joints."""
    rng = np.random.default_rng((seed, 97))
    joints = Poses(seed, Noise()).view(rng, sample_poses(rng, n, _POSES).joints_m)["joints3d"]
    with torch.inference_mode():
        z = model.encode("joints3d", joints)[0].numpy()
    return KnownHands(z, parameters_of(joints.numpy())[:, _COLUMNS])


def read_by(joints: Tensor) -> Tensor:
    """What Q and D see of poses (b 21 3): directions of the bones in the palm's frame, and that frame, (b 69)."""
    parents, children = (list(ends) for ends in zip(*BONES, strict=True))
    frame = palm_frame(joints)
    bones = nn.functional.normalize(joints[:, children] - joints[:, parents], dim=-1) @ frame
    return torch.cat([bones.flatten(1), frame.flatten(1)], 1)


class _Reader(nn.Module):
    """Q: a pose to its codes; linear, and a little beyond."""

    def __init__(self) -> None:
        super().__init__()
        self.straight = nn.Linear(69, len(CODES))
        last = nn.Linear(_HIDDEN, len(CODES))
        nn.init.zeros_(last.weight)
        self.bent = nn.Sequential(nn.Linear(69, _HIDDEN), nn.Tanh(), nn.Dropout(0.3), last)

    def forward(self, seen: Tensor) -> Tensor:
        return self.straight(seen) + self.bent(seen)


class _Generator(nn.Module):
    """The couplings' arrays as parameters."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        super().__init__()
        half, rest = size // 2, size - size // 2
        shapes = {"in": (half, _HIDDEN), "bias": (_HIDDEN,), "out": (_HIDDEN, 2 * rest), "last": (2 * rest,)}
        self.arrays = nn.ParameterDict({"mix": nn.Parameter(torch.eye(size))})
        for i in range(LAYERS):
            for name, shape in shapes.items():
                start = torch.randn(shape) / half**0.5 if name == "in" else torch.zeros(shape)
                self.arrays[f"{name}{i}"] = nn.Parameter(start)
            self.register_buffer(f"order{i}", torch.from_numpy(rng.permutation(size)))

    @property
    def parts(self) -> dict[str, Any]:
        """By name, for :func:`couple`."""
        return {**self.arrays, **{f"order{i}": getattr(self, f"order{i}") for i in range(LAYERS)}}


class _Objective(nn.Module):
    axes: Tensor
    middle: Tensor

    def __init__(self, nets: nn.ModuleDict, model: CrossModalVAE, space: Codes, settings: InfoGANSettings) -> None:
        super().__init__()
        self.nets: Any = nets
        self.settings = settings
        self.decode = lambda z: model.decode_output("joints3d", z)
        for name in ("axes", "middle"):
            self.register_buffer(name, torch.from_numpy(getattr(space, name).astype(np.float32)), persistent=False)
        self.made: Tensor | None = None

    def forward(
        self, x: Tensor, unlabelled: Tensor, labelled: Tensor, real: Tensor, known: Tensor, y: Tensor, adversary: Tensor
    ) -> dict[str, Tensor]:  # fmt: skip
        """Codes and rest, latents without and with labels, what Q and D see of these, the labels, and whose turn."""
        reader, judge, generator = (self.nets[name] for name in ("reader", "judge", "generator"))
        if adversary.any():
            assert self.made is not None
            return {"judge": ((judge(real) - 1).square().mean() + judge(self.made).square().mean()) / 2}
        s, c = self.settings, len(CODES)
        u, _ = couple(generator.parts, x, torch)
        made = read_by(self.decode(self.middle + u @ self.axes.T))
        judge.requires_grad_(False)
        fooled = (judge(made) - 1).square().mean()
        judge.requires_grad_(True)
        self.made = made.detach()
        lengths = self.axes.square().sum(0)
        codes, volume = uncouple(generator.parts, (unlabelled - self.middle) @ self.axes / lengths, torch)
        labelled_codes, _ = uncouple(generator.parts, (labelled - self.middle) @ self.axes / lengths, torch)
        estimated = reader(real).detach()
        return {
            "fooled": fooled,
            "information": s.information * (reader(made) - x[:, :c]).square().mean(),
            "supervision": s.supervision * (reader(known) - y).square().mean(),
            "inverse": 2 * (codes[:, :c] - estimated).square().mean()
            + 0.5 * (labelled_codes[:, :c] - y).square().mean(),
            "likelihood": 0.1 * (0.5 * codes.square().sum(1) + volume).mean() / x.shape[1],
        }


def correlations(a: Float[np.ndarray, "n c"], b: Float[np.ndarray, "n c"]) -> Float[np.ndarray, " c"]:
    """Pearson's, column by column."""
    a, b = (x - x.mean(0) for x in (a, b))
    return (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0))


def train(settings: InfoGANSettings, weights: Path | None = None, progress: bool = True) -> Codes:
    """Train, and write the codes beside the weights; a run that was stopped goes on when started again.

    Args:
        settings: of the training.
        weights: those whose latent gets codes; by default the ones that ship.
        progress: show a bar.

    Raises:
        HandcamError: the checkpoint was made with other settings.
    """
    fabric = start_fabric(settings)
    weights = weights or default_weights()
    model, _ = load(weights)
    model.requires_grad_(False).eval()
    known, rng = hands(model, settings.hands, settings.seed), np.random.default_rng((settings.seed, 101))
    middle = known.z.mean(0)
    variance, axes = np.linalg.eigh(np.cov(known.z.T))
    space = Codes({}, middle, (axes * np.sqrt(np.maximum(variance, 0)))[:, variance > _USED], np.zeros(len(CODES)))
    n = max(round(settings.labelled * settings.hands), 8)
    labels = known.properties[:n]
    spread, mean = labels.std(0), labels.mean(0)
    size = space.axes.shape[1]
    judge = nn.Sequential(
        nn.Linear(69, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
    )
    generator, reader = _Generator(size, rng), _Reader()
    nets = nn.ModuleDict({"generator": generator, "reader": reader, "judge": judge})
    with torch.no_grad():
        seen = torch.cat([read_by(model.decode_output("joints3d", z)) for z in torch.from_numpy(known.z).split(2000)])
        _fit(reader.straight, seen[:n], labels)

    def draw(step: int) -> list[Task]:
        tasks: list[Task] = []
        for turn in range(2):
            r = np.random.default_rng((settings.seed, step, 103, turn))
            some, few = r.integers(0, len(known.z), settings.batch), r.integers(0, n, settings.batch)
            arrays = (r.standard_normal((settings.batch, size)), known.z[some], known.z[few], seen[some], seen[few],
                      (labels[few] - mean) / spread, np.full(settings.batch, turn))  # fmt: skip
            tasks.append(Task(("codes", "judge")[turn], tuple(torch.as_tensor(a, dtype=torch.float32) for a in arrays)))
        return tasks

    checkpoint = run(fabric, settings, _Objective(nets, model, space, settings), nets, draw, progress=progress)
    nets.load_state_dict(averaged_weights(checkpoint))
    parts = {name: part.detach().numpy().astype(float if part.is_floating_point() else int)
             for name, part in generator.parts.items()}  # fmt: skip
    held_out = hands(model, 4000, settings.seed + 1)
    found = replace(space, parts=parts)
    read = found.read(held_out.z)[:, : len(CODES)]
    found = replace(found, correlation=correlations(read, held_out.properties))
    if fabric.is_global_zero:
        write_codes(weights, found)
    return found


def _fit(layer: nn.Linear, seen: Tensor, labels: Float[np.ndarray, "n c"]) -> None:
    """Start the reader at the ridge regression of the labels, in their standard deviations."""
    y = torch.from_numpy((labels - labels.mean(0)) / labels.std(0)).float()
    centred = seen - seen.mean(0)
    ridge = torch.linalg.solve(centred.T @ centred + 1.0 * torch.eye(seen.shape[1]), centred.T @ y)
    layer.weight.copy_(ridge.T)
    layer.bias.copy_(-(seen.mean(0) @ ridge))
