"""Train the latent space through the trunk of the landmark network: all pairs of Alg. 1 in one loop, around one latent.

The first modules of the network (:data:`handcam.model.nets.hand_landmark.STEM`) stay as published, so a CPU trains from
cached ones (:mod:`handcam.lab.data.stems`) and a card from pictures. Each round takes one step on rendered crops, one
on real crops with agreed labels where there are any, and one for each pair of sampled poses, which keep the decoders as
sharp as poses are. A crop's loss has two parts:

* the network's own heads, by what is known of the crop: keypoints, how sure each is and whether it is visible, joints
  read directly (the ``landmarks3d`` head), presence and side;
* equation 5 for ``rgb``, ``keypoints2d`` and ``landmarks3d`` as sources, all from the same look.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.hand.skeleton import BONES
from handcam.lab.data import stems
from handcam.lab.data.sets import poses
from handcam.lab.data.stems import CropTable, LabelledCrops
from handcam.lab.evaluate.metrics import HAND_MM, procrustes_errors
from handcam.lab.release.pruning import prune_channels
from handcam.lab.train.loop import LoopSettings, Task, run, start_fabric
from handcam.model.features import Features
from handcam.model.modalities import joints3d
from handcam.model.nets.hand_landmark import INPUT_PX, STEM, STEM_SHAPE
from handcam.model.vae import CrossModalVAE, fuse, kl, modality, reparameterise
from handcam.validation import BatchSize, Positive, Share, Steps, Weight

__all__ = ["SOURCES", "CropObjective", "TrunkSettings", "errors_mm", "features_of", "train"]

SOURCES = ("rgb", "keypoints2d", "landmarks3d")
"""Modalities that are encoded from one look at a colour crop."""
SEEN_SIGMA = 0.05
"""Standard deviation of joints seen in a picture, hand lengths: what a posterior can answer for, unlike that of the
likelihood of known joints; sources that are seen, not known, are trained by it."""
KEYPOINT_SIGMA = 0.05
"""The same of keypoints, crop halves."""
BONE_NOISE = 0.03
"""Standard deviation of the bone lengths that encoders are told, as a share: what a few seconds of a track tell."""
_TEMPER = (joints3d.SIGMA / SEEN_SIGMA) ** 2
_TRUNK = "encoders.rgb.backbone."
_FIXED = tuple(f"{_TRUNK}trunk.{i}." for i in range(STEM))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkSettings(LoopSettings):
    """Settings of a training through the trunk."""

    crops: str
    """Folder of rendered crops: packs, or their cache; several with commas between."""
    real: str | None = None
    """The same of real crops with agreed labels."""
    cached: bool = True
    """The folders hold caches; else packs of pictures, for a card."""
    steps: Steps = 12_000
    """Rounds."""
    batch: BatchSize = 64
    """Rendered crops of a step."""
    real_batch: BatchSize = 32
    """Real crops of a step."""
    poses: BatchSize = 256
    """Sampled poses of a step."""
    rate: Positive = 1e-3
    """Learning rate of the encoders and decoders at its highest."""
    trunk_rate: Weight = 0.1
    """That of the landmark network, as a share."""
    real_weight: Weight = 0.5
    """Weight of the real crops."""
    ema: Share = 0.998
    """Memory of the averaged weights."""
    save_every: Steps = 200
    """Steps between checkpoints."""
    pairs: tuple[str, ...] = ("joints3d>joints3d", "keypoints2d>joints3d", "joints3d>keypoints2d")
    """Pairs trained on sampled poses."""
    freeze: tuple[str, ...] = ()
    """Beginnings of the names of parameters that stay as they are, e.g. ``decoders``: then what was trained on them
    before, such as the decoders of pictures, goes on fitting."""


class CropObjective(nn.Module):
    """The loss of crops, and that of pairs of sampled poses.

    Args:
        model: the model; its landmark network has heads of confidence.
    """

    def __init__(self, model: CrossModalVAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, kind: str, *inputs: object) -> dict[str, Tensor]:
        """Terms of a step: of ``crops`` or ``real`` for (crops, noise, bones, weight), else of a pair,
        ``source>target``, for (input, target, noise, bones)."""
        if kind in ("crops", "real"):
            return self._crops(*inputs, known=kind == "crops")  # type: ignore[arg-type]
        return self._pair(*kind.split(">"), *inputs)  # type: ignore[arg-type]

    def _pair(self, source: str, target: str, x: Tensor, y: Tensor, noise: Tensor, bones: Tensor) -> dict[str, Tensor]:
        mean, log_var = self.model.encode(source, x, bones)
        nll = modality(target).loss(self.model.decode(target, reparameterise(mean, log_var, noise)), y)
        if source != "joints3d" and target == "joints3d":
            nll = nll * _TEMPER
        return {"nll": nll, "kl": kl(mean, log_var)}

    def _crops(
        self, crops: LabelledCrops, noise: Tensor, bones: Tensor, weight: Tensor, known: bool
    ) -> dict[str, Tensor]:
        features = features_of(self.model, crops)
        log_sigma, visible = self.model.backbone.confidence(features)
        hand = crops.presence
        posed = hand * crops.right  # a left hand is mirrored before anybody asks for its joints
        joints, keypoints = torch.nan_to_num(crops.joints), torch.nan_to_num(crops.keypoints)
        off = (features.keypoints - keypoints).square().sum(-1)  # (b, 21)
        terms = {
            "keypoints": hand * _robust(off / KEYPOINT_SIGMA**2).sum(1) / 2,
            "sigma": hand * (off.detach() * torch.exp(-2 * log_sigma) / 2 + 2 * log_sigma).sum(1),
            "joints": posed * (features.landmarks3d - joints).square().flatten(1).sum(1) / (2 * SEEN_SIGMA**2),
            "presence": 5 * _cross_entropy(self.model.backbone.presence, features, hand),
            "right": 5 * hand * _cross_entropy(self.model.backbone.right, features, crops.right),
        }
        if known:  # nobody says which joints of a real hand are hidden
            hidden = F.binary_cross_entropy_with_logits(visible, crops.visible, reduction="none")
            terms["visible"] = 0.5 * hand * hidden.sum(1)
        for k, source in enumerate(SOURCES):
            mean, log_var = self.model.encode(source, features, bones)
            z = reparameterise(mean, log_var, noise[:, k])
            nll = _TEMPER * modality("joints3d").loss(self.model.decode("joints3d", z), joints)
            terms[f"nll.{source}"] = posed * (nll + kl(mean, log_var))
        return {name: weight * value for name, value in terms.items()}


def _cross_entropy(head: nn.Module, features: Features, truth: Tensor) -> Tensor:
    """Of one of the network's own probabilities, from its logits: half precision has no logarithm of 1 - p."""
    return F.binary_cross_entropy_with_logits(head(features.backbone)[:, 0].float(), truth, reduction="none")


def _robust(square: Tensor) -> Tensor:
    """Twice the Huber loss of a squared distance, in standard deviations, quadratic up to 3."""
    return torch.where(square < 9.0, square, 6.0 * square.clamp_min(1e-6).sqrt() - 9.0)


def features_of(model: CrossModalVAE, crops: LabelledCrops) -> Features:
    """Features of crops that are cached, or given as pictures."""
    seen = crops.seen
    if seen.shape[1:] != STEM_SHAPE:
        with torch.no_grad():
            image = modality("rgb").prepare(seen)
            if image.shape[-1] != INPUT_PX:
                image = F.interpolate(image, size=(INPUT_PX, INPUT_PX), mode="bilinear")
            seen = model.backbone.stem(image.contiguous(memory_format=torch.channels_last))
    seen = seen.to(crops.half_tan.dtype).contiguous(memory_format=torch.channels_last)
    return model.backbone.from_stem(seen, crops.half_tan)


def train(
    settings: TrunkSettings, whole: CrossModalVAE, fusion: Mapping[str, float],
    validation: Mapping[str, LabelledCrops] | None = None, progress: bool = True,
) -> CrossModalVAE:  # fmt: skip
    """Train through the trunk; a stopped training is continued.

    Args:
        settings: of the training.
        whole: the model to begin with; it is left as it is.
        fusion: weights of the experts, for the figures of ``validation``.
        validation: crops to measure on at every checkpoint, by name.
        progress: show a bar.

    Returns:
        The pruned model with averaged weights; :func:`handcam.lab.release.pruning.restore_channels` undoes the pruning.
    """
    fabric = start_fabric(settings)
    model = prune_channels(whole)  # channels that are dead stay dead: half the time of a step, and of a frame
    model.backbone.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith((*_FIXED, "encoders.depth.", *settings.freeze)))
    read = stems.cached if settings.cached else stems.pictures
    tables = {"crops": read(settings.crops, settings.seed)}
    if settings.real is not None:
        tables["real"] = read(settings.real, settings.seed + 1)
    sampled = poses.open(seed=settings.seed)

    def draw(step: int) -> list[Task]:
        return _round(settings, model.latent, tables, sampled, step)

    def validate(average: nn.Module) -> dict[str, float]:
        assert isinstance(average, CrossModalVAE)
        found = {name: errors_mm(average, crops, fusion) for name, crops in (validation or {}).items()}
        return {f"{name}.{key}": value for name, each in found.items() for key, value in each.items()}

    rates = {_TRUNK + head: 1.0 for head in ("log_sigma", "visible")} | {_TRUNK: settings.trunk_rate}
    checkpoint = run(
        fabric, settings, CropObjective(model), model, draw, progress=progress, validate=validate, rates=rates
    )  # fmt: skip
    model.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["average"])
    return model.cpu().eval()


def _round(
    settings: TrunkSettings, latent: int, tables: Mapping[str, CropTable], sampled: poses.Poses, step: int
) -> list[Task]:
    tasks = []
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
    for kind, table in tables.items():
        n, share = (settings.batch, 1.0) if kind == "crops" else (settings.real_batch, settings.real_weight)
        noise = torch.randn(n, len(SOURCES), latent, generator=generator)
        crops = table.batch(step, n)
        told = _told(crops.joints, generator)
        tasks.append(Task(kind, (kind, crops, noise, told, torch.full((n,), share))))
    batch = sampled.batch(step, settings.poses)
    for pair in settings.pairs:
        source, target = pair.split(">")
        noise = torch.randn(settings.poses, latent, generator=generator)
        told = _told(batch["joints3d"], generator)
        tasks.append(Task(pair, (pair, batch[source], batch[target], noise, told)))
    return tasks


def _told(joints: Tensor, generator: torch.Generator) -> Tensor:
    """The bone lengths of about half of the hands, as a tracker knows them, and 0 for the others: (b 20)."""
    parents, children = torch.tensor(BONES).T
    lengths = torch.linalg.vector_norm(joints[:, children] - joints[:, parents], dim=-1)
    noisy = lengths * torch.exp(BONE_NOISE * torch.randn(lengths.shape, generator=generator))
    known = torch.rand(len(joints), 1, generator=generator) < 0.5
    return torch.nan_to_num(torch.where(known, noisy, torch.zeros_like(noisy)))


@torch.inference_mode()
def errors_mm(
    model: CrossModalVAE, crops: LabelledCrops, fusion: Mapping[str, float], chunk: int = 100
) -> dict[str, float]:
    """Mean error of right hands in crops, scale given, mm: ``EXPERT.epe`` about the middle knuckle, ``EXPERT.pa``.

    The experts are the sources, ``joints`` that the head reads directly, ``fused`` and the mean of these two, ``both``.
    """
    device = next(model.parameters()).device
    shown = np.flatnonzero((crops.presence * crops.right).cpu().numpy() > 0)
    found: dict[str, list[np.ndarray]] = {}
    for first in range(0, len(shown), chunk):
        some = torch.from_numpy(shown[first : first + chunk])
        part = LabelledCrops(*(value[some].to(device) for value in crops))
        for name, joints in _answers(model, features_of(model, part), fusion).items():
            found.setdefault(name, []).append(joints.float().cpu().numpy())
    truth = crops.joints[torch.from_numpy(shown)].cpu().numpy().astype(float) * HAND_MM
    out = {}
    for name, parts in found.items():
        joints = np.concatenate(parts).astype(float) * HAND_MM
        out[f"{name}.epe"] = round(float(np.linalg.norm(joints - truth, axis=-1).mean()), 3)
        out[f"{name}.pa"] = round(float(procrustes_errors(joints, truth).mean()), 3)
    return out


def _answers(model: CrossModalVAE, features: Features, fusion: Mapping[str, float]) -> dict[str, Tensor]:
    posteriors = {name: model.encode(name, features) for name in SOURCES}
    fused = fuse([posteriors[name] for name in SOURCES], [fusion[name] for name in SOURCES])
    joints = {name: model.decode("joints3d", mean) for name, (mean, _) in {**posteriors, "fused": fused}.items()}
    direct = features.landmarks3d
    return joints | {"joints": direct, "both": (direct + joints["fused"]) / 2}
