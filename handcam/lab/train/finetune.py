"""Fit weights to one user's hand: the accepted frames of sessions, poses of a hand with those bones, and others' poses.

1. Look at every accepted hand, and find the person's bones (:mod:`handcam.lab.data.sets.recordings`).
2. Train the heads and the decoder of joints on the earlier part of each session, on poses sampled with the person's
   bones, and on everybody's poses, so that nothing is forgotten. The landmark network stays as it is.
3. Measure on the later part of each session, before and after.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from handcam.hand.skeleton import BONES, JOINTS
from handcam.lab.data.mediapipe_weights import read_landmark_network
from handcam.lab.data.sets.poses import Poses
from handcam.lab.data.sets.poses import open as open_poses
from handcam.lab.data.sets.recordings import Recordings, corrected, gather
from handcam.lab.evaluate.metrics import HAND_MM, procrustes_errors
from handcam.lab.release.export import release_graphs
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.pairs import TrainSettings, train
from handcam.model.vae import CrossModalVAE, fuse, load, save_weights
from handcam.model.weights import WeightsCard, default_weights, digest
from handcam.ranges import HandLengthMm
from handcam.types import HandcamError
from handcam.validation import BatchSize, Fraction, InputFile, InputFolder, OutputFolder, Seed, Share, Steps

__all__ = ["Errors", "Finetune", "finetune", "read_bones"]

FRAMES_FILE = "frames.npz"
REPORT_FILE = "finetune.json"


@dataclass(frozen=True, slots=True)
class Finetune:
    """All that decides a fine-tuning."""

    sessions: tuple[Path, ...]
    """Sessions with labels."""
    out: OutputFolder
    """Folder of weights, report and checkpoints."""
    weights: InputFile | None = None
    """Weights to start from; those that ship if None."""
    test: tuple[InputFolder, ...] = ()
    """Other sessions of the person with labels, to measure on."""
    steps: Steps = 200
    """Rounds; each trains every pair once."""
    batch: BatchSize = 128
    """Examples of a step."""
    rate: Fraction = 3e-4
    """Adam's learning rate at its highest."""
    keep: Share = 0.5
    """Share of the old weights in the new ones: a mean of both holds better on other days than what was trained."""
    held_out: Fraction = 0.2
    """Share of each session, at its end, that is not trained on."""
    bones_mm: dict[str, float] | None = None
    """Bones that the user measured, by the joint at their far end."""
    hand_length_mm: HandLengthMm | None = None
    """Wrist to middle fingertip, as measured; that of the session if None."""
    graphs: bool = True
    """Write the exported graphs beside the weights."""
    seed: Seed = 0
    """Of data and samples."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one set of weights, millimetres."""

    joints: float
    """Mean joint error relative to the root."""
    aligned: float
    """The same after the best rotation, translation and scale: what is wrong with the shape."""
    bones: float
    """Deviation of a bone's median length, mean over the bones."""
    others: float
    """Mean joint error on sampled poses of other people, from keypoints."""


def finetune(settings: Finetune, progress: Callable[[int, int], None] = lambda done, total: None) -> dict:
    """Run all steps; returns the report, which is also ``out/finetune.json``; ``weights`` in it names the new file.

    Raises:
        HandcamError: there is nothing to learn from, or the weights cannot be used.
    """
    start = settings.weights or default_weights()
    model, card = load(start)
    out, frames = settings.out, settings.out / FRAMES_FILE
    known = _known(settings)
    backbone = model.backbone if "rgb" in card.encoders else read_landmark_network()
    seen = gather(settings.sessions, backbone, settings.seed, progress=progress)
    if settings.hand_length_mm is not None:
        seen["hand_length_m"] = np.full(len(seen["features"]), settings.hand_length_mm / 1000)
    everything = corrected(seen, settings.seed, known)
    early = _early(everything.arrays["session"], settings.held_out)
    learnt, held_out = everything.part(np.flatnonzero(early)), everything.part(np.flatnonzero(~early))
    # the bones are found from what is trained on alone, so that held-out frames stay unseen
    learnt = corrected({k: v for k, v in learnt.arrays.items() if k not in ("target", "bones")}, settings.seed, known)
    learnt.save(frames)
    unseen = [("held_out", held_out)]
    if settings.test:
        unseen.append(("test", corrected(gather(settings.test, backbone, settings.seed, 1), settings.seed, known)))
    before = {name: asdict(measure(model, card, hands, settings.seed)) for name, hands in unseen}
    depth = "depth_features" in learnt.arrays and "depth" in card.encoders
    heads = [name for name in ("rgb", "keypoints2d", "landmarks3d") if name in card.encoders]
    pairs = [f"{name}>joints3d@recordings:{frames}" for name in heads + ["depth"] * depth]
    for data in (f"subject_set:{frames}", "poses"):
        pairs += [f"{name}>joints3d@{data}" for name in ("keypoints2d", "joints3d") if name in card.encoders]
    if {"keypoints2d"} <= card.decoders.keys() and "joints3d" in card.encoders:
        pairs.append("joints3d>keypoints2d")
    train_settings = TrainSettings(  # other labels are another training: a checkpoint of theirs is not continued
        out=out / f"training-{digest(frames)[:8]}", pairs=tuple(pairs), latent=card.latent,
        encoders=card.encoders, decoders=card.decoders, nets=card.nets, steps=settings.steps, batch=settings.batch,
        rate=settings.rate, ema=0.98, warmup=max(settings.steps // 10, 1), seed=settings.seed, start=start,
        freeze=("encoders.rgb.backbone",),
    )  # fmt: skip
    tuned = CrossModalVAE(card.encoders, card.decoders, card.latent, card.nets)
    old = model.state_dict()
    trained = averaged_weights(train(train_settings))
    tuned.load_state_dict(
        {k: v + settings.keep * (old[k] - v) if v.is_floating_point() else v for k, v in trained.items()}
    )
    tuned.eval()
    after = {name: asdict(measure(tuned, card, hands, settings.seed)) for name, hands in unseen}
    lengths = {JOINTS[child]: float(b) for (_, child), b in zip(BONES, learnt.arrays["bones"], strict=True)}
    report = {
        "before": before, "after": after, "trained_on": len(learnt), "hands": {n: len(hands) for n, hands in unseen},
        "compared_with": "truth" if _has_truth(held_out) else "the corrected poses of the session",
        "hand_length_mm": 1000 * float(np.median(learnt.arrays["hand_length_m"])), "bones": lengths,
    }  # fmt: skip
    said = f"fine-tuned on {len(learnt)} accepted hands of {len(settings.sessions)} recorded sessions of one person"
    new = replace(
        card, name=f"{card.name}-finetuned", sha256="", exports={}, data=[*card.data, said],
        metrics={**{k: v for k, v in report.items() if k in ("before", "after")}, "command": "handcam finetune"},
        rebuild="handcam finetune SESSION... --out FOLDER, from the sessions of the person",
    )  # fmt: skip
    path = save_weights(tuned, new, out)
    if settings.graphs:
        release_graphs(path)
    report["weights"] = str(path)
    (out / REPORT_FILE).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return report


@torch.inference_mode()
def measure(model: CrossModalVAE, card: WeightsCard, hands: Recordings, seed: int = 0) -> Errors:
    """Errors of one set of weights, driven as the app drives them, on first views; against the truth where known."""
    index = np.arange(len(hands))
    batch = hands.take(index, np.zeros(len(hands), int), "truth" if _has_truth(hands) else "target")
    names = [name for name in card.fusion if name in batch] if card.drive == "fused" else [card.drive]
    mean, _ = fuse([model.encode(n, batch[n]) for n in names], [card.fusion.get(n, 1.0) for n in names])
    guess, true = model.decode("joints3d", mean).double().numpy(), batch["joints3d"].double().numpy()
    # with the hand's length told, as the user tells it
    mm = 1000 * hands.arrays.get("true_length_m", hands.arrays["hand_length_m"])
    off = np.linalg.norm(guess - true, axis=-1).mean(1)
    aligned = procrustes_errors(guess, true).reshape(len(hands), -1).mean(1)
    parents, children = np.array(BONES).T
    bones = [np.linalg.norm(x[:, children] - x[:, parents], axis=-1) for x in (guess, true)]
    wrong = np.abs(np.median(bones[0], 0) - np.median(bones[1], 0)).mean() * float(np.median(mm))
    poses: Poses = open_poses("", seed=seed + 1_000_003)
    other = poses.batch(0, 1000)
    mean, _ = model.encode("keypoints2d", other["keypoints2d"])
    others = (model.decode("joints3d", mean) - other["joints3d"]).norm(dim=-1).mean()
    return Errors(*(round(float(x), 2) for x in ((off * mm).mean(), (aligned * mm).mean(), wrong, others * HAND_MM)))


def read_bones(path: Path) -> dict[str, float]:
    """Measured bones from a JSON file, e.g. ``{"index_pip": 41.5}``: the bone that ends at that joint, millimetres.

    Raises:
        HandcamError: it is not that.
    """
    try:
        fields = json.loads(path.read_text("utf-8"))
        bones = {str(name): float(value) for name, value in fields.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise HandcamError(f"The bones {path} cannot be read: {error}.") from None
    wrong = [name for name, value in bones.items() if name not in JOINTS[1:] or not 5 <= value <= 200]
    if wrong:
        raise HandcamError(f"{path} has no bone of 5 to 200 mm at {wrong[0]!r}; joints are {', '.join(JOINTS[1:])}.")
    return bones


def _known(settings: Finetune) -> Float[np.ndarray, " 20"] | None:
    """Measured bones in hand lengths."""
    if not settings.bones_mm:
        return None
    if settings.hand_length_mm is None:
        raise HandcamError("Measured bones need the measured hand length too: give --hand-length-mm.")
    values = [settings.bones_mm.get(JOINTS[child], np.nan) for _, child in BONES]
    return np.array(values) / settings.hand_length_mm


def _early(session: np.ndarray, held_out: float) -> np.ndarray:
    """All hands but the last ones of each session."""
    early = np.ones(len(session), bool)
    for number in np.unique(session):
        mine = np.flatnonzero(session == number)
        early[mine[len(mine) - max(1, round(held_out * len(mine))) :]] = False
    return early


def _has_truth(hands: Recordings) -> bool:
    return bool(np.isfinite(hands.arrays["truth"]).all())
