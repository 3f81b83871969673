"""Algorithm 1 of Spurr et al. (CVPR 2018): train any set of ``source>target`` pairs of one latent space in turn.

The terms of a pair are those of equation 5, and priors on hands whose joints nobody labelled (:class:`Objective`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from handcam.lab.data.tables import Batches, open_batches
from handcam.lab.train.constraints import prior, reprojection
from handcam.lab.train.loop import LoopSettings, Task, run, start_fabric
from handcam.model.features import Batch, Input
from handcam.model.vae import CrossModalVAE, current_name, kl, modality, read_state, reparameterise
from handcam.model.weights import read_card
from handcam.plugins import names
from handcam.types import HandcamError
from handcam.validation import InputFile, Latent, Share, Weight

__all__ = ["VARIANTS", "Objective", "TrainSettings", "copy_equal", "train", "variant"]

VARIANTS = {
    1: ("{x}>joints3d",),
    2: ("{x}>joints3d", "joints3d>joints3d"),
    3: ("{x}>joints3d", "{x}>{x}"),
    4: ("{x}>joints3d", "{x}>{x}", "joints3d>joints3d"),
}
"""The paper's variants 1 to 4 (section 4); ``x`` is the input modality."""
_PLANES = {"color": "rgb", "depth": "depth"}
"""Name in a batch of each plane of the crop."""


def variant(number: int, x: str) -> Sequence[str]:
    """The pairs of the paper's variant for an input modality."""
    return [pair.format(x=x) for pair in VARIANTS[number]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings(LoopSettings):
    """Settings of a training of pairs."""

    pairs: tuple[str, ...] = ("keypoints2d>joints3d", "joints3d>joints3d", "landmarks3d>joints3d")
    """Pairs, trained in turn; ``source>target@DATA`` takes another data set than ``data``."""
    data: str = "poses"
    """Data set, ``NAME`` or ``NAME:REST`` of ``lab/data/sets``."""
    encoders: dict[str, str] = field(
        default_factory=lambda: dict.fromkeys(("keypoints2d", "landmarks3d", "joints3d"), "mlp")
    )
    """Net of each encoder."""
    decoders: dict[str, str] = field(default_factory=lambda: {"joints3d": "mlp", "keypoints2d": "mlp"})
    """Net of each decoder."""
    nets: dict[str, dict[str, int]] = field(default_factory=dict)
    """Settings of the nets, by ``encoder.MODALITY`` or ``decoder.MODALITY``."""
    latent: Latent = 30
    """Size of the latent space."""
    kl_weight: Weight = 1.0
    """Weight of the KL term of equation 5."""
    label_share: Share = 1.0
    """Share of a data set whose 3D joints are known; the rest trains the pairs without ``joints3d``."""
    reproject: Weight = 0.0
    """2D-only supervision: weight of the keypoints under the decoded joints, for pairs that end in ``keypoints2d``."""
    constrain: Weight = 0.0
    """Weight of the biomechanical constraints on the decoded joints, for pairs that do not end in ``joints3d``."""
    noise: Weight = 1.0
    """Factor on the noise of the latent samples; 0 decodes the posterior's mean."""
    start: InputFile | None = None
    """Weights (safetensors) to start from where names and shapes agree."""
    freeze: tuple[str, ...] = ()
    """Beginnings of the names of parameters that stay as they are, e.g. ``encoders.rgb.backbone``."""


class Objective(nn.Module):
    """The terms of one pair's loss; a module, so that several processes share its gradients.

    A pair whose target is not ``joints3d`` says nothing about 3D. With a weight above 0 the joints are decoded from
    the same ``z`` too, and have to project to the keypoints (2D-only supervision, for pairs that end in
    ``keypoints2d``), or to be a possible hand (biomechanical constraints).

    Args:
        model: the model; its parameters are the objective's.
        reproject: weight of :func:`handcam.lab.train.constraints.reprojection`.
        constrain: weight of :func:`handcam.lab.train.constraints.prior`.
        kl_weight: weight of the KL divergence.
    """

    def __init__(
        self, model: CrossModalVAE, reproject: float = 0.0, constrain: float = 0.0, kl_weight: float = 1.0
    ) -> None:
        super().__init__()
        self.model, self.reproject, self.constrain, self.kl_weight = model, reproject, constrain, kl_weight

    def forward(self, source: str, target: str, x: Input, y: Tensor, noise: Tensor) -> dict[str, Tensor]:
        """Weighted terms, (b) each: ``nll`` and ``kl`` of equation 5, and ``weak``, the cost of unlabelled joints."""
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
        return {"nll": nll, "kl": self.kl_weight * kl(mean, log_var), "weak": weak}


def train(settings: TrainSettings, progress: bool = True, given: Mapping[str, Batches] | None = None) -> Path:
    """Run algorithm 1 and return the last checkpoint, ``out/last.pt``; one that is in ``out`` is continued.

    Args:
        settings: of the training.
        progress: show a bar.
        given: data sets that are in memory already, by the name that ``settings`` calls them.

    Raises:
        HandcamError: the checkpoint was made with other settings, a pair is malformed, or the data lacks a modality.
    """
    fabric = start_fabric(settings)
    pairs = [_parse(pair, settings.data) for pair in settings.pairs]
    _check(settings, {target for _, target, _ in pairs})
    model = CrossModalVAE(settings.encoders, settings.decoders, settings.latent, settings.nets)
    if settings.start is not None:
        _start_from(model, settings.start)
    frozen = tuple(map(current_name, settings.freeze))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(frozen))
    wanted = [(data, "joints3d" in (source, target)) for source, target, data in pairs]
    datasets = open_batches(wanted, settings.label_share, settings.seed, given)

    def draw(step: int) -> list[Task]:
        batches = {key: data.batch(step, settings.batch) for key, data in datasets.items()}
        tasks = []
        for k, ((source, target, _), key) in enumerate(zip(pairs, wanted, strict=True)):
            generator = torch.Generator().manual_seed((settings.seed * 1_000_003 + step) * 64 + k)
            noise = settings.noise * torch.randn(settings.batch, settings.latent, generator=generator)
            tasks.append(Task(f"{source}>{target}", (source, target, *_example(batches[key], source, target), noise)))
        return tasks

    objective = Objective(model, settings.reproject, settings.constrain, settings.kl_weight)
    return run(fabric, settings, objective, model, draw, progress=progress)


def _parse(pair: str, data: str) -> tuple[str, str, str]:
    ends, _, other = pair.partition("@")
    source, arrow, target = ends.partition(">")
    if not (source and arrow and target):
        raise HandcamError(f"{pair!r} is not a pair; write source>target, for example rgb>joints3d.")
    return source, target, other or data


def _check(settings: TrainSettings, targets: set[str]) -> None:
    """Weak supervision without a pair that it could act on would be no supervision."""
    if settings.reproject and not {"joints3d", "keypoints2d"} <= targets:
        raise HandcamError("2D-only supervision needs a pair that ends in keypoints2d and one that ends in joints3d.")
    if settings.constrain and ("joints3d" not in targets or len(targets) < 2):
        raise HandcamError("Constraints need a pair that ends elsewhere than in joints3d, and one that ends there.")


def _example(batch: Batch, source: str, target: str) -> tuple[Input, Tensor]:
    """Input and target of a pair; a modality that the data does not name is made from its plane of the crop."""
    plane = _PLANES.get(modality(source).plane or "", source)
    try:
        x = batch[source if source in batch else plane if isinstance(batch.get(plane), Tensor) else source]
        return x, batch[f"target.{target}" if f"target.{target}" in batch else target]
    except KeyError as error:
        there = ", ".join(sorted(batch.keys() & set(names("handcam.model.modalities"))))
        raise HandcamError(f"The data of the pair {source}>{target} has no {error}; it has {there}.") from None


def _start_from(model: CrossModalVAE, weights: Path) -> None:
    given = read_state(weights, read_card(weights) if weights.with_suffix(".json").is_file() else None)
    copy_equal(given, model)


def copy_equal(given: Mapping[str, Tensor], model: nn.Module) -> None:
    """Take over every parameter whose name and shape agree."""
    own = model.state_dict()
    model.load_state_dict({k: given[k] if k in given and given[k].shape == v.shape else v for k, v in own.items()})
